"""A recogniser without the tokens that Chinese is not written with: the same weights, fewer rows to compute.

Each step of the search scores every token of a vocabulary for a hundred languages, in Whisper base a half of what the
step computes. Vocabulary trimming (Ushio et al., Findings of EMNLP 2023, "An Efficient Multilingual Language Model
Compression through Vocabulary Trimming") leaves those rows out; docs/decisions/asr-trimming.md.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import struct
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from speechaudit.asr.registry.completing import CONFIG, TOKENIZER, vocabulary
from speechaudit.asr.registry.ct2file import Tensor, tensors
from speechaudit.asr.registry.records import WEIGHTS
from speechaudit.cache import cache_folder, is_whole, put_in_place, sha256
from speechaudit.errors import ModelError

log = logging.getLogger(__name__)
VOCABULARY: Final = "vocabulary.json"
_FORM: Final = 1  # of what is left out: another one is another folder
_SUMS: Final = "sums.json"
_NUMBERED: Final = ("lang_ids", "suppress_ids", "suppress_ids_begin")  # of config.json, by tokens
_LETTERS, _SIGNS = 2, 4  # at most in one token of ASCII: abbreviations in capitals, digits and marks may be longer
_BLOCK: Final = 1 << 24
# Han and its first extension; general, Chinese and wide punctuation.
_RANGES: Final = (
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\u9fff"),
    ("\u2000", "\u206f"),
    ("\u3000", "\u303f"),
    ("\uff00", "\uffef"),
)


def trimmed(folder: Path) -> Path:
    """Return a folder with the same CTranslate2 Whisper without tokens that Chinese does not need, made once.

    It lies in the cache, by the sum of all files. Where it cannot be written, or the model is not of the known form,
    `folder` itself is returned and the log says so: it hears the same, slower.
    """
    try:
        made = _place(folder)
        if not _whole(made):
            _make(folder, made)
    except (ModelError, OSError, KeyError, TypeError, ValueError) as error:
        log.warning("the vocabulary of %s is not trimmed to Chinese (%s): hearing takes longer", folder, error)
        return folder
    return made


def forget(folder: Path) -> None:
    """Delete what `trimmed` made of the model in a folder, if anything."""
    with suppress(OSError):
        shutil.rmtree(_place(folder))


def _place(folder: Path) -> Path:
    """The folder of the smaller model: another one where any file of the model is another."""
    files = sorted((*folder.glob("*.json"), *folder.glob("vocabulary.txt"), folder / WEIGHTS))
    sums = "".join(f"{path.name} {sha256(path)}\n" for path in files)
    return cache_folder() / f"zh{_FORM}-{hashlib.sha256(sums.encode()).hexdigest()[:16]}"


def _whole(made: Path) -> bool:
    """Return whether all files are there as they were written."""
    if not (made / _SUMS).is_file():
        return False
    sums: dict[str, str] = json.loads((made / _SUMS).read_text("utf-8"))
    return is_whole(made, sums)


def _make(folder: Path, made: Path) -> None:
    """Write the smaller model beside its place, then move it there: several processes may do so at once."""
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent, prefix="building-") as building:
        names = _write(folder, Path(building))
        sums = {name: sha256(Path(building, name)) for name in names}
        Path(building, _SUMS).write_text(json.dumps(sums), "utf-8")
        put_in_place(Path(building), made, (*names, _SUMS))


def _write(folder: Path, building: Path) -> list[str]:
    """Write all files of the smaller model, and return their names."""
    tokens = vocabulary(folder)
    told = json.loads((folder / TOKENIZER).read_text("utf-8"))
    kept = kept_tokens(tokens, told)
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    made = {
        TOKENIZER: smaller_tokenizer(told, tokens, kept),
        VOCABULARY: [tokens[number] for number in kept],
        CONFIG: config | {name: _renumbered(config[name], kept) for name in _NUMBERED if config.get(name)},
    }
    for name, value in made.items():
        (building / name).write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    _copy_rows(folder / WEIGHTS, building / WEIGHTS, len(tokens), kept)
    beside = [path.name for path in folder.glob("*.json") if path.name not in made]
    for name in beside:
        shutil.copyfile(folder / name, building / name)
    return [*made, WEIGHTS, *beside]


def kept_tokens(tokens: Sequence[str], tokenizer: Mapping[str, Any]) -> list[int]:
    """Return the numbers of the tokens that Chinese needs, in order: all that are no words, and what words are of."""
    words = tokenizer["model"]["vocab"]
    needed = _with_parts([word for word in words if _needed(word)], _merges(tokenizer))
    return [number for number, token in enumerate(tokens) if token not in words or token in needed]


def _needed(word: str) -> bool:
    """Return whether a token (bytes written as letters, as GPT-2 does) may stand in Chinese text."""
    from tokenizers.decoders import ByteLevel

    text = ByteLevel().decode([word]).strip().replace("\ufffd", "")  # a piece of a character may be of any
    if len(word) == 1 or not text:
        return True
    if text.isascii():
        return len(text) <= _LETTERS or (len(text) <= _SIGNS and not any(map(str.islower, text)))
    return all(any(first <= character <= last for first, last in _RANGES) for character in text)


def _merges(tokenizer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The pairs that make longer tokens, most frequent first; older files write a pair as one string."""
    pairs = (pair.split(" ") if isinstance(pair, str) else pair for pair in tokenizer["model"]["merges"])
    return [(first, second) for first, second in pairs]


