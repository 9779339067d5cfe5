"""Two models on lines that neither learned from: what each finds and whom each accuses wrongly, and which is worse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.labeller import Labeller
from speechaudit.learning.fitting import SeenLines
from speechaudit.learning.limits import ACCUSE, PERSON
from speechaudit.model import is_fault

Worse = Literal["accuses-more", "asks-more", "finds-less", "accuses-less-faults"]
SURE = 0.05
"""A loss is significant where chance alone brings it about less often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedShare:
    """How many of `of` lines, before and after; `lost` and `won` are those that changed sides."""

    before: int
    after: int
    of: int
    lost: int
    won: int

    @property
    def surely_less(self) -> bool:
        """Whether fewer are hit than before, and not by chance: the exact test of McNemar (1947), one-sided."""
        return self.after < self.before and self._chance(self.lost) < SURE

    @property
    def surely_more(self) -> bool:
        """Whether more are hit than before, and not by chance."""
        return self.after > self.before and self._chance(self.won) < SURE

    def _chance(self, hits: int) -> float:
        from scipy.stats import binomtest

        return float(binomtest(hits, self.lost + self.won, alternative="greater").pvalue)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelComparison:
    """Of the faults in one part: how many are found at all and how many are accused; of the fair lines the same."""

    found: PairedShare
    charged: PairedShare
    asked: PairedShare
    accused: PairedShare

    @property
    def worse(self) -> tuple[Worse, ...]:
        """In what the new model is worse: any more wrong accusations, surely more wrong doubt, surely less found."""
        told: dict[Worse, bool] = {
            "accuses-more": self.accused.after > self.accused.before,
            "asks-more": self.asked.surely_more,
            "finds-less": self.found.surely_less,
            "accuses-less-faults": self.charged.surely_less,
        }
        return tuple(name for name, holds in told.items() if holds)

    @property
    def gains(self) -> bool:
        """Whether more is found or charged than before, or fewer fair lines are asked about or accused."""
        more = (share.after > share.before for share in (self.found, self.charged))
        fewer = (share.after < share.before for share in (self.asked, self.accused))
        return any((*more, *fewer))


def strongest(model: Labeller, told: SeenLines) -> NDArray[np.float32]:
    """Return for each line the confidence of its likeliest fault, or that it is one at all: (lines,)."""
    faults = [column for column, name in enumerate(model.names) if is_fault(name)]
    logits = model.told(told.reading)
    sure = np.maximum(model.calibrated(logits)[:, faults].max(1), model.some_fault(logits))
    return np.asarray(sure.round(4), np.float32)


def compared(before: NDArray[np.float32], after: NDArray[np.float32], told: SeenLines) -> ModelComparison:
    """Return how two models compare, by the confidence of the likeliest fault of each line."""
    fault = np.array([bool(line.labels) for line in told.lines])

    def share(least: float, rows: NDArray[np.bool_]) -> PairedShare:
        old, new = before[rows] >= least, after[rows] >= least
        lost, won = int((old & ~new).sum()), int((new & ~old).sum())
        return PairedShare(before=int(old.sum()), after=int(new.sum()), of=int(rows.sum()), lost=lost, won=won)

    return ModelComparison(
        found=share(PERSON, fault),
        charged=share(ACCUSE, fault),
        asked=share(PERSON, ~fault),
        accused=share(ACCUSE, ~fault),
    )
