"""Lists of recordings and findings with filters, quick at a hundred thousand recordings.

What a filter on findings or on text leaves may be rare or common, and no planner knows which. So rare ones (at most
`RARE`) are looked up first and given by id; for common ones the newest recordings are walked until the page is full.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, SQLColumnExpression, and_, select
from sqlalchemy.orm import Session, joinedload

from service.store import search
from service.store.pages import Conditions, Page, fetch, true_of
from service.store.results import FindingRow, Recording, Status, TranscriptText
from speechaudit.model import Level, Verdict

RARE = 1000
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to list; None means any. `since` <= time < `until`; scores include both ends.

    `staff_ids` and `window_ids` are also how a user's view is narrowed; an empty tuple lists nothing.
    """

    staff_ids: tuple[int, ...] | None = None
    window_ids: tuple[int, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    rule: str | None = None
    verdict: Verdict | None = None
    level: Level | None = None
    score_from: float | None = None
    score_to: float | None = None
    status: Status | None = None
    text: str | None = None


def recordings(session: Session, filters: Filters, *, cursor: str | None = None, limit: int = 50) -> Page[Recording]:
    """A page of recordings with their staff and windows. Raises RequestError."""
    statement = select(Recording).options(joinedload(Recording.staff), joinedload(Recording.window))
    statement = statement.where(*recording_conditions(session, filters))
    return fetch(session, statement, (Recording.occurred_at, Recording.id), cursor, limit)


def findings(session: Session, filters: Filters, *, cursor: str | None = None, limit: int = 50) -> Page[FindingRow]:
    """A page of current findings, each with its recording. Raises RequestError."""
    statement = select(FindingRow).options(joinedload(FindingRow.recording))
    statement = statement.where(*_finding_conditions(session, filters))
    if filters.text:
        statement = statement.where(_said(session, FindingRow.recording_id, search.term(filters.text)))
    return fetch(session, statement, (FindingRow.occurred_at, FindingRow.id), cursor, limit)


def recording_ids(session: Session, filters: Filters) -> Select[int]:
    """The ids of all recordings that the filters leave, as a statement: a selection for a re-audit or a report."""
    return select(Recording.id).where(*recording_conditions(session, filters)).order_by(Recording.id)


def recording_conditions(session: Session, filters: Filters) -> Conditions:
    """What the filters mean for a statement over `Recording`. Raises RequestError for a text without any letter."""
    return (
        *place_and_time(session, Recording, filters),
        *true_of(
            Recording.status == filters.status if filters.status else None,
            _scored(session, filters),
            _found(session, filters) if filters.rule or filters.verdict or filters.level else None,
            _said(session, Recording.id, search.term(filters.text)) if filters.text else None,
        ),
    )


def place_and_time(session: Session, table: type[Recording | FindingRow], filters: Filters) -> Conditions:
    """What the filters on staff, window and time mean for this table."""
    return true_of(
        _one_of(session, table, table.staff_id, filters.staff_ids),
        _one_of(session, table, table.window_id, filters.window_ids),
        table.occurred_at >= filters.since if filters.since else None,
        table.occurred_at < filters.until if filters.until else None,
    )


def _one_of(
    session: Session,
    table: type[Recording | FindingRow],
    column: SQLColumnExpression[int | None],
    ids: tuple[int, ...] | None,
) -> SQLColumnExpression[bool] | None:
    if ids is None or len(ids) == 1:
        return column == ids[0] if ids else None
    return _few_or(session, table.id, (column.in_(ids),), (_walking(column).in_(ids),))


def _scored(session: Session, filters: Filters) -> SQLColumnExpression[bool] | None:
    lowest, highest = filters.score_from, filters.score_to
    if lowest is None and highest is None:
        return None

    def between(total: SQLColumnExpression[float | None]) -> Conditions:
        return true_of(
            total >= lowest if lowest is not None else None, total <= highest if highest is not None else None
        )

    return _few_or(session, Recording.id, between(Recording.total), between(_walking(Recording.total)))


def _walking(column: SQLColumnExpression[Number | None]) -> SQLColumnExpression[Number | None]:
    """The same column in a form that no index serves: a range or a choice from it would not come in order of time."""
    return column + 0


def _few_or(
    session: Session, ids: SQLColumnExpression[int], looked_up: Conditions, walked: Conditions
) -> SQLColumnExpression[bool]:
    few = _few(session, select(ids).where(*looked_up))
    return and_(*walked) if few is None else ids.in_(few)


def _finding_conditions(session: Session, filters: Filters) -> Conditions:
    return (
        FindingRow.current,
        *place_and_time(session, FindingRow, filters),
        *true_of(
            FindingRow.rule == filters.rule if filters.rule else None,
            FindingRow.verdict == filters.verdict if filters.verdict else None,
            FindingRow.level == filters.level if filters.level else None,
        ),
    )


def _found(session: Session, filters: Filters) -> SQLColumnExpression[bool]:
    """That a recording has such a finding."""
    wanted = select(FindingRow.recording_id).where(*_finding_conditions(session, filters))
    if (few := _few(session, wanted)) is not None:
        return Recording.id.in_(few)
    return _walked(wanted.where(FindingRow.recording_id == Recording.id).correlate(Recording))


def _said(session: Session, recording_id: SQLColumnExpression[int], term: str) -> SQLColumnExpression[bool]:
    """That the term stands in the transcript of a recording."""
    with search.by_index(session):
        few = _few(session, search.candidates(session, term))
    if few is not None:
        exact = len(term) <= search.LONGEST_GRAM
        return recording_id.in_(few) if exact else recording_id.in_(_confirmed(session, few, term))
    there = TranscriptText.recording_id == recording_id, TranscriptText.folded.contains(term, autoescape=True)
    return _walked(select(TranscriptText.recording_id).where(*there))


def _walked(wanted: Select[int]) -> SQLColumnExpression[bool]:
    """That there is such a row, asked row by row in the order of the list: planners make of EXISTS a join over all."""
    return wanted.limit(1).scalar_subquery().is_not(None)


def _confirmed(session: Session, ids: tuple[int, ...], term: str) -> tuple[int, ...]:
    wanted = TranscriptText.recording_id.in_(ids), TranscriptText.folded.contains(term, autoescape=True)
    return tuple(session.scalars(select(TranscriptText.recording_id).where(*wanted)))


def _few(session: Session, wanted: Select[int]) -> tuple[int, ...] | None:
    """The ids, if there are few of them."""
    ids = tuple(session.scalars(wanted.limit(RARE + 1)))
    return ids if len(ids) <= RARE else None
