"""Lists of recordings and findings with filters, quick at a hundred thousand recordings whatever is combined.

What the table's own columns say is read from an index that holds all of them. What another table says, findings and
words, is asked row by row or looked up, as `walks` decides.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import get_args

from sqlalchemy import Select, SQLColumnExpression, func, not_, or_, select, union
from sqlalchemy.orm import Session, joinedload

from service.store import search
from service.store.audits import FindingRow, TallyRow
from service.store.base import fact, is_sqlite
from service.store.centre import Staff
from service.store.lists.filters import Filters
from service.store.lists.walks import RARE, SORTED, WIDE, CostlyCondition, Keys, among, walk
from service.store.lists.walks import few as _few
from service.store.pages import Conditions, Page, bounds, encode, true_of
from service.store.recordings import RecordingRow
from service.store.search import TranscriptText
from speechaudit.model import Level, Verdict
from speechaudit.reasons import Code

_MOST_PARTS = 5000
Comparison = Callable[[SQLColumnExpression[str], str], SQLColumnExpression[bool]]


def recordings(session: Session, filters: Filters, *, cursor: str | None = None, limit: int = 50) -> Page[RecordingRow]:
    """Return a page of recordings with staff and windows; it can be short yet have a next. Raises RequestError."""
    filters = _with_parts(session, filters)
    rare = _rarely_scored(session, filters)
    own = *_own(filters), *rare
    keys = Keys(RecordingRow.occurred_at, RecordingRow.id, RecordingRow.id, own, own, few=bool(rare))
    ids, after = _page(session, keys, tuple(_costly(filters)), cursor, limit)
    both = joinedload(RecordingRow.staff), joinedload(RecordingRow.window)
    found = session.scalars(select(RecordingRow).options(*both).where(among(session, RecordingRow.id, ids)))
    rows = {row.id: row for row in found}
    return Page(items=tuple(rows[each] for each in ids), next=after)


def findings(session: Session, filters: Filters, *, cursor: str | None = None, limit: int = 50) -> Page[FindingRow]:
    """Return a page of current findings, each with its recording; like `recordings`. Raises RequestError."""
    rare = _rare_findings(session, filters)
    wanted = rare or _finding_conditions(filters)
    within = *place_and_time(FindingRow, filters), *_says(filters, _reads, _reads)
    keys = Keys(FindingRow.occurred_at, FindingRow.id, FindingRow.recording_id, wanted, within, few=bool(rare))
    conditions = (_said(filters),) if filters.text else ()
    ids, after = _page(session, keys, conditions, cursor, limit)
    whole = select(FindingRow).options(joinedload(FindingRow.recording))
    rows = {row.id: row for row in session.scalars(whole.where(among(session, FindingRow.id, ids)))}
    return Page(items=tuple(rows[each] for each in ids), next=after)


def _rare_findings(session: Session, filters: Filters) -> Conditions:
    """Return which findings fit where a rule is common and the level or verdict asked for rare, else nothing."""
    if _by_kind(filters) and (filters.level or filters.verdict):
        few = _few(session, select(FindingRow.id).where(*_kind(filters)), most=SORTED)
        if few is not None:
            return among(session, FindingRow.id, few), *place_and_time(FindingRow, filters)
    return ()


def _page(
    session: Session, keys: Keys, conditions: Sequence[CostlyCondition], cursor: str | None, limit: int
) -> tuple[list[int], str | None]:
    everything = select(func.max(RecordingRow.id))  # the end of an index, where to count them would take a second
    ask = bounds(cursor, limit), limit + 1, lambda: session.scalar(everything) or 0
    found, last = walk(session, keys, conditions, *ask)
    if len(found) > limit:
        last = found[limit - 1]
    return [row[1] for row in found[:limit]], encode(last[0], last[1]) if last else None


def count(session: Session, filters: Filters, most: int) -> int:
    """Count the recordings that the filters leave; `most` + 1 where there are more than `most`. Raises RequestError."""
    if filters.text and not _of_findings(filters):
        some = _said_somewhere(session, filters)
    else:
        some = select(RecordingRow.id).where(*recording_conditions(session, filters))
    return session.scalar(select(func.count()).select_from(some.limit(most + 1).subquery())) or 0


def _said_somewhere(session: Session, filters: Filters) -> Select[int]:
    """Return the recordings by their words, so that no more of these are read than it takes to find the most."""
    what, own = _sought(filters), _own(_with_parts(session, filters))
    mine: Conditions = (TranscriptText.recording_id.in_(search.candidates(session, what)), what.said)
    if own:
        mine += (TranscriptText.recording_id.in_(select(RecordingRow.id).where(*own)),)
    return select(TranscriptText.recording_id).where(*mine)


def latest(session: Session, filters: Filters) -> datetime | None:
    """Return when the last audited recording was made that the filters leave. Raises RequestError."""
    mine = RecordingRow.audited_at.is_not(None), *recording_conditions(session, filters)
    return session.scalar(select(func.max(RecordingRow.occurred_at)).where(*mine))


def recording_ids(session: Session, filters: Filters) -> Select[int]:
    """Return a statement for the ids of all recordings that the filters leave, for a re-audit or a report."""
    return select(RecordingRow.id).where(*recording_conditions(session, filters)).order_by(RecordingRow.id)


def recording_conditions(session: Session, filters: Filters) -> Conditions:
    """Return the filters for a statement over all recordings. Raises RequestError for a text without letters."""
    filters = _with_parts(session, filters)
    conditions = *_own(filters), *_rarely_scored(session, filters)
    if _of_findings(filters):
        conditions += (RecordingRow.id.in_(_found(filters)),)
    return conditions + _where_said(session, filters, RecordingRow.id)


def _with_parts(session: Session, filters: Filters) -> Filters:
    """Add the recordings of others in which these members of staff had a part; there are mostly none.

    Figures tell it also where nothing was found, findings where an audit has no figures yet.
    """
    if not filters.staff_ids or not filters.parts:
        return filters
    theirs = FindingRow.part > 0, FindingRow.current, FindingRow.staff_id.in_(filters.staff_ids)
    numbers = select(Staff.number).where(Staff.id.in_(filters.staff_ids))
    counted = not_(TallyRow.own), TallyRow.staff.in_(numbers)
    found = select(FindingRow.recording_id).where(*theirs), select(TallyRow.recording_id).where(*counted)
    either = union(*found).limit(_MOST_PARTS)
    return replace(filters, also=tuple(session.scalars(either)))


def _own(filters: Filters) -> Conditions:
    return (
        *place_and_time(RecordingRow, filters),
        *true_of(
            RecordingRow.status == filters.status if filters.status else None,
            fact(RecordingRow.facts, "setting") == filters.setting if filters.setting else None,
        ),
        # In a form for which SQLite, which cannot count, does not leave the order of time.
        *_scored(filters, RecordingRow.total + 0),
    )


def _rarely_scored(session: Session, filters: Filters) -> Conditions:
    """Return which recordings have the scores asked for where these are few, else nothing."""
    if not (scored := _scored(filters, RecordingRow.total)) or _one_place(filters):
        return ()
    few = _few(session, select(RecordingRow.id).where(*scored), most=SORTED)
    return () if few is None else (among(session, RecordingRow.id, few),)


def _scored(filters: Filters, total: SQLColumnExpression[float | None]) -> Conditions:
    return true_of(
        total >= filters.score_from if filters.score_from is not None else None,
        total <= filters.score_to if filters.score_to is not None else None,
    )


def place_and_time(table: type[RecordingRow | FindingRow], filters: Filters) -> Conditions:
    """Return the conditions of the filters on staff, window and time for this table."""
    staff = _one_of(table.staff_id, filters.staff_ids)
    if staff is not None and filters.also and table is RecordingRow:
        staff = or_(staff, RecordingRow.id.in_(filters.also))
    return true_of(
        staff,
        _one_of(table.window_id, filters.window_ids),
        table.occurred_at >= filters.since if filters.since else None,
        table.occurred_at < filters.until if filters.until else None,
    )


def _one_of(column: SQLColumnExpression[int | None], ids: tuple[int, ...] | None) -> SQLColumnExpression[bool] | None:
    """Return the condition: one id by its index, in order of time; the rows of several would have to be sorted."""
    if ids is None:
        return None
    return column == ids[0] if len(ids) == 1 else (column + 0).in_(ids)


def _of_findings(filters: Filters) -> bool:
    return bool(filters.rule or filters.verdict or filters.level or filters.reason)


def reasons(session: Session, filters: Filters) -> tuple[tuple[Code | None, int], ...]:
    """Count the current findings by reason, most frequent first; None stands for those where none was kept.

    Raises RequestError.
    """
    code, number = FindingRow.reason, func.count()
    counted = select(code, number).where(
        *_finding_conditions(filters), *_where_said(session, filters, FindingRow.recording_id)
    )
    found = session.execute(counted.group_by(code).order_by(number.desc(), code))
    known = {code: code for code in get_args(Code)}
    return tuple((known.get(code), count) for code, count in found)


def _sought(filters: Filters) -> search.Sought:
    return search.sought(filters.text or "", sounds_like=filters.sounds_like, masked=filters.masked)


def _where_said(session: Session, filters: Filters, recording: SQLColumnExpression[int]) -> Conditions:
    if not filters.text:
        return ()
    what = _sought(filters)
    said = TranscriptText.recording_id.in_(search.candidates(session, what)), what.said
    return (recording.in_(select(TranscriptText.recording_id).where(*said)),)


def _finding_conditions(filters: Filters) -> Conditions:
    """Return the filters for a list of findings; verdict and level are looked up if nothing is better."""
    better = filters.rule or filters.reason or _one_place(filters)
    return *place_and_time(FindingRow, filters), *_says(filters, _is, _reads if better else _is)


def _one_place(filters: Filters) -> bool:
    return len(filters.staff_ids or ()) == 1 or len(filters.window_ids or ()) == 1


def _says(filters: Filters, rule: Comparison, others: Comparison) -> Conditions:
    return (
        FindingRow.current,
        *true_of(
            rule(FindingRow.rule, filters.rule) if filters.rule else None,
            (others if filters.rule else rule)(FindingRow.reason, filters.reason) if filters.reason else None,
            others(FindingRow.verdict, filters.verdict) if filters.verdict else None,
            others(FindingRow.level, filters.level) if filters.level else None,
        ),
    )


def _is(column: SQLColumnExpression[str], value: str) -> SQLColumnExpression[bool]:
    return column == value


def _reads(column: SQLColumnExpression[str], value: str) -> SQLColumnExpression[bool]:
    """Return `_is` in a form that SQLite, which cannot count, does not take for a reason to use an index."""
    return not_(column.bool_op("<>")(value))


def _found(filters: Filters) -> Select[int]:
    """Return the recordings with such a finding; where and when is left to these unless it makes this quicker."""
    wanted = _kind(filters) if _by_kind(filters) else _finding_conditions(filters)
    return select(FindingRow.recording_id).where(*wanted)


def _by_kind(filters: Filters) -> bool:
    """Return whether nothing is better to look findings up by than rule, level and verdict."""
    return bool(filters.rule) and not (_one_place(filters) or filters.since or filters.until or filters.reason)


def _kind(filters: Filters) -> Conditions:
    """Return rule, level and verdict as columns of one index; it serves because those not asked for are named whole."""
    level, verdict = FindingRow.level, FindingRow.verdict
    return (
        FindingRow.current,
        FindingRow.rule == filters.rule,
        level == filters.level if filters.level else level.in_(get_args(Level)),
        verdict == filters.verdict if filters.verdict else verdict.in_(get_args(Verdict)),
    )


def _costly(filters: Filters) -> Iterator[CostlyCondition]:
    """Yield what other tables have to say, the quicker ones first."""
    if _of_findings(filters):
        most = WIDE if _by_kind(filters) else RARE
        yield CostlyCondition(
            statement=select(FindingRow.recording_id).where(*_says(filters, _reads, _reads)),
            column=FindingRow.recording_id,
            lookup=lambda session, known: _few(session, _found(filters), known, most=most),
            exact=True,
            effort=1,
            most=most,
        )
    if filters.text:
        yield _said(filters)


def _said(filters: Filters) -> CostlyCondition:
    """Return the condition that a text stands in the transcript. Raises RequestError for a text without letters."""
    what = _sought(filters)

    def lookup(session: Session, known: Collection[int] | None) -> Sequence[int] | None:
        # PostgreSQL meets two indexes before it reads a row, if it does not go by the first alone; SQLite would ask
        # its index of words once for each that is known.
        asked = None if is_sqlite(session) else known
        if asked is None and search.expected(session, what) > RARE:
            return None  # to read ten thousand transcripts first, and then to give up, took longer than all the rest
        return _few(session, search.candidates(session, what), asked, without=("enable_indexscan",))

    return CostlyCondition(
        statement=select(TranscriptText.recording_id).where(what.said),
        column=TranscriptText.recording_id,
        lookup=lookup,
        exact=what.decided_by_grams,
        effort=3,
    )
