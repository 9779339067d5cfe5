"""The head of CTranslate2's model.bin: which architecture, and name, shape and place of each tensor.

Read before CTranslate2 itself reads it: a file that is cut off or another's is told of in plain words. The layout is
that of `ctranslate2.specs.model_spec.ModelSpec._serialize` since binary version 4.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from speechaudit.errors import ModelError

TYPES: Final = ("float32", "int8", "int16", "int32", "float16", "bfloat16")
_SPEC: Final = "WhisperSpec"
_OLDEST: Final = 4
_MOST_TENSORS, _MOST_DIMENSIONS = 20_000, 8
_AGAIN: Final = "请重新下载完整,或从 Transformers 格式登记"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """Where a tensor lies in the file."""

    shape: tuple[int, ...]
    dtype: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the tensors tell of a Whisper: mel bands, layers and heads of the decoder, tokens, type of the weights."""

    mels: int
    layers: int
    heads: int
    tokens: int
    dtype: str


def tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a Whisper by name. Raises ModelError if it is none, or the file is cut off."""
    with path.open("rb") as file:
        end = os.fstat(file.fileno()).st_size
        try:
            version, name = _numbers(file, "I")[0], _string(file)
            if name != _SPEC:
                cure = "只能登记 CTranslate2 格式的 Whisper(ct2-transformers-converter)"
                raise ModelError(path, "不是 CTranslate2 格式的 Whisper", cure)
            if version < _OLDEST:
                raise ModelError(path, "格式太旧", "请从 Transformers 格式登记")
            _, count = _numbers(file, "II")
            return dict(_tensor(file, end) for _ in range(_bounded(count, _MOST_TENSORS)))
        except (struct.error, UnicodeDecodeError, IndexError, ValueError) as problem:
            raise ModelError(path, "文件不完整或已损坏", _AGAIN) from problem


def shape_of(path: Path) -> Shape:
    """Return the shape of the Whisper in the file. Raises ModelError as `tensors` does, or where parts are missing."""
    found = tensors(path)
    try:
        layers = {name.split("/")[1] for name in found if name.startswith("decoder/layer_") and "attention" in name}
        with path.open("rb") as file:
            heads = _scalar(file, found["decoder/num_heads"])
        embeddings = found["decoder/embeddings/weight"]
        mels = found["encoder/conv1/weight"].shape[1]
        return Shape(mels=mels, layers=len(layers), heads=heads, tokens=embeddings.shape[0], dtype=embeddings.dtype)
    except (KeyError, IndexError, struct.error) as problem:
        raise ModelError(path, "文件不完整或已损坏", _AGAIN) from problem


def _tensor(file: BinaryIO, end: int) -> tuple[str, Tensor]:
    name = _string(file)
    (rank,) = _numbers(file, "B")
    shape = _numbers(file, "I" * _bounded(rank, _MOST_DIMENSIONS))
    kind, size = (*_numbers(file, "B"), *_numbers(file, "I"))
    offset = file.tell()
    _bounded(offset + size, end)
    file.seek(size, os.SEEK_CUR)
    return name, Tensor(shape=shape, dtype=TYPES[kind], offset=offset, size=size)


def _bounded(number: int, most: int) -> int:
    if number > most:
        raise ValueError(number)
    return number


def _scalar(file: BinaryIO, tensor: Tensor) -> int:
    file.seek(tensor.offset)
    return int.from_bytes(file.read(_bounded(tensor.size, 8)), "little")


def _numbers(file: BinaryIO, layout: str) -> tuple[int, ...]:
    layout = f"<{layout}"
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _string(file: BinaryIO) -> str:
    return file.read(_numbers(file, "H")[0]).rstrip(b"\0").decode("utf-8")
