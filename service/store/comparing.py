"""Scores of services by who served, where and in which setting, and by the hour of the week, for comparisons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, case, cast, func, select
from sqlalchemy.orm import Session

from service.store.audits import EncounterRow, TallyRow
from service.store.base import fact, is_sqlite, now
from service.store.centre import Staff
from service.store.lists import Filters, place_and_time
from service.store.recordings import RecordingRow
from service.store.today import ScoreSum
from speechaudit.reports.sameness import SeatedServices

_HOUR: Final = 3600
_QUARTER: Final = 900  # zones of half and quarter hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who served (a number, None where nobody knows), at which window (its id), in which setting."""

    staff: str | None
    window: int | None
    setting: str


def by_seat(session: Session, filters: Filters) -> Mapping[Seat, ScoreSum]:
    """Add up the scores of the services that the filters leave by who, where and in which setting."""
    staff = case((TallyRow.own, Staff.number), else_=TallyRow.staff).label("server")
    setting: Any = fact(RecordingRow.facts, "setting").label("told")
    tally = TallyRow
    columns: tuple[Any, ...] = staff, RecordingRow.window_id, setting, tally.total, tally.passed, tally.vetoed
    each = _scored(select(*columns), filters).outerjoin(Staff, Staff.id == RecordingRow.staff_id).subquery().c
    groups = each.server, each.window_id, each.told
    sums = (
        func.count(),
        func.sum(each.total),
        func.sum(each.total * each.total),
        func.count().filter(each.passed.is_(True)),
        func.count().filter(each.vetoed),
    )
    rows: Any = session.execute(select(*groups, *sums).group_by(*groups))
    found: dict[Seat, ScoreSum] = defaultdict(ScoreSum)
    for number, window, told, n, points, squares, passed, vetoed in rows:
        seat = Seat(staff=number, window=window, setting=told or "counter")
        found[seat] += ScoreSum(n=n, total=points, squares=squares, passed=passed, vetoed=vetoed)
    return found


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
    staff = case((TallyRow.own, Staff.number), else_=TallyRow.staff).label("server")
    tally, service = TallyRow, EncounterRow
    # A tally counts the services of a recording from 1, as reports do.
    same = (service.audit_id == tally.audit_id) & (service.number == tally.encounter - 1)
    width = _HOUR if _full_hours(zone) else _QUARTER
    stretch = _stretch(session, service.start, width)
    columns: tuple[Any, ...] = stretch, RecordingRow.window_id, staff, tally.total, tally.passed
    joined = _scored(select(*columns), filters).outerjoin(Staff, Staff.id == RecordingRow.staff_id)
    each = joined.outerjoin(service, same).subquery().c
    groups = each.stretch, each.window_id, each.server
    sums = (
        func.count(),
        func.count().filter(each.passed.is_(True)),
        func.sum(each.total),
        func.sum(each.total * each.total),
    )
    rows: Any = session.execute(select(*groups, *sums).group_by(*groups))
    begins = cache(lambda at: datetime.fromtimestamp(at * width, zone))  # there are few stretches, and many in each
    for at, window, number, n, passed, total, squares in rows:
        begun = begins(at)
        yield ScoredServices(
            staff=number, window=window or 0, at=begun, n=n, passed=passed, total=total, squares=squares
        )


def _full_hours(zone: ZoneInfo) -> bool:
    offset = now().astimezone(zone).utcoffset()
    return offset is None or offset.total_seconds() % _HOUR == 0


def _stretch(session: Session, start: Any, width: int) -> Any:
    """Return the number of the stretch of so many seconds, since 1970, in which a service began."""
    if is_sqlite(session):
        moment: Any = cast(func.strftime("%s", RecordingRow.occurred_at), Integer)
        return cast((moment + func.coalesce(start, 0.0)) / width, Integer).label("stretch")
    moment = func.extract("epoch", RecordingRow.occurred_at) + func.coalesce(start, 0.0)
    return cast(func.floor(moment / width), Integer).label("stretch")


def _scored(wanted: Select[Any], filters: Filters) -> Select[Any]:
    # In this form SQLite goes by the time of recordings, and not through all tallies there ever were.
    joined = wanted.select_from(RecordingRow).join(TallyRow, TallyRow.recording_id == RecordingRow.id + 0)
    return joined.where(TallyRow.total.is_not(None), *place_and_time(RecordingRow, filters))
