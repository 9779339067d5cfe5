"""A vocabulary without what Chinese is not written with: the same weights, words and tokens of Chinese."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from speechaudit.asr.models import load_model
from speechaudit.asr.registry.ct2file import Tensor, tensors
from speechaudit.asr.sound import decode
from speechaudit.asr.trimming import forget, kept_tokens, smaller_tokenizer, trimmed
from speechaudit.asr.weights import embedded_model
from speechaudit.asr.writing import Writer
from speechaudit.cache import cache_folder, sha256

CALL = Path(__file__).parents[2] / "samples" / "phone-stereo-good-left.wav"
# Bytes as GPT-2 writes them: 您 is æĤ¨, 好 å¥½, Ġ a space.
WORDS = [
    "a",
    "b",
    "æ",
    "å",
    "Ĥ",
    "¨",
    "¥",
    "½",
    "Ġ",
    "ĤI",
    "æĤ",
    "æĤ¨",
    "å¥",
    "å¥½",
    "ab",
    "aba",
    "Ġab",
    "ABAB",
    "1234",
    "12345",
]


@pytest.fixture(scope="module")
def whole() -> Path:
    return embedded_model()


@pytest.fixture(scope="module")
def small(whole: Path) -> Path:
    return trimmed(whole)


@pytest.fixture
def cache(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; the embedded model was assembled before."""
    assert whole.is_dir()
    monkeypatch.setenv("SPEECHAUDIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def made(merges: list[Any], *words: str) -> dict[str, Any]:
    """The tokenizer of so many words and two other tokens behind them."""
    vocab = {word: number for number, word in enumerate(words)}
    added = [{"id": len(vocab) + n, "content": name} for n, name in enumerate(("<|endoftext|>", "<|zh|>"))]
    return {"model": {"vocab": vocab, "merges": merges}, "added_tokens": added, "post_processor": {}}


def test_tokens_of_chinese_stay() -> None:
    kept = kept_tokens(WORDS, made([], *WORDS))
    gone = {"aba", "12345", "ĤI"} & {WORDS[n] for n in range(len(WORDS)) if n not in kept}
    assert gone == {"aba", "12345"}
    assert {"æĤ¨", "æĤ", "ab", "Ġab", "ABAB", "1234"} <= {WORDS[n] for n in kept}


@pytest.mark.parametrize("form", [lambda a, b: f"{a} {b}", lambda a, b: [a, b]])
def test_a_token_keeps_what_it_is_made_of(form: Any) -> None:
    words = ["A", "B", "x", "y", "z", "xy", "xyz", "ABxyz", "xyzA", "AB"]
    told = made([form("x", "y"), form("xy", "z"), form("A", "B"), form("AB", "xyz"), form("xyz", "A")], *words)
    tokens = [*words, "<|endoftext|>", "<|zh|>"]
    kept = kept_tokens(tokens, told)
    assert [tokens[number] for number in kept] == ["A", "B", "x", "y", "z", "xy", "AB", "<|endoftext|>", "<|zh|>"]
    smaller = smaller_tokenizer(told, tokens, kept)
    assert smaller["model"]["merges"] == ["x y", "A B"]
    assert [each["id"] for each in smaller["added_tokens"]] == [7, 8]


@pytest.fixture(scope="module")
def tokenizers(whole: Path, small: Path) -> tuple[Tokenizer, Tokenizer]:
    before, cut = (Tokenizer.from_file(str(folder / "tokenizer.json")) for folder in (whole, small))
    return before, cut


HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=12)
MARKS = st.sampled_from(list(",。?!、:;“”《》 0123456789AVIP"))


@given(st.lists(HAN | MARKS, max_size=8).map("".join))
def test_any_chinese_is_written_with_the_same_tokens(tokenizers: tuple[Tokenizer, Tokenizer], text: str) -> None:
    before, cut = (each.encode(text, add_special_tokens=False) for each in tokenizers)
    assert cut.tokens == before.tokens


@given(st.text(max_size=20))
def test_any_text_at_all_can_still_be_written(tokenizers: tuple[Tokenizer, Tokenizer], text: str) -> None:
    before, cut = (each.decode(each.encode(text, add_special_tokens=False).ids) for each in tokenizers)
    assert cut == before


def values(folder: Path, tensor: Tensor) -> Any:
    data = np.fromfile(folder / "model.bin", np.uint8, tensor.size, offset=tensor.offset)
    return data.reshape(tensor.shape[0], -1) if tensor.shape else data


