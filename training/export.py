"""Writing the model file that `speechaudit.classifiers` reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from speechaudit.classifiers.weights import SCALE
from training.student import Student

_LARGEST = 127
_TYPE = "embeddings.token_type_embeddings.weight"
_PLACE = "embeddings.position_embeddings.weight"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the file says of itself."""

    heads: int
    labels: tuple[str, ...]
    pieces: tuple[tuple[str, float], ...]
    slopes: tuple[float, ...]
    offsets: tuple[float, ...]


def export(model: Student, about: About, path: Path) -> None:
    """Write `path` and `path.sha256`: matrices as int8 with an fp16 scale a row, the rest as fp16."""
    tensors = _tensors(model)
    stored: dict[str, NDArray[np.generic]] = {}
    for name, tensor in tensors.items():
        stored |= _quantised(name, tensor) if _large(name, tensor) else {name: tensor.astype(np.float16)}
    described = {"heads": about.heads, "labels": about.labels, "pieces": _rounded(about.pieces)}
    described |= {"slopes": about.slopes, "offsets": about.offsets}
    data = save(stored, {"about": json.dumps(described, ensure_ascii=False, separators=(",", ":"))})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.with_name(path.name + ".sha256").write_text(f"{sha256(data).hexdigest()}  {path.name}\n", "ascii")


def _tensors(model: Student) -> dict[str, NDArray[np.float32]]:
    """Encoder and head by name; the one token type is folded into the positions."""
    tensors = {name: value.detach().numpy() for name, value in model.encoder.named_parameters()}
    tensors[_PLACE] = tensors[_PLACE] + tensors.pop(_TYPE)[0]
    return tensors | {f"head.{name}": value.detach().numpy() for name, value in model.head.named_parameters()}


def _large(name: str, tensor: NDArray[np.float32]) -> bool:
    return tensor.ndim == 2 and name not in (_PLACE, "head.weight")


def _quantised(name: str, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    scales = (np.abs(tensor).max(axis=1, keepdims=True) / _LARGEST + 1e-8).astype(np.float16)
    return {name: np.round(tensor / scales).clip(-_LARGEST, _LARGEST).astype(np.int8), name + SCALE: scales}


def _rounded(pieces: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(text, round(score, 3)) for text, score in pieces]
