"""Files that models come without: the tokenizer, the features, the heads that follow the sound."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from speechaudit.asr.registry import completing
from speechaudit.asr.weights import embedded_model
from speechaudit.errors import ModelError

SAID = "您好,请问您办什么业务?20元。Hello"


def encoded(tokenizer: Tokenizer, text: str) -> list[int]:
    return list(tokenizer.encode(text, add_special_tokens=False).ids)


def test_a_tokenizer_made_from_the_vocabulary_reads_as_the_own_one() -> None:
    made = Tokenizer.from_str(json.dumps(completing.tokenizer(completing.standard_vocabulary(51865))))
    own = Tokenizer.from_file(str(embedded_model() / "tokenizer.json"))
    assert encoded(made, SAID) == encoded(own, SAID)
    assert made.decode(encoded(own, SAID)) == SAID
    for token in ("<|zh|>", "<|transcribe|>", "<|startofprev|>", "<|notimestamps|>", "<|0.00|>", "<|30.00|>"):
        assert made.token_to_id(token) == own.token_to_id(token)


def test_the_tokenizer_of_large_v3_has_cantonese_and_all_later_numbers_shifted() -> None:
    made = Tokenizer.from_str(json.dumps(completing.tokenizer(completing.standard_vocabulary(51866))))
    # numbers of openai/whisper-large-v3's tokenizer
    known = {"<|zh|>": 50260, "<|yue|>": 50358, "<|transcribe|>": 50360, "<|notimestamps|>": 50364, "<|0.00|>": 50365}
    assert {token: made.token_to_id(token) for token in known} == known


def test_other_vocabularies_are_refused() -> None:
    with pytest.raises(ModelError, match="51864"):
        completing.standard_vocabulary(51864)
    with pytest.raises(ModelError, match="词表"):
        completing.tokenizer(["a", "b", "c"])


@pytest.mark.parametrize(
    ("shape", "first", "count"),
    [((6, 8, 51865), (3, 1), 8), ((4, 20, 51866), (2, 4), 6), ((32, 20, 51866), (7, 0), 10), ((2, 2, 51865), None, 0)],
)
def test_the_heads_follow_from_the_shape(
    shape: tuple[int, int, int], first: tuple[int, int] | None, count: int
) -> None:
    found = completing.heads_of(*shape)
    assert (found[0] if found else None, len(found)) == (first, count)


def test_a_folder_with_bare_weights_is_completed(tmp_path: Path) -> None:
    for name in ("model.bin", "vocabulary.json"):
        (tmp_path / name).symlink_to(embedded_model() / name)
    (tmp_path / "preprocessor_config.json").write_text('{"feature_size": 128, "chunk_length": 1000000}')
    assert completing.complete(tmp_path) == ("tokenizer.json", "alignment_heads")
    features = json.loads((tmp_path / "preprocessor_config.json").read_text())
    assert (features["feature_size"], features["chunk_length"]) == (80, 30)
    made, own = (json.loads((folder / "config.json").read_text()) for folder in (tmp_path, embedded_model()))
    assert made["alignment_heads"] == own["alignment_heads"]
    assert made["lang_ids"] == own["lang_ids"]


def test_without_chinese_or_a_vocabulary_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").symlink_to(embedded_model() / "model.bin")
    with pytest.raises(ModelError, match=r"vocabulary\.json"):
        completing.complete(tmp_path)
    tokens = [token for token in completing.standard_vocabulary(51865) if token != "<|zh|>"]
    (tmp_path / "vocabulary.json").write_text(json.dumps(tokens))
    with pytest.raises(ModelError, match="不会中文"):
        completing.complete(tmp_path)
