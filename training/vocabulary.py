"""The part of the teacher's vocabulary that Chinese speech needs, with the token ids it has there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from opencc import OpenCC
from tokenizers import Tokenizer, models, pre_tokenizers

SPECIAL = 4
"""The first pieces are <s>, <pad>, </s> and <unk>, for the teacher and the student alike."""
SINGLE = 3600
_CHINESE = re.compile(r"▁?[一-鿿]*|▁?[a-z0-9]")


def tokenizer(pieces: Sequence[tuple[str, float]]) -> Tokenizer:
    """A unigram tokenizer with the SentencePiece mark at the start of each text."""
    built = Tokenizer(models.Unigram(list(pieces), unk_id=SPECIAL - 1))
    built.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return built


def chinese(pieces: Sequence[tuple[str, float]]) -> list[int]:
    """Ids of the special pieces, of those that hold only Chinese characters, and of single letters and digits."""
    return [i for i, (text, _) in enumerate(pieces) if i < SPECIAL or (text and _CHINESE.fullmatch(text))]


def needed(pieces: Sequence[tuple[str, float]], texts: Sequence[str], size: int) -> list[int]:
    """`size` ids of `chinese`: the `SINGLE` likeliest simplified characters, then the pieces that `texts` use most."""
    ids = chinese(pieces)
    counts: Counter[int] = Counter()
    for encoding in tokenizer([pieces[i] for i in ids]).encode_batch(list(texts)):
        counts.update(ids[i] for i in encoding.ids)
    to_simplified = OpenCC("t2s")
    single = [
        i for i in ids[SPECIAL:] if len(pieces[i][0]) == 1 and to_simplified.convert(pieces[i][0]) == pieces[i][0]
    ]
    kept = dict.fromkeys([*range(SPECIAL), *sorted(single, key=lambda i: -pieces[i][1])[:SINGLE]])
    kept |= dict.fromkeys(i for i, _ in counts.most_common())
    return sorted(list(kept)[:size])
