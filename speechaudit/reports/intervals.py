"""The two intervals of the reports, both at 95 %. Why these two: docs/decisions/reports-statistics.md."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

Z_95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval: `low` <= `high`, in the unit of the figure that it belongs to."""

    low: float
    high: float


def student_interval(scores: Sequence[float]) -> Interval | None:
    """Return the interval of the mean of `scores` (points, 0 to 100) by Student's t; None for fewer than two scores.

    mean ± t(0.975, n-1) · s / √n, cut off at 0 and 100. It takes the scores as independent of each other.
    Source: Student (1908), "The probable error of a mean", Biometrika 6.
    """
    if len(scores) < 2:
        return None
    return interval_of(len(scores), statistics.fmean(scores), statistics.stdev(scores))


def interval_of(n: int, mean: float, spread: float) -> Interval | None:
    """Return the same of `n` scores with this mean and standard deviation, however they were added up."""
    if n < 2:
        return None
    from scipy.special import stdtrit

    half = float(stdtrit(n - 1, 0.975)) * spread / math.sqrt(n)
    return Interval(low=max(0.0, mean - half), high=min(100.0, mean + half))


@lru_cache(maxsize=16384)  # reports of many ask for the same again and again: of each rule of each member of staff
def wilson_interval(hits: int, trials: int) -> Interval | None:
    """Return the interval of the share `hits` / `trials` (0 to 1) by Wilson's score; None without a trial.

    Source: Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
    """
    if trials == 0:
        return None
    share, z2 = hits / trials, Z_95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z_95 * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return Interval(low=max(0.0, centre - half), high=min(1.0, centre + half))
