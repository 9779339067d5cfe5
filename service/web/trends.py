"""Small pictures of scores over time: where their points lie. Beside each stands a table with the same figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from service.api.overview import DayOut
from speechaudit.reports.figures import ScoreFigure

WIDTH, HEIGHT = 420, 120
_LEFT: Final = 28
_TOP: Final = 8
_BOTTOM: Final = 18
SPARK_WIDTH, SPARK_HEIGHT = 72, 20
_BELOW: Final = 20  # points under the pass mark that a small picture still tells apart


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A mean with its interval in pixels; `low` and `high` are at the mean where there is no interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendChart:
    """Points from left to right, the pass mark, and the points of score that the lines across stand for."""

    points: tuple[TrendPoint, ...]
    mark: float
    lines: tuple[tuple[int, float], ...]


def daily(days: Sequence[DayOut], mark: float) -> TrendChart:
    """Draw a mean a day, days at their true distance; the scale begins at a full ten below all means."""
    means = [each.score.mean for each in days if each.score.mean is not None]
    floor = max(0, int(min([*means, mark]) // 10 * 10) - 10)
    first, length = (days[0].day, max(1, (days[-1].day - days[0].day).days)) if days else (None, 1)

    def y(score: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (100 - max(score, floor)) / (100 - floor), 1)

    points = [
        _point(_LEFT + 6 + (WIDTH - _LEFT - 12) * (each.day - first).days / length, each.score, y)
        for each in days
        if first is not None and each.score.mean is not None
    ]
    return TrendChart(points=tuple(points), mark=y(mark), lines=tuple((s, y(s)) for s in range(floor, 101, 20)))


def weekly(weeks: Sequence[ScoreFigure], mark: float) -> tuple[TrendPoint, ...]:
    """Draw a mean a week, none where there was no service; all windows have one scale, from below the pass mark up."""
    floor = max(0.0, mark - _BELOW)

    def y(score: float) -> float:
        return round(2 + (SPARK_HEIGHT - 4) * (100 - max(score, floor)) / (100 - floor), 1)

    step = (SPARK_WIDTH - 8) / max(1, len(weeks) - 1)
    return tuple(_point(4 + step * n, week, y) for n, week in enumerate(weeks) if week.mean is not None)


def _point(x: float, score: ScoreFigure, y: Callable[[float], float]) -> TrendPoint:
    mean = score.mean or 0.0
    low, high = (score.interval.low, score.interval.high) if score.interval else (mean, mean)
    return TrendPoint(x=round(x, 1), y=y(mean), low=y(low), high=y(high))
