"""Texts in the forms in which they are compared, and moments as people read them: one function for each purpose.

| purpose | function |
|---|---|
| phrases of rules, with the place of each character | `fold` |
| simplified characters, as long as before | `simplify` |
| cues and signs: letters and digits of what was heard | `letters`, `merge_you` |
| sentences that a recogniser invents | `strip_marks` |
| what the learned labels read | `model_form` |
| the character error rate | `error_rate_form` |
| search in transcripts | `search_form` |
| names that a file system may take for one | `file_name_form` |
| numbers of staff, codes of windows, extensions | `identity_form` |
| a moment of a recording | `clock` |
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opencc import OpenCC

SENTENCE_END: Final = "。"
NI, NIN = "你", "您"  # a recogniser often writes one for the other
_ENDERS = frozenset("。.!?！？;；…\n")
_BREAKS = frozenset(",,、:：—-~～") | _ENDERS
_NO_LETTER = re.compile(r"[\W_]")
_MARKS = re.compile(r"[\s,。!?、;:“”‘’《》()…·—,.!?;:\"'()\-]+")
_NOT_READ = re.compile(r"[^0-9a-z一-鿿]+")
_CHINESE_DIGITS: Final = str.maketrans("0123456789〇幺", "零一二三四五六七八九零一", SENTENCE_END)


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """The characters that phrases are matched on.

    `chars[i]` came from `original[index[i]]`. Ends of sentences stay as one `。`; other punctuation is gone.
    `breaks` are the positions in `chars`, in order, before which any punctuation stood (0 and `len(chars)` included).
    """

    original: str
    chars: str
    index: tuple[int, ...]
    breaks: tuple[int, ...]

    def quote(self, start: int, end: int) -> str:
        """Return the original text behind `chars[start:end]`, punctuation included."""
        return self.original[self.index[start] : self.index[end - 1] + 1]

    def clause(self, position: int) -> tuple[int, int]:
        """Return start and end in `chars` of the stretch without punctuation around `position`."""
        behind = bisect_right(self.breaks, position)
        return self.breaks[behind - 1], self.breaks[behind]


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")


def convert(text: str) -> str:
    """Return the text in simplified characters. Phrases decide the character, and may change the length."""
    converted: str = _converter().convert(text)
    return converted


def simplify(text: str) -> str:
    """Return the text in simplified characters, one for one: the length stays."""
    if text.isascii():
        return text
    converted = convert(text)
    return converted if len(converted) == len(text) else "".join(map(convert, text))


@lru_cache(maxsize=4096)
def fold(text: str) -> Folded:
    """Return the text simplified, in one width and lower case, without punctuation, and where each character stood."""
    chars: list[str] = []
    index: list[int] = []
    breaks = {0}
    for position, char in enumerate(simplify(text)):
        width_folded = unicodedata.normalize("NFKC", char)[:1].lower()
        if char in _BREAKS or width_folded in _BREAKS:
            breaks.add(len(chars))
            if (char in _ENDERS or width_folded in _ENDERS) and chars and chars[-1] != SENTENCE_END:
                chars.append(SENTENCE_END)
                index.append(position)
                breaks.add(len(chars))
        elif width_folded.isalnum():
            chars.append(width_folded)
            index.append(position)
    breaks.add(len(chars))
    return Folded(original=text, chars="".join(chars), index=tuple(index), breaks=tuple(sorted(breaks)))


def folded_letters(text: str) -> str:
    """Return the characters of `fold` without the ends of sentences."""
    return fold(text).chars.replace(SENTENCE_END, "")


def letters(text: str) -> str:
    """Return only the letters and digits, Chinese characters among them, as they are."""
    return _NO_LETTER.sub("", text)


def merge_you(text: str) -> str:
    """Return the text with 您 written 你: recognisers confuse the two."""
    return text.replace(NIN, NI)


def strip_marks(text: str) -> str:
    """Return the text without spaces and common punctuation; other symbols, such as % and ♪, stay."""
    return _MARKS.sub("", text)


def model_form(text: str) -> str:
    """Return the text in lower case with only Latin letters, digits and Chinese characters: what the labels read."""
    return _NOT_READ.sub("", text.lower())


def error_rate_form(text: str) -> str:
    """Return the characters that count for the character error rate: as in `fold`, with digits as Chinese ones."""
    return fold(text).chars.translate(_CHINESE_DIGITS)


def search_form(text: str) -> str:
    """Return letters and digits alone, in one width and case: what a search compares."""
    return letters(unicodedata.normalize("NFKC", text).lower())


def file_name_form(name: str) -> str:
    """Return the same for names that differ only in case or Unicode form, which a file system may take for one."""
    return unicodedata.normalize("NFKC", name).casefold()


def identity_form(name: str) -> str:
    """Return an identity in one width, without blanks around it and marks that nobody sees: ０１７ is 017."""
    seen = "".join(c for c in name if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", seen).strip()


@lru_cache(maxsize=4096)
def word_bounds(chars: str) -> frozenset[int]:
    """Return the positions in `chars` at which jieba ends or begins a word."""
    import jieba

    jieba.setLogLevel("WARNING")
    return frozenset({0, len(chars), *(end for _, _, end in jieba.tokenize(chars))})


def clock(seconds: float) -> str:
    """Return a moment of a recording, in whole seconds from its start, as mm:ss; from an hour on as h:mm:ss."""
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute:02d}:{second:02d}"
