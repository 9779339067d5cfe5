"""Where things stand in the two charts; the templates draw them. All lengths in units of the view box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from speechaudit.reports.figures import DayFigure

WIDTH: Final = 360.0
HEIGHT: Final = 200.0
LEFT, RIGHT, TOP, BOTTOM = 30.0, 350.0, 36.0, 170.0
BINS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of `n` scores from `low` to below `high` points (the last bar includes 100)."""

    low: int
    high: int
    n: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """The mean of one day; the area grows with the number of encounters."""

    day: DayFigure
    x: float
    y: float
    radius: float


def x_of(score: float) -> float:
    """Return the x of a score, 0 to 100."""
    return LEFT + (RIGHT - LEFT) * score / 100


def y_of(score: float) -> float:
    """Return the y of a score, 0 to 100."""
    return BOTTOM - (BOTTOM - TOP) * score / 100


def histogram(scores: Sequence[float]) -> tuple[Bar, ...]:
    """Draw ten bars of ten points each; the highest fills the chart."""
    counts = [0] * BINS
    for score in scores:
        counts[min(BINS - 1, max(0, int(score // 10)))] += 1
    unit = (BOTTOM - TOP) / max(1, *counts)
    return tuple(
        Bar(
            low=low,
            high=low + 10,
            n=n,
            x=x_of(low) + 2,
            y=BOTTOM - n * unit,
            width=x_of(10) - LEFT - 4,
            height=n * unit,
        )
        for low, n in zip(range(0, 100, 10), counts, strict=True)
    )


def trend(days: Sequence[DayFigure]) -> tuple[Dot, ...]:
    """Draw one dot a day, days at their true distance."""
    if not days:
        return ()
    first, length = days[0].day, max(1, (days[-1].day - days[0].day).days)
    most = max(day.n for day in days)
    inset, reach = LEFT + 12, RIGHT - LEFT - 24
    return tuple(
        Dot(
            day=day,
            x=inset + reach * (day.day - first).days / length,
            y=y_of(day.mean),
            radius=2.5 + 2.5 * (day.n / most) ** 0.5,
        )
        for day in days
    )
