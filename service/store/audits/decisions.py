"""Lets what people decided count: in the rows that lists filter on, and in the score of the recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from service.store.audits.tables import AuditRow, EncounterRow, FindingRow
from service.store.recordings import RecordingRow
from service.store.reviews.tables import ReviewCase
from speechaudit.model import Audit, Review, Verdict
from speechaudit.policy import Policy
from speechaudit.reviews import Decisions, fingerprint, total_of, with_decisions


def decisions_of(session: Session, recording_ids: Sequence[int]) -> Mapping[int, Decisions]:
    """What people decided about the findings of recordings, by recording and key."""
    decided = select(ReviewCase).where(ReviewCase.recording_id.in_(recording_ids), ReviewCase.verdict.is_not(None))
    found: dict[int, dict[str, tuple[Verdict, Review]]] = defaultdict(dict)
    for row in session.scalars(decided):
        if row.verdict and row.decided_at:
            found[row.recording_id][row.key] = (row.verdict, _review(row, row.decided_at))
    return found


def _review(row: ReviewCase, at: datetime) -> Review:
    return Review(machine=row.machine, reason=row.reason, at=at, final=row.state == "decided")


def final_audit(row: AuditRow, audit: Audit, decided: Mapping[int, Decisions]) -> Audit:
    """The audit of a row with what people decided. It is scored by the policy it was made with."""
    mine = decided.get(row.recording_id)
    return with_decisions(audit, mine, Policy.model_validate(row.policy)) if mine else audit


def lost_appeals(session: Session, audit_ids: Sequence[int]) -> Sequence[int]:
    """The recordings with an appeal that would be about nothing if these audits counted: they no longer find the same.

    Such an appeal is decided first; that it vanishes together with the charge is for people to say.
    """
    same = FindingRow.audit_id == AuditRow.id, FindingRow.key == ReviewCase.key
    open_cases = (
        select(AuditRow.recording_id)
        .join(ReviewCase, ReviewCase.recording_id == AuditRow.recording_id)
        .where(AuditRow.id.in_(audit_ids), ReviewCase.state == "appealed", ~exists().where(*same))
    )
    return session.scalars(open_cases.distinct().order_by(AuditRow.recording_id)).all()


def settle(session: Session, row: AuditRow, audit: Audit) -> None:
    """Bring findings, encounters and recording of the current audit in line with what people decided."""
    counting = final_audit(row, audit, decisions_of(session, [row.recording_id]))
    total, passed = total_of(counting)
    session.execute(update(RecordingRow).where(RecordingRow.id == row.recording_id).values(total=total, passed=passed))
    for number, encounter in enumerate(counting.encounters):
        score = encounter.score
        values = {"total": score.total if score else None, "passed": score.passed if score else None}
        mine = EncounterRow.audit_id == row.id, EncounterRow.number == number
        session.execute(update(EncounterRow).where(*mine).values(**values))
    _settle_findings(session, row, counting)


def _settle_findings(session: Session, row: AuditRow, counting: Audit) -> None:
    found = {(number, f.rule): f for number, e in enumerate(counting.encounters) for f in e.findings}
    cases = select(ReviewCase.key, ReviewCase.state).where(ReviewCase.recording_id == row.recording_id)
    states = {key: state for key, state in session.execute(cases)}  # noqa: C416 - rows are no pairs to mypy
    for each in session.scalars(select(FindingRow).where(FindingRow.audit_id == row.id)):
        finding = found[each.encounter, each.rule]
        each.verdict, each.points = finding.verdict, finding.points
        each.review = states.get(fingerprint(finding), "")
        each.priority = None if finding.review else each.priority
    session.flush()
