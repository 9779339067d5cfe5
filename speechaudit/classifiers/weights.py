"""The file of the label model: quantised tensors, vocabulary and calibration in one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechaudit.errors import ModelError

FILE = Path(__file__).parent / "model" / "labels.safetensors"
SCALE = ".scale"
"""An int8 tensor T has its scales, one a row, beside it as `T.scale`."""
_LARGEST = 127
_CURE = "请重新安装 speechaudit(pip install --force-reinstall speechaudit)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """All that the model needs: `pieces` are (text, log probability) in token order, `grams` the n-grams.

    A label's logit is that of the encoder by its share, and that of the n-grams by the rest. Its confidence is
    sigmoid(slope * logit + offset), at most its ceiling. `some_fault` holds slope and offset by which the likeliest
    fault tells that the words are one at all, unless it is one of `apart`; None in files of older models.
    """

    tensors: dict[str, NDArray[np.float32]]
    heads: int
    labels: tuple[str, ...]
    pieces: tuple[tuple[str, float], ...]
    slopes: NDArray[np.float32]
    offsets: NDArray[np.float32]
    ceilings: NDArray[np.float32]
    shares: NDArray[np.float32]
    grams: tuple[str, ...]
    some_fault: tuple[float, float] | None = None
    apart: frozenset[str] = frozenset()


def read_weights(path: Path = FILE) -> Weights:
    """Read the model file after comparing its sha256 with the one in `NAME.sha256` beside it.

    Raises:
        ModelError: one of the two files is missing, or they do not fit together.
    """
    stored, about = read_stored(path)
    return Weights(
        tensors=_dequantised(stored),
        heads=about["heads"],
        labels=tuple(about["labels"]),
        pieces=tuple((text, score) for text, score in about["pieces"]),
        slopes=np.array(about["slopes"], np.float32),
        offsets=np.array(about["offsets"], np.float32),
        ceilings=np.array(about["ceilings"], np.float32),
        shares=np.array(about["shares"], np.float32),
        grams=tuple(about["grams"]),
        some_fault=tuple(about["some_fault"]) if "some_fault" in about else None,
        apart=frozenset(about.get("apart", ())),
    )


def read_stored(path: Path) -> tuple[dict[str, NDArray[np.generic]], dict[str, Any]]:
    """Return the tensors as they are stored, and what is told of them. Raises ModelError as `read_weights`."""
    from safetensors import safe_open

    check(path)
    with safe_open(path, framework="numpy") as file:
        stored = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        return stored, json.loads(file.metadata()["about"])


def write_stored(stored: Mapping[str, NDArray[np.generic]], about: Mapping[str, object], path: Path) -> None:
    """Write tensors, and `about` as JSON among the metadata, to `path`, and the sum to `path.sha256`."""
    from safetensors.numpy import save

    data = save(dict(stored), {"about": json.dumps(about, ensure_ascii=False, separators=(",", ":"))})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    sum_file(path).write_text(f"{sha256(data).hexdigest()}  {path.name}\n", "ascii")


def quantised(name: str, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.generic]]:
    """Return a matrix as int8 under its name, and a scale for each row beside it."""
    scales = (np.abs(tensor).max(axis=1, keepdims=True) / _LARGEST + 1e-6).astype(np.float16)
    return {name: np.round(tensor / scales).clip(-_LARGEST, _LARGEST).astype(np.int8), name + SCALE: scales}


def sum_file(path: Path) -> Path:
    """Return the path of the file that holds the sha256 of a model file."""
    return path.with_name(path.name + ".sha256")


def check(path: Path) -> None:
    """Compare the sha256 of a model file with the one in `NAME.sha256` beside it.

    Raises:
        ModelError: one of the two files is missing, or they do not fit together.
    """
    try:
        expected = sum_file(path).read_text("ascii").split()[0]
        found = sha256(path.read_bytes()).hexdigest()
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise ModelError(path, "标签模型的文件缺失或无法读取", _CURE) from error
    if found != expected:
        raise ModelError(path, f"标签模型已损坏(sha256 应为 {expected[:12]}…,实为 {found[:12]}…)", _CURE)


def _dequantised(stored: dict[str, NDArray[np.generic]]) -> dict[str, NDArray[np.float32]]:
    return {
        name: tensor.astype(np.float32) * (stored[name + SCALE].astype(np.float32) if name + SCALE in stored else 1)
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }
