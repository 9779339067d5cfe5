"""Writing the model file that `speechaudit.classifiers` reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.weights import quantised, read_stored, write_stored
from training.student import Student
from training.utterances import ANY, accusing

Arrays = Mapping[str, NDArray[np.float32]]
_TYPE = "embeddings.token_type_embeddings.weight"
_PLACE = "embeddings.position_embeddings.weight"


def export(model: Student, all_labels: Sequence[str], arrays: Arrays, about: Mapping[str, object], path: Path) -> None:
    """Write `path` and `path.sha256`: matrices as int8 with an fp16 scale a row, the rest as fp16; not calibrated.

    The row of the head that speaks of any fault is shared out among the accusing labels, half and half. `arrays` and
    `about` are written beside the model's own.
    """
    stored: dict[str, NDArray[np.generic]] = {}
    labels = [label for label in all_labels if label != ANY]
    for name, tensor in _tensors(model).items():
        if name.startswith("head."):
            tensor = _shared(tensor, all_labels)  # noqa: PLW2901
        stored |= quantised(name, tensor) if _large(name, tensor) else {name: tensor.astype(np.float16)}
    for name, tensor in arrays.items():
        stored |= quantised(name, tensor) if tensor.ndim == 2 else {name: tensor.astype(np.float16)}
    flat = {"slopes": [1.0] * len(labels), "offsets": [0.0] * len(labels), "ceilings": [1.0] * len(labels)}
    write_stored(stored, {**about, **flat, "labels": labels, "version": 0}, path)


def _shared(rows: NDArray[np.float32], labels: Sequence[str]) -> NDArray[np.float32]:
    whole = rows[labels.index(ANY)]
    kept = [(rows[at] + whole) / 2 if accusing(label) else rows[at] for at, label in enumerate(labels) if label != ANY]
    return np.stack(kept)


def set_calibration(
    path: Path, scales: Sequence[tuple[float, float, float]], some_fault: dict[str, object], version: int
) -> None:
    """Write the file once more, with another slope, offset and ceiling for each label, and of some fault."""
    stored, about = read_stored(path)
    columns = zip(("slopes", "offsets", "ceilings"), zip(*scales, strict=True), strict=True)
    rounded = {name: [round(own, 4) for own in values] for name, values in columns}
    write_stored(stored, about | rounded | some_fault | {"version": version}, path)


def _tensors(model: Student) -> dict[str, NDArray[np.float32]]:
    """Encoder and head by name; the one token type is folded into the positions."""
    tensors = {name: value.detach().numpy() for name, value in model.encoder.named_parameters()}
    tensors[_PLACE] = tensors[_PLACE] + tensors.pop(_TYPE)[0]
    return tensors | {f"head.{name}": value.detach().numpy() for name, value in model.head.named_parameters()}


def _large(name: str, tensor: NDArray[np.float32]) -> bool:
    return tensor.ndim == 2 and name not in (_PLACE, "head.weight")
