"""All of learning: lines in, a model file that is in force from now on, or the reasons why it is not."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from speechaudit.classifiers import chosen
from speechaudit.classifiers.chosen import LabelModel
from speechaudit.classifiers.labeller import Labeller
from speechaudit.classifiers.weights import FILE, Weights, quantised, read_stored, read_weights, write_stored
from speechaudit.errors import InputError
from speechaudit.learning import delivered, fitting, limits
from speechaudit.learning.comparison import ModelComparison, compared, strongest
from speechaudit.learning.fitting import LabelLimits, SeenLines, WeightChange
from speechaudit.learning.lines import LabelledLine, cleaned, drawn, split, window
from speechaudit.model import is_fault

LEAST_LINES, LEAST_FAULTS, LEAST_FAIR, LEAST_FAMILIES = 200, 60, 60, 5
"""What must be there: lines, faults and fair ones among them, and people (or recordings) who said them."""
ANCHORS = 2000
"""Delivered lines that hold the model."""
FOLDS = 2
Stage = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What came of it. `model` is None where the new model is `refused`; `before` is the one in force until then.

    `centre` and `ours` compare both on lines that nobody learned from: the centre's, and the delivered ones.
    """

    lines: int
    contradicted: int
    before: LabelModel
    model: LabelModel | None
    centre: ModelComparison
    ours: ModelComparison

    @property
    def refused(self) -> bool:
        """Whether everything stays as it was."""
        return self.model is None


def learn(given: Sequence[LabelledLine], folder: Path, stage: Stage = lambda _: None) -> Learned:
    """Fit the label model to a centre's lines and put it in force in `folder`, unless it is worse somewhere.

    Each time it begins with the delivered model, so give all lines, not only new ones. `stage` is told in Chinese what
    is done. Raises InputError where there are too few lines, or the folder cannot be written, ModelError.
    """
    kept = cleaned(given)
    _refuse_few(kept.lines)
    train, held = split(kept.lines)
    weights = fitting.with_grams(read_weights(FILE), [window(line) for line in train])
    base = Labeller(weights)
    stage("读随程序安装的句子和本中心的句子")
    anchors, fresh, ours = (fitting.tell(base, own) for own in _delivered(weights))
    own, apart = fitting.tell(base, train), fitting.tell(base, held)
    stage("拟合")
    change, changed = _fitted(own, anchors, fresh, weights)
    current = chosen.in_force(folder)
    with tempfile.TemporaryDirectory() as place:
        made = _written(Path(place), weights, change, changed)
        new, old = Labeller(made), Labeller(current)
        stage("比较")
        both = [_compared(old, new, told) for told in (apart, ours)]
        better = not any(own.worse for own in both) and both[0].gains
        before = chosen.label_model(current)
        model = chosen.label_model(chosen.put_in_force(made, folder)) if better else None
    return Learned(
        lines=len(kept.lines),
        contradicted=kept.contradicted,
        before=before,
        model=model,
        centre=both[0],
        ours=both[1],
    )


def _refuse_few(lines: Sequence[LabelledLine]) -> None:
    """Raise InputError that says how much is missing."""
    faults = sum(bool(line.labels) for line in lines)
    there = {
        "句复核过的话": (len(lines), LEAST_LINES),
        "句认定违反的": (faults, LEAST_FAULTS),
        "句认定不违反的": (len(lines) - faults, LEAST_FAIR),
        "个说话的人(或录音)": (len({line.family for line in lines}), LEAST_FAMILIES),
    }
    missing = [
        f"还差 {least - count} {what}(有 {count},至少 {least})"
        for what, (count, least) in there.items()
        if count < least
    ]
    if missing:
        raise InputError("复核", ",".join(missing), "请继续复核,够了再学;标签模型没有变")


def _delivered(weights: Weights) -> tuple[list[LabelledLine], list[LabelledLine], list[LabelledLine]]:
    """Delivered lines that hold the model, and of the ideas that it never saw a half for limits, a half to compare."""
    lines = delivered.lines([label for label in weights.labels if is_fault(label)])
    seen = sorted((line for line in lines if not delivered.is_held(line.family)), key=lambda line: drawn(line.text))
    unseen = [line for line in lines if delivered.is_held(line.family)]
    halves = [[line for line in unseen if (drawn(f"half {line.family}") < 0.5) is first] for first in (True, False)]
    return seen[:ANCHORS], halves[0], halves[1]


def _fitted(own: SeenLines, anchors: SeenLines, fresh: SeenLines, weights: Weights) -> tuple[WeightChange, LabelLimits]:
    """The change by all lines, and limits by lines that were told without having been learned from."""
    known = limits.limits_of(weights)
    change = fitting.fit(own, anchors, weights.labels, known)
    before, after, lines = [fresh.logits], [change.logits(fresh)], list(fresh.lines)
    for fold in range(FOLDS):
        here = [row for row, line in enumerate(own.lines) if int(drawn(f"fold {line.family}") * FOLDS) == fold]
        there = sorted(set(range(len(own.lines))) - set(here))
        if here and there:
            part = own.at(here)
            before.append(part.logits)
            after.append(fitting.fit(own.at(there), anchors, weights.labels, known).logits(part))
            lines += part.lines
    return change, limits.adapted(known, np.concatenate(before), np.concatenate(after), lines, weights.labels)


def _written(place: Path, weights: Weights, change: WeightChange, changed: LabelLimits) -> Path:
    """The delivered file with another head, other n-grams and other limits, named by the day and by what is in it."""
    stored, about = read_stored(FILE)
    for name, tensor in fitting.changed(weights, change).items():
        whole = tensor.ndim == 2 and name.startswith("grams.")
        stored |= quantised(name, tensor) if whole else {name: tensor.astype(np.float16)}
    content = sha256(b"".join(stored[name].tobytes() for name in sorted(stored))).hexdigest()
    name = f"centre-{datetime.now(UTC):%Y%m%d}-{content[:8]}"
    told: dict[str, Any] = about | limits.calibration(changed, weights) | {"grams": list(weights.grams), "name": name}
    path = place / f"{name}{chosen.SUFFIX}"
    write_stored(stored, told, path)
    return path


def _compared(old: Labeller, new: Labeller, told: SeenLines) -> ModelComparison:
    """Both on the same lines; what is in force now may count other n-grams."""
    return compared(strongest(old, fitting.tell(old, told.lines)), strongest(new, told), told)
