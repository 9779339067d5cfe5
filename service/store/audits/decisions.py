"""Lets what people decided count: in the rows that lists filter on, and in the score of the recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from service.store.audits import tallies
from service.store.audits.findings import finding_row
from service.store.audits.tables import AuditRow, EncounterRow, FindingRow
from service.store.recordings import RecordingRow
from service.store.reviews.tables import ReviewCase
from speechaudit.fingerprints import key_of
from speechaudit.model import Audit, Finding, Review, Verdict
from speechaudit.policy import Policy
from speechaudit.reviews import HumanFindings, is_silent, priority, total_of, with_decisions

_FINDING: TypeAdapter[Finding] = TypeAdapter(Finding)
_NOTHING = HumanFindings()


def decisions_of(session: Session, recording_ids: Sequence[int]) -> Mapping[int, HumanFindings]:
    """Return what people said of recordings, by recording: their verdicts by key, and what they found themselves."""
    counting = select(ReviewCase).where(ReviewCase.recording_id.in_(recording_ids), ReviewCase.verdict.is_not(None))
    verdicts: dict[int, dict[str, tuple[Verdict, Review]]] = defaultdict(dict)
    marks: dict[int, list[Finding]] = defaultdict(list)
    for row in session.scalars(counting.order_by(ReviewCase.id)):
        if row.verdict and row.decided_at:
            verdicts[row.recording_id][row.key] = (row.verdict, _review(row, row.decided_at))
        if row.found:
            marks[row.recording_id].append(_FINDING.validate_python(row.found))
    return {each: HumanFindings(verdicts=known, marks=tuple(marks[each])) for each, known in verdicts.items()}


def marks_of(session: Session, recording_id: int) -> tuple[Finding, ...]:
    """Return what people found in a recording that the program had missed."""
    return decisions_of(session, [recording_id]).get(recording_id, _NOTHING).marks


def mark_as_json(mark: Finding) -> dict[str, Any]:
    """Return a mark as its case keeps it."""
    kept: dict[str, Any] = _FINDING.dump_python(mark, mode="json")
    return kept


def _review(row: ReviewCase, at: datetime) -> Review:
    return Review(machine=row.machine, reason=row.reason, at=at, final=row.state == "decided")


def final_audit(row: AuditRow, audit: Audit, decided: Mapping[int, HumanFindings]) -> Audit:
    """Return a row's audit with what people decided, scored by the policy it was made with."""
    mine = decided.get(row.recording_id)
    return with_decisions(audit, mine, Policy.model_validate(row.policy)) if mine else audit


def lost_appeals(session: Session, audit_ids: Sequence[int]) -> Sequence[int]:
    """Return the recordings with an appeal about a finding that these audits no longer have.

    Such an appeal is decided first; that it vanishes together with the charge is for people to say.
    """
    same = FindingRow.audit_id == AuditRow.id, FindingRow.key == ReviewCase.key
    open_cases = (
        select(AuditRow.recording_id)
        .join(ReviewCase, ReviewCase.recording_id == AuditRow.recording_id)
        .where(AuditRow.id.in_(audit_ids), ReviewCase.state == "appealed", ~exists().where(*same))
    )
    return session.scalars(open_cases.distinct().order_by(AuditRow.recording_id)).all()


def has_appeal(session: Session, recording_id: int) -> bool:
    """Return whether an appeal about this recording waits for its decision."""
    mine = ReviewCase.recording_id == recording_id, ReviewCase.state == "appealed"
    return bool(session.scalar(select(exists().where(*mine))))


def settle(session: Session, row: AuditRow, audit: Audit) -> None:
    """Bring findings, encounters, figures and recording of the current audit in line with what people decided."""
    counting = final_audit(row, audit, decisions_of(session, [row.recording_id]))
    total, passed = total_of(counting)
    session.execute(update(RecordingRow).where(RecordingRow.id == row.recording_id).values(total=total, passed=passed))
    for number, encounter in enumerate(counting.encounters):
        score = encounter.score
        values = {"total": score.total if score else None, "passed": score.passed if score else None}
        mine = EncounterRow.audit_id == row.id, EncounterRow.number == number
        session.execute(update(EncounterRow).where(*mine).values(**values))
    _settle_findings(session, row, counting)
    tallies.count(session, row, counting)


def _settle_findings(session: Session, row: AuditRow, counting: Audit) -> None:
    """Let rows follow their findings; a mark gets one, and loses it when it is taken back."""
    recording = session.get_one(RecordingRow, row.recording_id)
    told = [(n, f) for n, e in enumerate(counting.encounters) for f in e.findings if not is_silent(f)]
    found = {(n, f.part, key_of(f)): f for n, f in told}
    cases = select(ReviewCase.key, ReviewCase.state).where(ReviewCase.recording_id == row.recording_id)
    states = {key: state for key, state in session.execute(cases)}  # noqa: C416 - rows are no pairs to mypy
    kept = select(FindingRow).where(FindingRow.audit_id == row.id, FindingRow.key != "")
    for each in session.scalars(kept):
        if (finding := found.pop((each.encounter, each.part, each.key), None)) is None:
            session.delete(each)
            continue
        each.verdict, each.points = finding.verdict, finding.points
        each.review = states.get(each.key, "")
        each.priority = None if finding.review else priority(finding, recording.sha256)
    for (number, _, key), finding in found.items():
        new = finding_row(session, recording, row.id, number, counting.encounters[number], finding)
        new.current, new.review = row.current, states.get(key, "")
        session.add(new)
    session.flush()
