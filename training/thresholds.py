"""From which logit on a label goes to a person, and from which on it accuses.

They stand in `training/thresholds.json`, which `training.choose` writes and from which `training.train` calibrates. In
the model file the first threshold of every label is the confidence `PERSON`, the second `ACCUSE`; a label without the
second never reaches that confidence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speechaudit.model import SOME_FAULT
from training.recall import limit
from training.utterances import Utterance

FILE = Path(__file__).parent / "thresholds.json"
VERSION = 5
"""Of the thresholds and of the model that they belong to."""
PERSON, ACCUSE = 0.8, 0.95
"""Confidences at the two thresholds: `minimum_label` and `accusing_label` of `lexicons/policy.yml`."""
TO_A_PERSON = 0.028
"""The share of lines without a fault that may go to a person: as many as by version 4, whose lines were easier."""
ACCUSED_NEVER_BELOW = 0.01
"""No label accuses beneath what this share of the lines without a fault reach: what is so near them is luck."""
PRECISION = 0.99
"""What an accusation needs: so many of the lines at or above the threshold are faults, wherever it is put higher."""
OWN = 0.85
"""And so many are faults of this very label: else a person says which."""
ACCUSED_OF_SOME = 0.0042
"""The share of lines without a fault that may be accused of some fault, whatever its family; so too as by version 4."""
RIGHT = 0.9
"""And of a question or a request, which accuse nobody."""
STEEP = 4.0
"""How fast the confidence of these falls beneath the threshold."""
LEAST = 25
"""Lines that must lie above the threshold."""
NEVER = frozenset({"forbid-mock"})
"""Labels that always leave it to a person, and are not counted as some fault: mockery is heard, not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """Logits of one label. `hits` lines reach `accuse`: `faults` are to be charged, `own` with this label."""

    label: str
    person: float
    accuse: float | None
    hits: int
    faults: int
    own: int


def find(logits: NDArray[np.floating], lines: Sequence[Utterance], labels: Sequence[str]) -> tuple[Threshold, ...]:
    """The thresholds of all labels and of some fault, from logits of shape (lines, labels)."""
    person, least = (limit(logits, lines, share) for share in (TO_A_PERSON, ACCUSED_NEVER_BELOW))
    own = (
        _threshold(column, lines, label, person, least)
        for label, column in zip(labels, strongest(logits).T, strict=True)
    )
    whatever = some(logits, labels)
    return (*own, _threshold(whatever, lines, SOME_FAULT, person, limit(whatever[:, None], lines, ACCUSED_OF_SOME)))


def strongest(logits: NDArray[np.floating]) -> NDArray[np.floating]:
    """The logits of each line's likeliest label alone: a rule charges by no other."""
    return np.where(logits == logits.max(1, keepdims=True), logits, -np.inf)


def some(logits: NDArray[np.floating], labels: Sequence[str]) -> NDArray[np.floating]:
    """The logits of some fault, (lines,): of the likeliest label, unless it stands apart."""
    own: NDArray[np.floating] = strongest(logits)[:, [label not in NEVER for label in labels]].max(1)
    return own


def _threshold(
    logits: NDArray[np.floating], lines: Sequence[Utterance], label: str, person: float, least: float
) -> Threshold:
    """The lowest logit above `least` from which on precision holds at every higher one with more than `LEAST` hits."""
    order = np.argsort(-logits)
    faults = np.cumsum([bool(lines[row].labels) for row in order])
    own = faults if label == SOME_FAULT else np.cumsum([label in lines[row].labels for row in order])
    count = np.arange(1, len(order) + 1)
    holds = (faults >= PRECISION * count) & (own >= OWN * count) & (logits[order] > max(person, least))
    wrong = np.flatnonzero(~holds & (count > LEAST))
    last = int(wrong[0]) if len(wrong) else len(order)
    if label in NEVER or last < LEAST or not holds[last - 1]:
        return Threshold(label=label, person=person, accuse=None, hits=0, faults=0, own=0)
    accuse = float(logits[order[last - 1]])
    return Threshold(
        label=label, person=person, accuse=accuse, hits=last, faults=int(faults[last - 1]), own=int(own[last - 1])
    )


def some_fault() -> dict[str, object]:
    """Slope and offset of some fault, and the labels that stand apart from it, as the model file has them."""
    own = json.loads(FILE.read_text("utf-8"))[SOME_FAULT]
    slope, offset, _ = scale(own["person"], own["accuse"])
    return {"some_fault": [round(slope, 4), round(offset, 4)], "apart": sorted(NEVER)}


def scales() -> dict[str, tuple[float, float, float]]:
    """Label -> slope, offset and ceiling of its confidence, from the file."""
    found = json.loads(FILE.read_text("utf-8"))
    return {label: scale(own["person"], own["accuse"]) for label, own in found.items() if label != SOME_FAULT}


def scale(person: float, accuse: float | None) -> tuple[float, float, float]:
    """Slope, offset and ceiling with which the two logits become `PERSON` and `ACCUSE`."""
    low, high = _odds(PERSON), _odds(ACCUSE)
    slope = 1.0 if accuse is None else (high - low) / max(accuse - person, 0.1)
    return slope, low - slope * person, 1.0 if accuse is not None else ACCUSE - 0.001


def harmless(logits: NDArray[np.floating], lines: Sequence[Utterance], label: str) -> tuple[float, float, float]:
    """Slope, offset and ceiling of a label that accuses nobody: `PERSON` is where so many of it are right, `RIGHT`."""
    known = np.array([label not in own.unknown for own in lines])
    present = np.array([label in own.labels for own in lines])[known]
    order = np.argsort(-logits[known])
    right = np.flatnonzero(np.cumsum(present[order]) >= RIGHT * np.arange(1, len(order) + 1))
    least = float(logits[known][order[right[-1]]])
    return STEEP, _odds(PERSON) - STEEP * least, 1.0


def _odds(share: float) -> float:
    return math.log(share / (1 - share))
