"""What waits for people: findings to look at, appeals to decide; and how often people decided otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, exists, func, literal_column, not_, or_, select, tuple_
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from service.store.accounts import User
from service.store.audits import AuditRow, FindingRow
from service.store.base import UtcDateTime, now
from service.store.lists import Filters, place_and_time
from service.store.pages import Page, bounds, encode, true_of
from service.store.recordings import RecordingRow
from service.store.reviews import desk
from service.store.reviews.tables import Claim, ReviewCase, ReviewEvent, Skip
from speechaudit.model import Verdict

_PAGE = 200
_SAME = and_(ReviewCase.recording_id == FindingRow.recording_id, ReviewCase.key == FindingRow.key)
# Cases are few beside findings: in this form SQLite, which counts nothing, looks for the finding of each case.
# In words of its own, not as a value: else SQLite would not use the index of what somebody looked at.
_LOOKED_AT = FindingRow.review != literal_column("''")
_OF_EACH_CASE = and_(FindingRow.recording_id == ReviewCase.recording_id + 0, FindingRow.key == ReviewCase.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReview:
    """How many verdicts of one kind of a rule people looked at, and how many of them they overruled."""

    rule: str
    machine: Verdict
    reviewed: int
    overruled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Who looks: not at their own service, nor again at what they reviewed. The shares (0 to 1) are what is drawn."""

    user_id: int
    staff_id: int | None
    share: float
    second_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What waits for one reviewer: to be looked at, to be looked at by a second person, and skipped by them.

    `claimed` are on the desks of others just now.
    """

    waiting: int
    seconds: int
    skipped: int
    claimed: int


def queue(session: Session, filters: Filters, share: float, limit: int) -> Sequence[FindingRow]:
    """Return what a person should look at next: doubtful findings by severity and doubt, then a sample of clear ones.

    `share` (0 to 1) of the clear ones is drawn. What has been looked at is not in it.
    """
    wanted = select(FindingRow).where(FindingRow.priority > 1.0 - share, *_chosen(filters))
    return _rows(session, _ordered(wanted), limit)


def next_for(session: Session, who: Reviewer, filters: Filters, limit: int) -> Sequence[FindingRow]:
    """Return the next findings for a reviewer that nobody else has on the desk: second opinions, then the queue."""
    free = desk.free_for(session, who.user_id), ~desk.skipped_by(who.user_id)
    seconds = select(FindingRow).join(ReviewCase, _joined(filters)).where(_second_of(who), *_chosen(filters), *free)
    first = _rows(session, seconds.order_by(ReviewCase.changed_at, FindingRow.id), limit)
    wanted = select(FindingRow).where(_first_of(who), *_chosen(filters), *free)
    return [*first, *_rows(session, _ordered(wanted), limit)][:limit]


def left_for(session: Session, who: Reviewer, filters: Filters) -> Left:
    """Count what waits for this reviewer, and what they skipped or others have on their desks."""
    free, skipped = desk.free_for(session, who.user_id), desk.skipped_by(who.user_id)
    seconds = select(FindingRow.id).join(ReviewCase, _joined(filters)).where(_second_of(who), *_chosen(filters), free)
    taken, put_off = _set_aside(session, who, filters)
    return Left(
        waiting=_count(session, select(FindingRow.id).where(_first_of(who), *_chosen(filters))) - taken - put_off,
        seconds=_count(session, seconds.where(~skipped)),
        skipped=put_off + _count(session, seconds.where(skipped)),
        claimed=desk.claimed_by_others(session, who.user_id),
    )


def _set_aside(session: Session, who: Reviewer, filters: Filters) -> tuple[int, int]:
    """Count of the queue what others have on their desks, and of the rest what this reviewer skipped.

    These are few: they are looked up, and not asked of everything that waits.
    """
    wanted = select(FindingRow.id).where(_first_of(who, FindingRow.priority + 0), *_chosen(filters))
    taken = wanted.join(Claim, desk.of_each(Claim)).where(*desk.by_another(session, who.user_id))
    put_off = wanted.join(Skip, desk.of_each(Skip)).where(
        Skip.user_id == who.user_id, desk.free_for(session, who.user_id)
    )
    return _count(session, taken), _count(session, put_off)


def is_second_for(session: Session, row: FindingRow, who: Reviewer) -> bool:
    """Return whether this reviewer is asked for a second opinion, without knowing the first."""
    mine = select(FindingRow.id).join(ReviewCase, _SAME).where(FindingRow.id == row.id, _second_of(who))
    return session.scalar(mine) is not None


def _first_of(who: Reviewer, priority: Any = FindingRow.priority) -> Any:
    return and_(priority > 1.0 - who.share, _of_another(who))


def _second_of(who: Reviewer) -> Any:
    took_part = exists().where(ReviewEvent.case_id == ReviewCase.id, ReviewEvent.user_id == who.user_id)
    drawn = ReviewCase.lot < who.second_share
    return and_(ReviewCase.state == "reviewed", drawn, ReviewCase.found.is_(None), ~took_part, _of_another(who))


def _of_another(who: Reviewer) -> Any:
    return or_(FindingRow.staff_id.is_(None), FindingRow.staff_id != (who.staff_id or 0))


def _chosen(filters: Filters) -> Sequence[Any]:
    rule = FindingRow.rule == filters.rule if filters.rule else None
    return (FindingRow.current, *place_and_time(FindingRow, filters), *true_of(rule))


def _joined(filters: Filters) -> Any:
    """Return what joins findings and cases: those of one person or window are looked up, else cases come first."""
    return and_(_SAME, _LOOKED_AT) if _one_place(filters) else _OF_EACH_CASE


def _one_place(filters: Filters) -> bool:
    return len(filters.staff_ids or ()) == 1 or len(filters.window_ids or ()) == 1


def _ordered(wanted: Select[FindingRow]) -> Select[FindingRow]:
    return wanted.order_by(FindingRow.priority.desc(), FindingRow.id.desc())


def _rows(session: Session, wanted: Select[FindingRow], limit: int) -> Sequence[FindingRow]:
    """Return the first rows, of which only these are read whole with what stands beside them."""
    ids = session.scalars(wanted.with_only_columns(FindingRow.id, maintain_column_froms=True).limit(limit)).all()
    recording = joinedload(FindingRow.recording)
    whole = recording.joinedload(RecordingRow.staff), recording.joinedload(RecordingRow.window)
    found = {row.id: row for row in session.scalars(select(FindingRow).where(FindingRow.id.in_(ids)).options(*whole))}
    return [found[each] for each in ids]


def _count(session: Session, wanted: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def appealed(session: Session, filters: Filters, limit: int) -> Sequence[FindingRow]:
    """Return findings under appeal that the filters leave, those that wait longest first."""
    joined = select(FindingRow).join(ReviewCase, _joined(filters))
    wanted = joined.where(*_chosen(filters), *_under_appeal(True))
    return _rows(session, wanted.order_by(ReviewCase.changed_at, FindingRow.id), limit)


def contestable(
    session: Session, filters: Filters, days: int, limit: int, cursor: str | None = None
) -> Page[tuple[FindingRow, datetime]]:
    """Return a page of findings that cost and can be contested, with until when; whose time ends first come first.

    Raises RequestError for a wrong cursor or limit.
    """
    after = bounds(cursor, limit)
    judged, wanted = _contestable(days, of_one=_one_place(filters))
    page = wanted.where(*_chosen(filters), *_later(judged, after)).order_by(judged, FindingRow.id).limit(limit + 1)
    found = [(row, at) for row, at in session.execute(page)]
    following = encode(found[limit - 1][1], found[limit - 1][0].id) if len(found) > limit else None
    return Page(items=tuple((row, at + timedelta(days=days)) for row, at in found[:limit]), next=following)


def _later(judged: Any, last: tuple[datetime, int] | None) -> Sequence[Any]:
    """Return the condition for what was judged after the last one shown, or then and has a higher number."""
    return (or_(judged > last[0], and_(judged == last[0], FindingRow.id > last[1])),) if last else ()


def ending(session: Session, days: int, before: timedelta) -> Iterator[tuple[FindingRow, datetime]]:
    """Yield the findings of who signs in that can be contested no longer than `before`, with until when."""
    judged, wanted = _contestable(days)
    theirs = exists().where(User.staff_id == FindingRow.staff_id, User.active)
    soon = FindingRow.current, theirs, judged <= now() + before - timedelta(days=days)
    last: tuple[datetime, int] | None = None
    while True:
        page = wanted.where(*soon, *_later(judged, last)).order_by(judged, FindingRow.id).limit(_PAGE)
        found = session.execute(page).all()
        yield from ((row, at + timedelta(days=days)) for row, at in found)
        if len(found) < _PAGE:
            return
        last = found[-1][1], found[-1][0].id


def term_of(session: Session, row: FindingRow, days: int) -> datetime | None:
    """Return until when a finding can be contested; None if it cannot."""
    _, wanted = _contestable(days)
    found = session.execute(wanted.where(FindingRow.id == row.id, FindingRow.current)).one_or_none()
    return found[1] + timedelta(days=days) if found else None


def _contestable(days: int, *, of_one: bool = False) -> tuple[Any, Select[FindingRow, datetime]]:
    """Return when a finding was judged, and the statement for those that can be contested with it.

    Those `of_one` person or window are looked up by these, and not among all that cost.
    """
    judged = func.coalesce(ReviewCase.decided_at, AuditRow.made_at, type_=UtcDateTime())
    free = or_(ReviewCase.state.is_(None), ReviewCase.state.not_in(("appealed", "decided")))
    wanted = select(FindingRow, judged).join(AuditRow, AuditRow.id == FindingRow.audit_id).outerjoin(ReviewCase, _SAME)
    failed = FindingRow.verdict == "fail" if not of_one else not_(FindingRow.verdict.bool_op("<>")("fail"))
    costs = failed, FindingRow.status == "active", free
    return judged, wanted.where(*costs, judged >= now() - timedelta(days=days))


def with_cases(
    session: Session, filters: Filters, limit: int, *, appealed: bool | None = None, cursor: str | None = None
) -> Page[tuple[FindingRow, ReviewCase]]:
    """Return a page of findings with a case, what happened last first; under appeal, what waits longest first.

    `appealed` leaves only those under appeal, or only the others. Raises RequestError for a wrong cursor or limit.
    """
    after, key = bounds(cursor, limit), (ReviewCase.changed_at, FindingRow.id)
    joined = select(FindingRow, ReviewCase).join(ReviewCase, _joined(filters))
    wanted = joined.where(*_chosen(filters), *_under_appeal(appealed))
    if after is not None:
        wanted = wanted.where(tuple_(*key) > after if appealed else tuple_(*key) < after)
    ordered = wanted.order_by(*(each if appealed else each.desc() for each in key)).limit(limit + 1)
    history = selectinload(ReviewCase.events).joinedload(ReviewEvent.user)
    where = joinedload(FindingRow.staff), joinedload(FindingRow.window)
    found = [(finding, case) for finding, case in session.execute(ordered.options(history, *where))]
    last = found[limit - 1] if len(found) > limit else None
    return Page(items=tuple(found[:limit]), next=encode(last[1].changed_at, last[0].id) if last else None)


def count_appealed(session: Session, filters: Filters) -> int:
    """Count the findings under appeal that the filters leave."""
    wanted = select(FindingRow.id).join(ReviewCase, _joined(filters))
    return _count(session, wanted.where(*_chosen(filters), *_under_appeal(True)))


def _under_appeal(appealed: bool | None) -> Sequence[Any]:
    if appealed is None:
        return ()
    return (ReviewCase.state == "appealed" if appealed else ReviewCase.state != "appealed",)


def opinions(session: Session) -> tuple[tuple[Verdict, Verdict], ...]:
    """Return for each case with a second opinion the first reviewer's verdict before it, and the second's."""
    first, second = aliased(ReviewEvent), aliased(ReviewEvent)
    before = first.case_id == second.case_id, first.action == "review", first.id < second.id
    last = select(func.max(first.id)).where(*before).correlate(second).scalar_subquery()
    pairs = select(first.verdict, second.verdict).join(second, first.id == last).where(second.action == "second")
    return tuple((a, b) for a, b in session.execute(pairs.order_by(second.id)) if a and b)


def by_rule(session: Session) -> tuple[RuleReview, ...]:
    """Return for each rule and verdict of the machine how often people looked, and how often they overruled it."""
    overruled = func.count().filter(ReviewCase.verdict != ReviewCase.machine).label("overruled")
    counted = select(ReviewCase.rule, ReviewCase.machine, func.count().label("reviewed"), overruled)
    looked = counted.where(ReviewCase.verdict.is_not(None), ReviewCase.found.is_(None))
    rows = session.execute(looked.group_by(ReviewCase.rule, ReviewCase.machine))
    found = (RuleReview(**row._mapping) for row in rows)
    return tuple(sorted(found, key=lambda each: (each.rule, each.machine)))
