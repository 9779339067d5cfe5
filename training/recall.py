"""How many faults are found where so many other lines are taken for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.utterances import Utterance

FALSE_SHARES = (0.02, 0.005)
Floats = NDArray[np.floating]


def line(
    name: str, found: Mapping[str, Floats], writers: Mapping[str, Sequence[Utterance]], labels: Sequence[str]
) -> str:
    """One row of the table."""
    cells = [_recalls(found[writer], writers[writer]) for writer in writers]
    lines = [own for writer in writers for own in writers[writer]]
    logits = np.concatenate([found[writer] for writer in writers])
    guilty = np.array([bool(own.labels) for own in lines])
    hit = guilty & (logits.max(1) > limit(logits, lines, FALSE_SHARES[0]))
    right = [labels[logits[row].argmax()] in lines[row].labels for row in np.flatnonzero(hit)]
    return f"| {name} | " + " | ".join([*cells, _recalls(logits, lines), f"{np.mean(right):.1%}"]) + " |"


def _recalls(logits: Floats, lines: Sequence[Utterance]) -> str:
    strongest = logits.max(1)[np.array([bool(own.labels) for own in lines])]
    return ", ".join(f"{(strongest > limit(logits, lines, share)).mean():.1%}" for share in FALSE_SHARES)


def limit(logits: Floats, lines: Sequence[Utterance], share: float) -> float:
    """The logit that this share of the lines without a fault reaches."""
    innocent = np.sort(logits.max(1)[np.array([not own.labels for own in lines])])[::-1]
    return float(innocent[int(share * len(innocent))])
