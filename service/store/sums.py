"""Sums of the scores and verdicts of each day, so that pages need not count all services that there ever were.

They are made in the background. What changed since then, or was never summed, is counted from the services
themselves: the answer is always that of this moment. See docs/decisions/service-store.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, get_args

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.audits import EncounterRow, FindingRow, TallyRow
from service.store.base import TABLE, Base, Code, Id, Ref, fact, is_sqlite, now
from service.store.lists import Filters, among, place_and_time
from service.store.pages import Conditions
from service.store.recordings import RecordingRow
from service.store.stale import DAY, StaleDay
from speechaudit.model import Verdict

HOUR: Final = 3600
_QUARTER: Final = 900
_MOST: Final = 12  # stretches out of date that are asked one by one; beyond, all between the first and the last are


class HourlyScores(Base):
    """The scores of services of one hour by who, where and in which setting, added up.

    `day` and `hour` count since 1970, in UTC, and are those of the recording; `begun` is the hour in which the service
    began. Who served is `staff_id` as the recording has it, or `named` by 工号 as a part of the service has it.
    """

    __tablename__ = "hourly_scores"
    __table_args__ = (Index(None, "hour"), Index(None, "day"), TABLE)

    id: Mapped[Id]
    day: Mapped[int]
    hour: Mapped[int]
    begun: Mapped[int]
    window_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("windows.id"))
    staff_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("staff.id"))
    named: Mapped[str | None] = mapped_column(String(200))
    setting: Mapped[str] = mapped_column(String(16))
    n: Mapped[int]
    total: Mapped[float]
    squares: Mapped[float]
    passed: Mapped[int]
    vetoed: Mapped[int]


class DailyVerdicts(Base):
    """How often a rule was found in the recordings of a day (its number since 1970, in UTC), by verdict."""

    __tablename__ = "daily_verdicts"
    __table_args__ = ()

    day: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[Code] = mapped_column(primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(String(8), primary_key=True)
    n: Mapped[int]


_SUMMED: Final = ("n", "total", "squares", "passed", "vetoed")
_GROUPS: Final = ("hour", "begun", "window_id", "staff_id", "named", "setting")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From one moment until just before another; None is as far as there is anything."""

    since: datetime | None
    until: datetime | None


def width_of(zone: tzinfo | None) -> int:
    """Return the seconds of the stretches in which days of this zone begin: hours, else quarters of one."""
    offset = now().astimezone(zone).utcoffset()
    return HOUR if offset is None or offset.total_seconds() % HOUR == 0 else _QUARTER


def scores(session: Session, filters: Filters, groups: Sequence[str], width: int = HOUR) -> Iterator[Any]:
    """Yield rows with the `groups` (names of columns of `HourlyScores`) of the scored services and their sums.

    Several rows may be of one group. `hour` and `begun` count stretches of `width` seconds. Of the filters only staff,
    window and time count.
    """
    plain = width == HOUR and filters == Filters(
        since=filters.since, until=filters.until, window_ids=filters.window_ids, parts=filters.parts
    )
    known, others = _split(session, filters, HOUR) if plain else ((), [_Stretch(filters.since, filters.until)])
    if plain:
        yield from session.execute(_kept(filters, groups, known))
    for each in others:
        yield from session.execute(_counted(session, filters, groups, each, width))


def _split(session: Session, filters: Filters, width: int) -> tuple[Conditions, list[_Stretch]]:
    """Return which sums of a time stand, in whole stretches of `width`, and of what is left."""
    first, last = _ceiling(filters.since, width), _floor(filters.until, width)
    if first is not None and last is not None and first >= last:
        return (literal(False),), [_Stretch(filters.since, filters.until)]
    column: Any = HourlyScores.hour if width == HOUR else DailyVerdicts.day
    stale = _stale(session, first, last, width)
    edges = [(filters.since, _moment(first, width)), (_moment(last, width), filters.until)]
    left = [_Stretch(*edge) for edge in edges if edge[0] != edge[1]]
    left += [_Stretch(_moment(begin, width), _moment(end, width)) for begin, end in stale]
    conditions = [or_(column < begin, column >= end) for begin, end in stale]
    conditions += [column >= first] if first is not None else []
    conditions += [column < last] if last is not None else []
    return tuple(conditions), left


