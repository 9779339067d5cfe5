"""What waits for people: findings to look at, appeals to decide; and how often people decided otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from service.store.audits import FindingRow
from service.store.lists import Filters, place_and_time
from service.store.pages import true_of
from service.store.reviews.tables import ReviewCase
from speechaudit.model import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReview:
    """How many verdicts of one kind of a rule people looked at, and how many of them they overruled."""

    rule: str
    machine: Verdict
    reviewed: int
    overruled: int


def queue(session: Session, filters: Filters, share: float, limit: int) -> Sequence[FindingRow]:
    """What a person should look at next: doubtful findings by severity and doubt, then a sample of the clear ones.

    `share` (0 to 1) of the clear ones is drawn. What has been looked at is not in it.
    """
    wanted = select(FindingRow).where(
        FindingRow.current,
        FindingRow.priority > 1.0 - share,
        *place_and_time(FindingRow, filters),
        *true_of(FindingRow.rule == filters.rule if filters.rule else None),
    )
    ordered = wanted.order_by(FindingRow.priority.desc(), FindingRow.id.desc()).limit(limit)
    return session.scalars(ordered.options(joinedload(FindingRow.recording))).all()


def appealed(session: Session, filters: Filters, limit: int) -> Sequence[FindingRow]:
    """Findings under appeal that the filters leave, those that wait longest first."""
    wanted: Select[FindingRow] = (
        select(FindingRow)
        .join(ReviewCase, (ReviewCase.recording_id == FindingRow.recording_id) & (ReviewCase.key == FindingRow.key))
        .where(FindingRow.current, ReviewCase.state == "appealed", *place_and_time(FindingRow, filters))
        .order_by(ReviewCase.changed_at, FindingRow.id)
        .limit(limit)
    )
    return session.scalars(wanted.options(joinedload(FindingRow.recording))).all()


def by_rule(session: Session) -> tuple[RuleReview, ...]:
    """For each rule and verdict of the machine, how often people looked and how often they decided otherwise."""
    overruled = func.count().filter(ReviewCase.verdict != ReviewCase.machine).label("overruled")
    counted = select(ReviewCase.rule, ReviewCase.machine, func.count().label("reviewed"), overruled)
    rows = session.execute(counted.where(ReviewCase.verdict.is_not(None)).group_by(ReviewCase.rule, ReviewCase.machine))
    found = (RuleReview(**row._mapping) for row in rows)
    return tuple(sorted(found, key=lambda each: (each.rule, each.machine)))
