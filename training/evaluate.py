"""Figures of a model file on one part of the utterances: precision and recall of each label, and false accusations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.labeller import Labeller
from training.utterances import Utterance, accusing

THRESHOLDS = (0.8, 0.95)


def figures(model: Labeller, utterances: Sequence[Utterance]) -> str:
    """Two Markdown tables and the false accusations themselves."""
    labels = model.names
    found = model.confidences([own.text for own in utterances], [own.before for own in utterances])
    lines = ["| label | utterances | " + " | ".join(f"precision, recall at {limit}" for limit in THRESHOLDS) + " |"]
    lines += ["|---|---|" + "---|" * len(THRESHOLDS)]
    lines += [_label_line(label, found[:, column], utterances) for column, label in enumerate(labels)]
    columns = [column for column, label in enumerate(labels) if accusing(label)]
    return "\n".join([*lines, "", *_accusations(found[:, columns], utterances, [labels[i] for i in columns])])


def _label_line(label: str, found: NDArray[np.float32], utterances: Sequence[Utterance]) -> str:
    known = np.array([label not in own.unknown for own in utterances])
    present = np.array([label in own.labels for own in utterances])[known]
    cells = [_precision_recall(found[known] >= limit, present) for limit in THRESHOLDS]
    return f"| {label} | {present.sum()} | " + " | ".join(cells) + " |"


def _precision_recall(hit: NDArray[np.bool_], present: NDArray[np.bool_]) -> str:
    right = (hit & present).sum()
    precision = f"{right / hit.sum():.3f}" if hit.any() else "-"
    return f"{precision}, {right / max(1, present.sum()):.3f}"


def _accusations(found: NDArray[np.float32], utterances: Sequence[Utterance], labels: Sequence[str]) -> list[str]:
    sources = np.array([own.source if not any(map(accusing, own.labels)) else "violations" for own in utterances])
    strongest = found.max(axis=1)
    lines = ["| utterances of | number | " + " | ".join(f"accused at {limit}" for limit in THRESHOLDS) + " |"]
    lines += ["|---|---|" + "---|" * len(THRESHOLDS)]
    for source in dict.fromkeys(sources):
        own = strongest[sources == source]
        counts = " | ".join(f"{(own >= limit).sum()} ({(own >= limit).mean():.1%})" for limit in THRESHOLDS)
        lines.append(f"| {source} | {len(own)} | {counts} |")
    wrong = [row for row in np.argsort(-strongest) if sources[row] != "violations" and strongest[row] >= THRESHOLDS[0]]
    named = [f"{utterances[row].text} ({labels[found[row].argmax()]} {strongest[row]:.2f})" for row in wrong]
    return [*lines, "", "False accusations: " + ("; ".join(named) or "none") + "."]