def _stale(session: Session, first: int | None, last: int | None, width: int) -> list[tuple[int, int]]:
    """Return the stretches out of date between `first` and `last`, those that adjoin as one."""
    step, column = DAY // width, StaleDay.day
    wanted = select(column).distinct().order_by(column)
    wanted = wanted if first is None else wanted.where(column >= first // step)
    wanted = wanted if last is None else wanted.where(column * step < last)
    found: list[tuple[int, int]] = []
    for day in session.scalars(wanted):
        begin, end = day * step, (day + 1) * step
        if found and found[-1][1] == begin:
            begin, _ = found.pop()
        found.append((begin, end))
    found = found if len(found) <= _MOST else [(found[0][0], found[-1][1])]
    return [
        (begin if first is None else max(begin, first), end if last is None else min(end, last)) for begin, end in found
    ]


def _ceiling(moment: datetime | None, width: int) -> int | None:
    return None if moment is None else int(-(-moment.timestamp() // width))


def _floor(moment: datetime | None, width: int) -> int | None:
    return None if moment is None else int(moment.timestamp() // width)


def _moment(number: int | None, width: int) -> datetime | None:
    return None if number is None else datetime.fromtimestamp(number * width, UTC)


def _kept(filters: Filters, groups: Sequence[str], conditions: Conditions) -> Select[Any]:
    columns = [getattr(HourlyScores, name) for name in groups]
    sums = [func.sum(getattr(HourlyScores, name)).label(name) for name in _SUMMED]
    where = () if filters.window_ids is None else (HourlyScores.window_id.in_(filters.window_ids),)
    return select(*columns, *sums).where(*conditions, *where).group_by(*columns)


def _counted(session: Session, filters: Filters, groups: Sequence[str], within: _Stretch, width: int) -> Select[Any]:
    """Return the statement that adds up the services themselves."""
    tally, service, recording = TallyRow, EncounterRow, RecordingRow
    # In a form that is not in order of an index: SQLite goes by time then, and not through all that there ever were.
    known: dict[str, Any] = {
        "hour": _number(session, 0.0, width),
        "begun": _number(session, func.coalesce(service.start, 0.0), width),
        "window_id": recording.window_id + 0,
        "staff_id": case((tally.own, recording.staff_id)),
        "named": case((~tally.own, tally.staff)),
        "setting": func.coalesce(fact(recording.facts, "setting"), "counter"),
    }
    columns = [known[name].label(f"of_{name}") for name in groups]
    # In this form SQLite goes by the time of recordings, and not through all tallies there ever were.
    joined = select(*columns, tally.total, tally.passed, tally.vetoed).select_from(recording)
    joined = joined.join(tally, tally.recording_id == recording.id + 0)
    if "begun" in groups:
        # A tally counts the services of a recording from 1, as reports do.
        same = (service.audit_id == tally.audit_id) & (service.number == tally.encounter - 1)
        joined = joined.outerjoin(service, same)
    where = place_and_time(recording, replace(filters, since=within.since, until=within.until))
    each = joined.where(tally.total.is_not(None), *where).subquery().c
    named = [each[f"of_{name}"].label(name) for name in groups]
    return select(*named, *_sums(each)).group_by(*(each[f"of_{name}"] for name in groups))


def _sums(each: Any) -> tuple[Any, ...]:
    return (
        func.count().label("n"),
        func.sum(each.total).label("total"),
        func.sum(each.total * each.total).label("squares"),
        func.count().filter(each.passed.is_(True)).label("passed"),
        func.count().filter(each.vetoed).label("vetoed"),
    )


def _number(session: Session, later: Any, width: int) -> Any:
    """Return the number of the stretch of so many seconds, since 1970, some seconds after a recording began."""
    if is_sqlite(session):
        moment: Any = cast(func.strftime("%s", RecordingRow.occurred_at), Integer)
        return cast((moment + later) / width, Integer)
    return cast(func.floor((func.extract("epoch", RecordingRow.occurred_at) + later) / width), Integer)


def verdicts(session: Session, since: datetime, rules: Collection[str]) -> Mapping[str, Mapping[Verdict, int]]:
    """Count the verdicts of these rules in recordings from `since` on, as people decided; silent passes are no rows."""
    known, others = _split(session, Filters(since=since), DAY)
    names, found = get_args(Verdict), defaultdict[str, dict[Verdict, int]](dict)
    kept = select(DailyVerdicts.rule, DailyVerdicts.verdict, func.sum(DailyVerdicts.n)).where(
        *known, DailyVerdicts.rule.in_(rules)
    )
    for rule, verdict, n in session.execute(kept.group_by(DailyVerdicts.rule, DailyVerdicts.verdict)):
        found[rule][verdict] = n
    # In columns, so that each rule is one stretch of its index, and nothing is sorted.
    counts = [func.count().filter(FindingRow.verdict == verdict) for verdict in names]
    for each in others:
        mine = FindingRow.current, FindingRow.rule.in_(rules), *_within(each)
        for rule, *numbers in session.execute(select(FindingRow.rule, *counts).where(*mine).group_by(FindingRow.rule)):
            found[rule] = {name: found[rule].get(name, 0) + n for name, n in zip(names, numbers, strict=True)}
    return {rule: {name: told.get(name, 0) for name in names} for rule, told in found.items()}


def _within(stretch: _Stretch) -> Conditions:
    return place_and_time(FindingRow, Filters(since=stretch.since, until=stretch.until))


@dataclass(frozen=True, slots=True, kw_only=True)
class SummedDay:
    """The sums of a day, and the notes about it that they answer."""

    day: int
    notes: tuple[int, ...]
    scores: tuple[Mapping[str, Any], ...]
    rules: tuple[Mapping[str, Any], ...]


def out_of_date(session: Session, limit: int) -> Sequence[int]:
    """Return some days whose sums are out of date, the latest first: they are looked at most."""
    return session.scalars(select(StaleDay.day).distinct().order_by(StaleDay.day.desc()).limit(limit)).all()


def summed(session: Session, day: int) -> SummedDay:
    """Add up a day. What is changed meanwhile leaves a note that these sums do not answer."""
    notes = tuple(session.scalars(select(StaleDay.id).where(StaleDay.day == day)))
    whole = _Stretch(_moment(day, DAY), _moment(day + 1, DAY))
    scored = session.execute(_counted(session, Filters(), _GROUPS, whole, HOUR))
    grouped = FindingRow.rule, FindingRow.verdict
    found = select(*grouped, func.count().label("n")).where(FindingRow.current, *_within(whole)).group_by(*grouped)
    return SummedDay(
        day=day,
        notes=notes,
        scores=tuple({**row._mapping, "day": day} for row in scored),
        rules=tuple({**row._mapping, "day": day} for row in session.execute(found)),
    )


def keep(session: Session, sums: SummedDay) -> bool:
    """Keep the sums of a day, unless somebody else did meanwhile; whether they were kept."""
    mine = among(session, StaleDay.id, sums.notes)
    if len(session.scalars(select(StaleDay.id).where(mine).with_for_update()).all()) < len(sums.notes):
        return False
    session.execute(delete(StaleDay).where(mine))
    for table, rows in ((HourlyScores, sums.scores), (DailyVerdicts, sums.rules)):
        session.execute(delete(table).where(table.day == sums.day))
        if rows:
            session.execute(insert(table), [dict(each) for each in rows])
    return True
