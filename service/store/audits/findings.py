"""A finding as a row: what lists filter on, and the codes under which reports print it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.audits.tables import FindingCode, FindingRow
from service.store.centre import Staff
from service.store.recordings import RecordingRow
from speechaudit.fingerprints import key_of
from speechaudit.model import Encounter, Finding
from speechaudit.privacy import masked_name, masked_quote
from speechaudit.reasons import cause_of
from speechaudit.reports.moments import codes_of
from speechaudit.reviews import priority
from speechaudit.served import is_recordings

_TITLE = 200


def finding_row(
    session: Session, recording: RecordingRow, audit_id: int, number: int, encounter: Encounter, finding: Finding
) -> FindingRow:
    """Return the row of a finding in encounter `number` of an audit, not current yet."""
    first = finding.evidence[0] if finding.evidence else None
    return FindingRow(
        recording_id=recording.id,
        audit_id=audit_id,
        encounter=number,
        part=finding.part,
        current=False,
        rule=finding.rule,
        title=finding.title[:_TITLE],
        level=finding.level,
        status=finding.status,
        verdict=finding.verdict,
        machine=finding.review.machine if finding.review else finding.verdict,
        key=key_of(finding),
        priority=None if finding.review else priority(finding, recording.sha256),
        points=finding.points,
        start=first.start if first else None,
        end=first.end if first else None,
        quote=first.quote if first else "",
        reason=(cause_of(first.reasons) or "") if first else "",
        staff_id=staff_id_in(session, recording, encounter, finding.part),
        window_id=recording.window_id,
        occurred_at=recording.occurred_at,
        codes=[FindingCode(code=code) for code in sorted(_codes(recording.file_name, encounter, finding))],
    )


def staff_id_in(session: Session, recording: RecordingRow, encounter: Encounter, part: int) -> int | None:
    """Return the id of who served in a part; None where nobody knows, or that number is not registered."""
    if is_recordings(encounter, part):
        return recording.staff_id
    number = encounter.parts[part].staff
    return session.scalar(select(Staff.id).where(Staff.number == number)) if number else None


def _codes(file: str, encounter: Encounter, finding: Finding) -> set[str]:
    """Return the codes on reports, also those of one in which personal numbers are masked."""
    evidence = tuple(replace(each, quote=masked_quote(each.quote)) for each in finding.evidence)
    masked = codes_of(masked_name(file), encounter, replace(finding, evidence=evidence))
    return {*codes_of(file, encounter, finding), *masked}