def test_all_weights_are_the_same_but_for_the_rows_left_out(whole: Path, small: Path) -> None:
    published, cut = (tensors(folder / "model.bin") for folder in (whole, small))
    tokens, kept = (json.loads((folder / "vocabulary.json").read_text("utf-8")) for folder in (whole, small))
    rows = [tokens.index(token) for token in kept]
    assert published.keys() == cut.keys()
    for name, tensor in published.items():
        before = values(whole, tensor)
        expected = before[rows] if tensor.shape[:1] == (len(tokens),) else before
        assert np.array_equal(values(small, cut[name]), expected), name
    assert len(kept) < len(tokens) / 5


@pytest.mark.model
def test_the_same_is_heard(whole: Path, small: Path) -> None:
    from faster_whisper import WhisperModel

    from speechaudit.asr.cleaning import PROMPT

    with decode(CALL) as sound:
        window = sound.read(0, 0.6, 9.0)
    found = []
    for folder in (whole, small):
        (written,) = Writer(WhisperModel(str(folder), "cpu", compute_type="int8")).write([window], PROMPT)
        found.append(written.words)
    assert [word.text for word in found[0]] == [word.text for word in found[1]]
    times = [[time for word in words for time in (word.start, word.end)] for words in found]
    assert times[0] == pytest.approx(times[1], abs=0.05)
    assert all(b.confidence > a.confidence - 0.05 for a, b in zip(*found, strict=True))


@pytest.mark.model
def test_a_loaded_model_is_trimmed_and_says_so(whole: Path) -> None:
    from speechaudit.asr.whisper import WhisperTranscriber

    loaded = load_model("base", "cpu")
    assert loaded.folder == whole
    assert int(WhisperTranscriber(loaded).made_by.settings["tokens"]) < 10_000


def test_it_is_made_once_by_several_at_once_and_mended(cache: Path, whole: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        (made_there,) = set(pool.map(lambda _: trimmed(whole), range(3)))
    assert list(cache.iterdir()) == [made_there]
    before = {path.name: sha256(path) for path in made_there.iterdir()}
    with (made_there / "model.bin").open("r+b") as file:
        file.seek(1000)
        file.write(b"damaged")
    (made_there / "vocabulary.json").unlink()
    assert trimmed(whole) == made_there
    assert {path.name: sha256(path) for path in made_there.iterdir()} == before


def test_what_was_made_goes_with_its_model(cache: Path, whole: Path, tmp_path: Path) -> None:
    trimmed(whole)
    forget(whole)
    forget(whole)
    forget(tmp_path)
    assert list(cache.iterdir()) == []


def test_files_beside_are_taken_along(cache: Path, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    (folder / "preprocessor_config.json").write_text('{"feature_size": 80}')
    found = trimmed(folder)
    assert found.parent == cache
    assert (found / "preprocessor_config.json").read_text() == '{"feature_size": 80}'


def test_a_changed_file_makes_another_one(cache: Path, whole: Path, tmp_path: Path) -> None:
    """Somebody mends the alignment heads of a folder: the copy that was made before does not know them."""
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    before = trimmed(folder)
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"alignment_heads": [[5, 1]]}), "utf-8")
    after = trimmed(folder)
    assert {before.parent, after.parent} == {cache}
    assert json.loads((after / "config.json").read_text("utf-8"))["alignment_heads"] == [[5, 1]]


@pytest.mark.usefixtures("cache")
def test_a_model_with_other_rows_than_tokens_is_used_whole(
    whole: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    tokens = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    (folder / "vocabulary.json").write_text(json.dumps([*tokens, "<|padding|>"]), "utf-8")
    assert trimmed(folder) == folder
    assert "no tensor has 51866 rows" in caplog.text


def test_where_nothing_can_be_written_the_whole_is_used(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SPEECHAUDIT_CACHE", str(tmp_path / "file"))
    assert trimmed(whole) == whole
    assert "hearing takes longer" in caplog.text


@pytest.mark.usefixtures("cache")
def test_another_form_of_model_is_used_whole(whole: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    told = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    del told["model"]["merges"]
    (folder / "tokenizer.json").write_text(json.dumps(told), "utf-8")
    assert trimmed(folder) == folder
    assert "hearing takes longer" in caplog.text
    assert not [path for path in cache_folder().iterdir() if path.name.startswith("building")]
