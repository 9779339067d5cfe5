"""The head of the label model and its n-grams moved by a centre's lines, and held where the delivered lines are.

Ridge regression of what has to be added to the logits: on the centre's lines so much that they are told rightly, on
the delivered ones nothing. What nobody reviewed stays as it was delivered. It is solved over lines and not over
features (kernel ridge), of which there are twenty times as many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.labeller import Labeller, Reading
from speechaudit.classifiers.weights import Weights
from speechaudit.learning.lines import LabelledLine, window
from speechaudit.model import is_fault

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.floating]
RIDGE = 0.5
"""How dear a change of the weights is, against an error of one delivered line."""
WEIGHT = 4.0
"""How many delivered lines one of the centre's weighs."""
CLEAR = 0.3
"""By how much a fault shall lie above its threshold, and a fair line beneath that of every fault: in logits."""
FAIR = 1.0
_WITHOUT_ACCUSING = 1.5  # above the first threshold, where a label has no second one
_LEAST_TEXTS = 2  # that a new n-gram must stand in


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelLimits:
    """Logits of each label, (labels,), from which on it goes to a person, and accuses: infinite where it never does.

    From `some_fault` on the likeliest fault accuses, whatever its family.
    """

    person: Floats
    accuse: Floats
    some_fault: float = np.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLines:
    """Lines with what the delivered model sees of them and says of them: `logits` are (lines, labels)."""

    lines: tuple[LabelledLine, ...]
    reading: Reading
    logits: Floats

    def at(self, rows: Sequence[int]) -> SeenLines:
        """Return the same of some of the lines."""
        return SeenLines(
            lines=tuple(self.lines[row] for row in rows),
            reading=Reading(pooled=self.reading.pooled[rows], counted=self.reading.counted[rows]),
            logits=self.logits[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightChange:
    """What is added to the weights: `head` (labels, states), `bias` (labels,) and `grams` (labels, n-grams)."""

    head: Floats
    bias: Floats
    grams: Floats

    def logits(self, told: SeenLines) -> Floats:
        """Return the logits of lines after the change, (lines, labels)."""
        added = told.reading.pooled @ self.head.T + self.bias + told.reading.counted @ self.grams.T
        return np.asarray(told.logits + added)


def tell(model: Labeller, lines: Sequence[LabelledLine]) -> SeenLines:
    """Return what a model sees of lines and says of them."""
    reading = model.read([window(line) for line in lines], [line.before for line in lines])
    return SeenLines(lines=tuple(lines), reading=reading, logits=model.told(reading))


def with_grams(weights: Weights, texts: Sequence[str]) -> Weights:
    """Return the weights with the n-grams of these bare texts that it does not know, which say nothing so far."""
    from speechaudit.classifiers import tfidf

    known = set(weights.grams)
    found = tfidf.unfitted(None, least=_LEAST_TEXTS).fit(texts).get_feature_names_out().tolist()
    new = [gram for gram in found if gram not in known]
    tensors = dict(weights.tensors)
    columns = np.zeros((len(weights.labels), len(new)), np.float32)
    tensors["grams.weights"] = np.hstack([tensors["grams.weights"], columns])
    rarest = np.full(len(new), tensors["grams.idf"].max(), np.float32)
    tensors["grams.idf"] = np.concatenate([tensors["grams.idf"], rarest])
    return replace(weights, tensors=tensors, grams=(*weights.grams, *new))


def wanted(told: SeenLines, labels: Sequence[str], limits: LabelLimits) -> Floats:
    """Return the logits that the lines should have, (lines, labels): as they are where they are right already.

    A fault lies clearly above its thresholds and above other faults; of a fair line each fault lies clearly beneath
    the first. What is no fault (questions, requests) stays.
    """
    fault = np.array([is_fault(label) for label in labels])
    shown = np.array([[label in line.labels for label in labels] for line in told.lines])
    accuse = np.where(np.isfinite(limits.accuse), limits.accuse, limits.person + _WITHOUT_ACCUSING) + CLEAR
    raised = np.where(shown, np.maximum(told.logits, accuse), told.logits)
    strongest = np.where(shown, raised, -np.inf).max(1, keepdims=True)
    other = np.where(shown.any(1, keepdims=True), strongest - CLEAR, limits.person - FAIR)
    return np.where(fault & ~shown, np.minimum(raised, other), raised)


def fit(centre: SeenLines, anchors: SeenLines, labels: Sequence[str], limits: LabelLimits) -> WeightChange:
    """Return the change that tells the centre's lines rightly and leaves the anchors as they are."""
    from scipy.sparse import vstack
    from sklearn.kernel_ridge import KernelRidge

    pooled = np.vstack([centre.reading.pooled, anchors.reading.pooled]).astype(np.float64)
    counted = vstack([centre.reading.counted, anchors.reading.counted]).tocsr()
    middle = pooled.mean(0)
    scale = float(np.linalg.norm(pooled - middle, axis=1).mean()) or 1.0
    seen = (pooled - middle) / scale
    alike = seen @ seen.T + _products(counted)
    added = np.zeros((len(seen), len(labels)))
    added[: len(centre.lines)] = wanted(centre, labels, limits) - centre.logits
    weight = np.where(np.arange(len(seen)) < len(centre.lines), WEIGHT, 1.0)
    dual = KernelRidge(kernel="precomputed", alpha=RIDGE).fit(alike, added, sample_weight=weight).dual_coef_
    head = dual.T @ seen / scale
    return WeightChange(head=head, bias=-head @ middle, grams=np.asarray((counted.T @ dual).T))


def _products(counted: csr_matrix) -> Floats:
    return np.asarray((counted @ counted.T).todense(), np.float64)


def changed(weights: Weights, change: WeightChange) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of head and n-grams after the change, as one model of both mixed by `shares`."""
    shares, tensors = weights.shares, weights.tensors
    added = {
        "head.weight": change.head / shares[:, None],
        "head.bias": change.bias / shares,
        "grams.weights": change.grams / (1 - shares)[:, None],
    }
    new = {name: (tensors[name] + own).astype(np.float32) for name, own in added.items()}
    return new | {"grams.bias": tensors["grams.bias"], "grams.idf": tensors["grams.idf"]}