def _with_parts(words: Collection[str], merges: Iterable[tuple[str, str]]) -> set[str]:
    """The words and all from which merges make them: without its parts nobody comes upon a token."""
    parts = {first + second: (first, second) for first, second in reversed(list(merges))}
    found, waiting = set(words), list(words)
    while waiting:
        new = [part for part in parts.get(waiting.pop(), ()) if part not in found]
        found.update(new)
        waiting += new
    return found


def smaller_tokenizer(tokenizer: Mapping[str, Any], tokens: Sequence[str], kept: Sequence[int]) -> dict[str, Any]:
    """Return a tokenizer (tokenizer.json) of the kept tokens only, numbered anew."""
    numbers = {tokens[old]: new for new, old in enumerate(kept)}
    model = dict(tokenizer["model"])
    model["vocab"] = {word: numbers[word] for word in model["vocab"] if word in numbers}
    pairs = _merges(tokenizer)
    model["merges"] = [f"{a} {b}" for a, b in pairs if {a, b, a + b} <= numbers.keys()]
    added = [{**each, "id": numbers[each["content"]]} for each in tokenizer["added_tokens"]]
    return {**tokenizer, "model": model, "added_tokens": added, "post_processor": None}


def _renumbered(numbers: Iterable[int], kept: Sequence[int]) -> list[int]:
    new = {old: number for number, old in enumerate(kept)}
    return [new[number] for number in numbers if number in new]


def _copy_rows(source: Path, target: Path, tokens: int, kept: Sequence[int]) -> None:
    """Copy a model.bin; of what has a row for each of so many tokens only the rows `kept`."""
    cut = sorted((one for one in tensors(source).values() if one.shape[:1] == (tokens,)), key=lambda one: one.offset)
    if not cut:
        raise ValueError(f"no tensor has {tokens} rows")
    with source.open("rb") as old, target.open("wb") as new:
        for one in cut:
            _copy(old, new, one.offset - _head(one) - old.tell())
            _copy_cut(old, new, one, kept)
        shutil.copyfileobj(old, new)


def _head(tensor: Tensor) -> int:
    """The bytes of shape, type and size before the values of a tensor."""
    return 4 * len(tensor.shape) + 1 + 4


def _copy_cut(old: BinaryIO, new: BinaryIO, tensor: Tensor, kept: Sequence[int]) -> None:
    """Copy a tensor from its shape on, with the rows `kept`."""
    rows = np.frombuffer(_values(old, tensor), np.uint8).reshape(tensor.shape[0], -1)[list(kept)]
    old.seek(tensor.offset - _head(tensor) + 4)
    new.write(struct.pack("<I", len(kept)))
    _copy(old, new, _head(tensor) - 8)
    new.write(struct.pack("<I", rows.nbytes) + rows.tobytes())
    old.seek(tensor.offset + tensor.size)


def _values(file: BinaryIO, tensor: Tensor) -> bytes:
    file.seek(tensor.offset)
    return file.read(tensor.size)


def _copy(old: BinaryIO, new: BinaryIO, count: int) -> None:
    """Copy so many bytes, a block at a time."""
    while count > 0:
        block = old.read(min(count, _BLOCK))
        if not block:
            raise ValueError("the file ends early")
        new.write(block)
        count -= len(block)
