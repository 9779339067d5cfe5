"""Audits that a re-audit proposes: made ready while reading, kept many at a time in a transaction that only writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.audits.decisions import decisions_of, final_audit
from service.store.audits.findings import finding_row
from service.store.audits.storing import audit_row, encounter_row
from service.store.audits.tables import AuditRow, EncounterRow, FindingRow
from service.store.recordings import RecordingRow
from speechaudit.model import Audit
from speechaudit.policy import Policy
from speechaudit.reviews import HumanFindings, is_silent, total_of, with_marks

_Place = tuple[int | None, int | None, datetime, str]
_NOBODY = HumanFindings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An audit with its rows, which are in no session yet; `total` is its score with what people decided.

    `place` is what the rows copied of their recording.
    """

    recording_id: int
    total: float | None
    place: _Place
    audit: AuditRow
    encounters: tuple[EncounterRow, ...]
    findings: tuple[FindingRow, ...]


def proposal(
    session: Session, recording: RecordingRow, audit: Audit, *, policy: Policy, run: str, batch_id: int
) -> Proposal:
    """Return what `keep_proposals` keeps of an audit that job `run` made of a recording; nothing is written."""
    row = audit_row(recording.id, audit, policy, run=run, batch_id=batch_id)
    decided = decisions_of(session, [recording.id])
    marks = decided.get(recording.id, _NOBODY).marks
    told = [
        (n, e, f) for n, e in enumerate(with_marks(audit, marks).encounters) for f in e.findings if not is_silent(f)
    ]
    total, _ = total_of(final_audit(row, audit, decided))
    return Proposal(
        recording_id=recording.id,
        total=total,
        place=_place(recording),
        audit=row,
        encounters=tuple(encounter_row(0, number, each) for number, each in enumerate(audit.encounters)),
        findings=tuple(finding_row(session, recording, 0, n, e, f) for n, e, f in told),
    )


def keep_proposals(session: Session, proposals: Sequence[Proposal]) -> Mapping[int, float | None]:
    """Store proposals, and give the scores that their recordings have now, by recording.

    One is left out whose recording is gone or lies elsewhere by now, or whose job stored its audit before.
    """
    ids = [each.recording_id for each in proposals]
    locked = select(RecordingRow).where(RecordingRow.id.in_(ids)).order_by(RecordingRow.id).with_for_update()
    recordings = {row.id: row for row in session.scalars(locked)}
    runs = set(session.scalars(select(AuditRow.run).where(AuditRow.run.in_([each.audit.run for each in proposals]))))
    kept = [each for each in proposals if each.audit.run not in runs and _stays(each, recordings)]
    session.add_all(each.audit for each in kept)
    session.flush()
    for each in kept:
        recordings[each.recording_id].transcript_deleted_at = None  # retention that came in between has to come again
        rows: tuple[EncounterRow | FindingRow, ...] = (*each.encounters, *each.findings)
        for row in rows:
            row.audit_id = each.audit.id
        session.add_all(rows)
    session.flush()
    return {each.recording_id: recordings[each.recording_id].total for each in kept}


def _stays(proposal: Proposal, recordings: Mapping[int, RecordingRow]) -> bool:
    row = recordings.get(proposal.recording_id)
    return row is not None and _place(row) == proposal.place


def _place(row: RecordingRow) -> _Place:
    return row.staff_id, row.window_id, row.occurred_at, row.file_name
