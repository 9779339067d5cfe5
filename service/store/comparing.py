"""Scores of services by who served, where and in which setting, and by the hour of the week, for comparisons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.store import centre, sums
from service.store.lists import Filters
from service.store.today import ScoreSum
from speechaudit.reports.sameness import SeatedServices


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who served (a number, None where nobody knows), at which window (its id), in which setting."""

    staff: str | None
    window: int | None
    setting: str


def by_seat(session: Session, filters: Filters) -> Mapping[Seat, ScoreSum]:
    """Add up the scores of the services that the filters leave by who, where and in which setting."""
    numbers = _numbers(session)
    found: dict[Seat, list[Any]] = defaultdict(list)
    for row in sums.scores(session, filters, ("window_id", "staff_id", "named", "setting")):
        found[Seat(staff=_server(row, numbers), window=row.window_id, setting=row.setting)].append(row)
    return {seat: ScoreSum.over(rows) for seat, rows in found.items()}


def _numbers(session: Session) -> Mapping[int, str]:
    return {each.id: each.number for each in centre.staff(session)}


def _server(row: Any, numbers: Mapping[int, str]) -> str | None:
    """Return who served, by number: whom the recording names, or a part of the service."""
    return row.named if row.staff_id is None else numbers[row.staff_id]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredServices(SeatedServices):
    """The same with the sums of their scores and of the squares of these."""

    total: float
    squares: float


def by_hour(services: Iterable[ScoredServices]) -> Mapping[tuple[int, int], ScoreSum]:
    """Add up the same by weekday (0 is Monday) and hour, by the centre's clock."""
    found: dict[tuple[int, int], list[ScoredServices]] = defaultdict(list)
    for each in services:
        found[each.at.weekday(), each.at.hour].append(each)
    return {
        hour: ScoreSum(n=sum(s.n for s in same), total=sum(s.total for s in same), squares=sum(s.squares for s in same))
        for hour, same in found.items()
    }


def services(session: Session, filters: Filters, zone: ZoneInfo) -> Iterator[ScoredServices]:
    """Yield the scored services that the filters leave, added up by who, where and in which hour they began."""
    width, numbers = sums.width_of(zone), _numbers(session)
    begins = cache(lambda at: datetime.fromtimestamp(at * width, zone))  # there are few stretches, and many in each
    for row in sums.scores(session, filters, ("begun", "window_id", "staff_id", "named"), width):
        yield ScoredServices(
            staff=_server(row, numbers),
            window=row.window_id or 0,
            at=begins(row.begun),
            n=row.n,
            passed=row.passed,
            total=row.total,
            squares=row.squares,
        )
