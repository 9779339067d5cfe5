"""Scores of services by who served, where and in which setting, and by the hour of the week, for comparisons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from service.store.audits import EncounterRow, TallyRow
from service.store.base import fact
from service.store.centre import Staff
from service.store.lists import Filters, place_and_time
from service.store.recordings import RecordingRow
from service.store.today import ScoreSum
from speechaudit.reports.sameness import SeatedService


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


def by_hour(services: Iterable[ScoredService]) -> Mapping[tuple[int, int], ScoreSum]:
    """Add up the same by weekday (0 is Monday) and hour, by the centre's clock."""
    found: dict[tuple[int, int], list[float]] = defaultdict(list)
    for each in services:
        found[each.at.weekday(), each.at.hour].append(each.total)
    return {
        place: ScoreSum(n=len(totals), total=sum(totals), squares=sum(total * total for total in totals))
        for place, totals in found.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredService(SeatedService):
    """The same with its score."""

    total: float


def services(session: Session, filters: Filters, zone: ZoneInfo) -> Iterator[ScoredService]:
    """Yield the scored services that the filters leave with when each began, by the centre's clock."""
    staff = case((TallyRow.own, Staff.number), else_=TallyRow.staff)
    tally, service = TallyRow, EncounterRow
    columns: tuple[Any, ...] = RecordingRow.occurred_at, service.start, RecordingRow.window_id, staff, tally.total
    # A tally counts the services of a recording from 1, as reports do.
    same = (service.audit_id == tally.audit_id) & (service.number == tally.encounter - 1)
    wanted = _scored(select(*columns, tally.passed), filters).outerjoin(Staff, Staff.id == RecordingRow.staff_id)
    rows: Any = session.execute(wanted.outerjoin(service, same))
    for moment, start, window, number, total, passed in rows:
        at = (moment + timedelta(seconds=start or 0.0)).astimezone(zone)
        yield ScoredService(staff=number, window=window or 0, at=at, passed=bool(passed), total=total)


def _scored(wanted: Select[Any], filters: Filters) -> Select[Any]:
    joined = wanted.select_from(RecordingRow).join(TallyRow, TallyRow.recording_id == RecordingRow.id)
    return joined.where(TallyRow.total.is_not(None), *place_and_time(RecordingRow, filters))
