"""Writing the model file that `speechaudit.classifiers` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from speechaudit.classifiers.weights import SCALE
from training.student import Student

_LARGEST = 127
_TYPE = "embeddings.token_type_embeddings.weight"
_PLACE = "embeddings.position_embeddings.weight"


def export(model: Student, labels: Sequence[str], pieces: Sequence[tuple[str, float]], heads: int, path: Path) -> None:
    """Write `path` and `path.sha256`: matrices as int8 with an fp16 scale a row, the rest as fp16; not calibrated."""
    stored: dict[str, NDArray[np.generic]] = {}
    for name, tensor in _tensors(model).items():
        stored |= _quantised(name, tensor) if _large(name, tensor) else {name: tensor.astype(np.float16)}
    rounded = [(text, round(score, 3)) for text, score in pieces]
    about = {"heads": heads, "labels": labels, "pieces": rounded}
    write(stored, about | {"slopes": [1.0] * len(labels), "offsets": [0.0] * len(labels)}, path)


def set_calibration(path: Path, slopes: Sequence[float], offsets: Sequence[float]) -> None:
    """Write the file once more, with other slopes and offsets."""
    with safe_open(path, framework="numpy") as file:
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        about = json.loads(file.metadata()["about"])
    rounded = {"slopes": [round(own, 4) for own in slopes], "offsets": [round(own, 4) for own in offsets]}
    write(stored, about | rounded, path)


def write(stored: dict[str, NDArray[np.generic]], about: Mapping[str, object], path: Path) -> None:
    """Write tensors, and `about` as JSON among the metadata, to `path`, and the sum to `path.sha256`."""
    data = save(stored, {"about": json.dumps(about, ensure_ascii=False, separators=(",", ":"))})
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
