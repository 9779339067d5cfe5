"""The thresholds of a model that learned: those of the delivered one, moved by lines that it did not learn from.

The delivered ones rest on thousands of lines that nobody had read, a centre's are few: by them thresholds only rise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.weights import Weights
from speechaudit.learning.fitting import Floats, LabelLimits
from speechaudit.learning.lines import LabelledLine
from speechaudit.model import is_fault

PERSON, ACCUSE = 0.8, 0.95
"""Confidences at the two thresholds: `minimum_label` and `accusing_label` of `lexicons/policy.yml`."""
_STEP = 0.01
_ROOM = 0.1  # logits between the two thresholds, at least
_CAUTION = 0.15  # logits by which some fault must be surer: its threshold lies in the tail of all fair lines
_BENEATH = 0.001  # the ceiling of a label that never accuses, under `ACCUSE`


def limits_of(weights: Weights) -> LabelLimits:
    """Return the logits that slope, offset and ceiling of each label stand for."""
    person = (_odds(PERSON) - weights.offsets) / weights.slopes
    accuse = (_odds(ACCUSE) - weights.offsets) / weights.slopes
    accuse = np.where(weights.ceilings >= ACCUSE, accuse, np.inf)
    if weights.some_fault is None:
        return LabelLimits(person=person, accuse=accuse)
    slope, offset = weights.some_fault
    return LabelLimits(person=person, accuse=accuse, some_fault=(_odds(ACCUSE) - offset) / slope)


def adapted(
    limits: LabelLimits, before: Floats, after: Floats, lines: Sequence[LabelledLine], labels: Sequence[str]
) -> LabelLimits:
    """Return the limits after lines that the model did not learn from: where they are, or higher.

    `before` and `after` are their logits, (lines, labels), by the delivered model and by the one that learned. No more
    fair lines go to a person than before, and no label accuses more of them, nor do all together.
    """
    fair = np.array([not line.labels for line in lines])
    fault = np.array([is_fault(label) for label in labels])
    old, new = (np.where(fault, logits, -np.inf)[fair] for logits in (before, after))
    shift = _lowest(0.0, (old - limits.person).max(1), (new - limits.person).max(1))
    person = np.where(fault, limits.person + shift, limits.person)
    pairs = zip(limits.accuse, _strongest(old).T, _strongest(new).T, strict=True)
    accuse = np.array([_lowest(low, *pair) for low, *pair in pairs])
    some = _lowest(limits.some_fault, old.max(1), new.max(1)) + _CAUTION
    accuse = np.where(fault, np.maximum(accuse, person + _ROOM), limits.accuse)
    return LabelLimits(person=person, accuse=accuse, some_fault=max(some, person[fault][0] + _ROOM))


def _strongest(faults: Floats) -> Floats:
    """The logits of each line's likeliest fault alone: a rule charges by no other."""
    return np.where(faults == faults.max(1, keepdims=True), faults, -np.inf)


def _lowest(low: float, old: Floats, new: Floats) -> float:
    """The lowest value from `low` on that no more of the new reach than of the old ones reach `low`."""
    above = np.sort(new[new >= low])[::-1]
    allowed = int((old >= low).sum())
    return low if len(above) <= allowed else float(above[allowed]) + _STEP


def calibration(limits: LabelLimits, weights: Weights) -> dict[str, list[float]]:
    """Return slopes, offsets and ceilings with which the limits become `PERSON` and `ACCUSE`, and of some fault.

    Of labels that are no faults they stay.
    """
    room = np.where(np.isfinite(limits.accuse), limits.accuse - limits.person, 1.0)
    slopes = np.where(np.isfinite(limits.accuse), (_odds(ACCUSE) - _odds(PERSON)) / np.maximum(room, _ROOM), 1.0)
    told = {
        "slopes": slopes,
        "offsets": _odds(PERSON) - slopes * limits.person,
        "ceilings": np.where(np.isfinite(limits.accuse), 1.0, ACCUSE - _BENEATH),
    }
    fault = np.array([is_fault(label) for label in weights.labels])
    old = {"slopes": weights.slopes, "offsets": weights.offsets, "ceilings": weights.ceilings}
    found = {name: [round(float(own), 4) for own in np.where(fault, told[name], old[name])] for name in told}
    return found | ({"some_fault": _scale(limits, fault)} if weights.some_fault else {})


def _scale(limits: LabelLimits, fault: NDArray[np.bool_]) -> list[float]:
    """Slope and offset with which the likeliest fault tells that the words are one."""
    person = float(limits.person[fault][0])
    slope = (_odds(ACCUSE) - _odds(PERSON)) / (limits.some_fault - person)
    return [round(slope, 4), round(_odds(PERSON) - slope * person, 4)]


def _odds(share: float) -> float:
    return math.log(share / (1 - share))
