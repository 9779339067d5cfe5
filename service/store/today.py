"""What is counted for the page of the day, each in one statement over an index, however many recordings there are."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import SQLColumnExpression, and_, func, select
from sqlalchemy.orm import Session, joinedload

from service.store import sums
from service.store.audits import FindingRow, TallyRow, tallies
from service.store.base import UtcDateTime
from service.store.lists import Filters, place_and_time
from service.store.recordings import RecordingRow, Status
from speechaudit.model import SEVERITY, Level

_Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSum:
    """The scores of services, added up so that mean and spread follow: how many, their sum, the sum of their squares.

    `passed` and `vetoed` count services.
    """

    n: int = 0
    total: float = 0.0
    squares: float = 0.0
    passed: int = 0
    vetoed: int = 0

    @classmethod
    def over(cls, rows: Sequence[Any]) -> ScoreSum:
        """Return the sum of rows of `sums.scores`."""
        return cls(
            n=sum(row.n for row in rows),
            total=sum(row.total for row in rows),
            squares=sum(row.squares for row in rows),
            passed=sum(row.passed for row in rows),
            vetoed=sum(row.vetoed for row in rows),
        )

    def __add__(self, other: ScoreSum) -> ScoreSum:
        return ScoreSum(
            n=self.n + other.n,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            passed=self.passed + other.passed,
            vetoed=self.vetoed + other.vetoed,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Vetoed:
    """A recording in which a service was capped (一票否决), and by which rules."""

    recording: RecordingRow
    titles: tuple[str, ...]


def statuses(session: Session, filters: Filters) -> Mapping[Status, int]:
    """Count the recordings that are not done yet, or failed, by where they stand."""
    open_ones = RecordingRow.status.in_(("queued", "running", "failed"))
    counted = select(RecordingRow.status, func.count()).where(open_ones, *place_and_time(RecordingRow, filters))
    return {status: n for status, n in session.execute(counted.group_by(RecordingRow.status))}  # noqa: C416


def arrived(session: Session, filters: Filters, since: datetime) -> int:
    """Count the recordings that came since a moment."""
    counted = select(func.count()).select_from(RecordingRow).where(RecordingRow.received_at >= since)
    return session.scalar(counted.where(*place_and_time(RecordingRow, filters))) or 0


def doubtful(
    session: Session, filters: Filters, share: float, before: Sequence[datetime]
) -> Mapping[Level, tuple[int, ...]]:
    """Count what waits for review by level: all of it, and what was said before each of these moments."""
    within: list[tuple[Any, ...]] = [(), *((FindingRow.occurred_at < moment,) for moment in before)]
    # Level by level in one walk through the index: grouped by level it takes twice as long.
    counts = [func.count().filter(FindingRow.level == level, *span) for level in SEVERITY for span in within]
    waiting = FindingRow.current, FindingRow.priority > 1.0 - share, *place_and_time(FindingRow, filters)
    found, size = tuple(session.execute(select(*counts).where(*waiting)).one()), len(within)
    by_level = {level: found[n * size : (n + 1) * size] for n, level in enumerate(SEVERITY)}
    return {level: counted for level, counted in by_level.items() if counted[0]}


def vetoed(session: Session, filters: Filters, since: datetime, limit: int) -> Sequence[Vetoed]:
    """Return the recordings since a moment in which a service was capped, the latest first."""
    mine = RecordingRow.occurred_at >= since, *place_and_time(RecordingRow, filters), TallyRow.vetoed
    wanted = select(RecordingRow, TallyRow.content).join(TallyRow, TallyRow.recording_id == RecordingRow.id)
    both = joinedload(RecordingRow.staff), joinedload(RecordingRow.window)
    latest = wanted.where(*mine).order_by(RecordingRow.occurred_at.desc(), RecordingRow.id.desc()).limit(limit)
    found: Any = session.execute(latest.options(*both))
    return [Vetoed(recording=row, titles=tuple(content["entry"]["vetoed_by"])) for row, content in found]


def scores(session: Session, filters: Filters, days: Sequence[_Span]) -> Mapping[tuple[int | None, int], ScoreSum]:
    """Add up the scores of services by window and day, whose number is its place among `days` (ordered, adjoining)."""
    width = sums.width_of(days[0][0].tzinfo)
    within = replace(filters, since=days[0][0], until=days[-1][1])
    begins = [begin.timestamp() for begin, _ in days]
    hours: dict[tuple[int | None, int], list[Any]] = defaultdict(list)
    for row in sums.scores(session, within, ("window_id", "hour"), width):
        hours[row.window_id, bisect(begins, row.hour * width) - 1].append(row)
    return {place: ScoreSum.over(rows) for place, rows in hours.items()}


def last_received(session: Session) -> Mapping[str, datetime]:
    """Return when the last recording of each sender came.

    The index is asked for one sender after the other (a loose index scan, https://wiki.postgresql.org/wiki/Loose_indexscan),
    so that it takes as long as there are senders, not recordings.
    """
    source = RecordingRow.source
    senders = select(func.min(source).label("source")).cte("senders", recursive=True)
    following = select(func.min(source)).where(source > senders.c.source).scalar_subquery()
    senders = senders.union_all(select(following).where(senders.c.source.is_not(None)))
    last = select(func.max(RecordingRow.received_at, type_=UtcDateTime())).where(source == senders.c.source)
    found: Any = session.execute(select(senders.c.source, last.scalar_subquery()).where(senders.c.source.is_not(None)))
    return {name: at for name, at in found}  # noqa: C416


def received(session: Session, spans: Sequence[_Span]) -> Mapping[str, tuple[int, ...]]:
    """Count the recordings that came within each of these times, by sender."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(spans))
    for number, span in enumerate(spans):
        counted = select(RecordingRow.source, func.count()).where(_within(RecordingRow.received_at, span))
        for source, n in session.execute(counted.group_by(RecordingRow.source)):
            found[source][number] = n
    return {source: tuple(counts) for source, counts in found.items()}


def _within(moment: SQLColumnExpression[datetime], span: _Span) -> SQLColumnExpression[bool]:
    return and_(moment >= span[0], moment < span[1])


def untallied(session: Session) -> bool:
    """Return whether there are audits whose scores are not in the sums yet."""
    return bool(tallies.untold(session, 1))
