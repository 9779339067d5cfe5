"""Audits: what was heard and what was judged, stored once per job, read whole or as rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, replace

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from service.errors import ConflictError, NotFoundError
from service.store import recordings, search, stale
from service.store.audits import packing
from service.store.audits.decisions import decisions_of, final_audit, lost_appeals, marks_of, settle
from service.store.audits.findings import finding_row
from service.store.audits.tables import AuditRow, EncounterRow, FindingCode, FindingRow
from service.store.recordings import RecordingRow
from service.store.search import TranscriptText
from speechaudit.model import Audit, Encounter, Transcript
from speechaudit.policy import Policy
from speechaudit.reviews import is_silent, total_of, touched, with_marks


def save(session: Session, recording_id: int, audit: Audit, *, run: str, policy: Policy) -> int:
    """Store the audit that job `run` made and give its id; a run that stored before stores nothing again.

    It becomes the current audit, and the recording is done.
    Raises NotFoundError if the recording was deleted meanwhile, ConflictError if an appeal would be about nothing then.
    """
    recording = session.get(RecordingRow, recording_id, with_for_update=True)
    if recording is None:
        raise NotFoundError(f"录音 {recording_id}", "不存在或已删除", "请检查编号")
    if (before := session.scalar(select(AuditRow.id).where(AuditRow.run == run))) is not None:
        return before
    recording.transcript_deleted_at = None  # retention that came in between has to come again for these words
    row = audit_row(recording_id, audit, policy, run=run)
    session.add(row)
    session.flush()
    session.add_all(encounter_row(row.id, number, encounter) for number, encounter in enumerate(audit.encounters))
    marked = with_marks(audit, marks_of(session, recording_id))
    session.add_all(
        finding_row(session, recording, row.id, n, e, f)
        for n, e in enumerate(marked.encounters)
        for f in e.findings
        if not is_silent(f)
    )
    session.flush()
    make_current(session, row.id)
    return row.id


def audit_row(recording_id: int, audit: Audit, policy: Policy, *, run: str, batch_id: int | None = None) -> AuditRow:
    """Return the row of an audit, not current yet."""
    total, passed = total_of(audit)
    return AuditRow(
        recording_id=recording_id,
        run=run,
        current=False,
        rulebook_version=audit.rulebook_version,
        profile=audit.profile,
        made_by=asdict(audit.made_by),
        encounters=len(audit.encounters),
        policy=policy.model_dump(mode="json"),
        total=total,
        passed=passed,
        batch_id=batch_id,
        content=packing.packed(audit),
    )


def encounter_row(audit_id: int, number: int, encounter: Encounter) -> EncounterRow:
    """Return the row of a service, `number` from 0."""
    score = encounter.score
    return EncounterRow(
        audit_id=audit_id,
        number=number,
        start=encounter.start,
        end=encounter.end,
        total=score.total if score else None,
        passed=score.passed if score else None,
        not_judged=score.not_judged if score else "",
    )


def make_current(session: Session, audit_id: int) -> None:
    """Let this audit count, and keep the one that counted before as history.

    Raises NotFoundError, and ConflictError if an appeal would be about nothing then.
    """
    row = row_of(session, audit_id)
    others = row.recording_id
    session.get(RecordingRow, others, with_for_update=True)  # first what a review locks first
    if lost_appeals(session, [audit_id]):
        raise appealed(others)
    session.execute(update(AuditRow).where(AuditRow.recording_id == others, AuditRow.current).values(current=False))
    session.execute(
        update(FindingRow).where(FindingRow.recording_id == others, FindingRow.current).values(current=False)
    )
    session.execute(update(AuditRow).where(AuditRow.id == audit_id).values(current=True))
    session.execute(update(FindingRow).where(FindingRow.audit_id == audit_id).values(current=True))
    audit = content(row)
    _index(session, row.recording_id, audit)
    _done(session, row, audit.duration)
    settle(session, row, audit)


def appealed(recording_id: int) -> ConflictError:
    """Return the error for an audit in which nothing is left that an appeal could be about."""
    return ConflictError(
        f"录音 {recording_id}",
        "有申诉中的判定,新的稽核里没有同样的判定",
        "请先裁定申诉,再采用",
        routes=("GET /api/v1/appeals",),
    )


def _done(session: Session, row: AuditRow, duration: float) -> None:
    done = {
        "status": "done",
        "stage": "done",
        "progress": 1.0,
        "failure": None,
        "failure_code": None,
        "failure_values": None,
        "audited_at": row.made_at,
        "duration": duration,
    }
    session.execute(update(RecordingRow).where(RecordingRow.id == row.recording_id).values(**done))


def _index(session: Session, recording_id: int, audit: Audit) -> None:
    words = search.indexed(encounter.transcript for encounter in audit.encounters)
    session.execute(delete(TranscriptText).where(TranscriptText.recording_id == recording_id))
    session.add(TranscriptText(recording_id=recording_id, **words))
    session.flush()


def row_of(session: Session, audit_id: int) -> AuditRow:
    """Return an audit's row. Raises NotFoundError."""
    if (row := session.get(AuditRow, audit_id)) is None:
        raise NotFoundError(f"稽核 {audit_id}", "不存在或已删除", "请检查编号")
    return row


def content(row: AuditRow) -> Audit:
    """Return the whole audit of a row as the program made it, while its session is open."""
    return packing.whole(row.content)


def spoken(row: AuditRow) -> tuple[Transcript, ...]:
    """Return what was said in each service of an audit, while its session is open."""
    return packing.spoken(row.content)


def counting(session: Session, row: AuditRow) -> Audit:
    """Return the whole audit of a row with what people decided."""
    return final_audit(row, content(row), decisions_of(session, [row.recording_id]))


def counting_in_part(session: Session, row: AuditRow, wanted: Callable[[Audit], Collection[int]]) -> Audit:
    """Return the audit with what people decided; of a long day only the services with the `wanted` numbers are in full.

    `wanted` chooses them, from 0, by the outline. Others have times, sum and findings that say something, not why.
    """
    decided = decisions_of(session, [row.recording_id])
    outline = packing.outline(row.content)
    # A sum that people changed follows from all that was found.
    mine = decided.get(row.recording_id)
    full = packing.services(row.content, {*wanted(outline), *(touched(outline, mine) if mine else ())})
    mixed = tuple(full.get(number, each) for number, each in enumerate(outline.encounters))
    return final_audit(row, replace(outline, encounters=mixed), decided)


def find_current(session: Session, recording_id: int) -> AuditRow | None:
    """Return the audit of a recording that counts; None if it has none yet."""
    return session.scalar(select(AuditRow).where(AuditRow.recording_id == recording_id, AuditRow.current))


def current(session: Session, recording_id: int) -> AuditRow:
    """Return the audit of a recording that counts. Raises NotFoundError if it has none yet."""
    if (row := find_current(session, recording_id)) is None:
        status = recordings.progress_of(session, recording_id).status
        raise NotFoundError(f"录音 {recording_id}", f"还没有稽核结果({status})", "请查看处理进度")
    return row


def history(session: Session, recording_id: int) -> tuple[AuditRow, ...]:
    """Return all audits of a recording that count or counted, and proposals; newest first."""
    wanted = select(AuditRow).where(AuditRow.recording_id == recording_id)
    return tuple(session.scalars(wanted.order_by(AuditRow.made_at.desc(), AuditRow.id.desc())))


def findings_of(session: Session, audit_id: int) -> tuple[FindingRow, ...]:
    """Return the findings of an audit that say something, in order of encounter and time."""
    wanted = select(FindingRow).where(FindingRow.audit_id == audit_id)
    return tuple(session.scalars(wanted.order_by(FindingRow.encounter, FindingRow.start, FindingRow.id)))


def finding(session: Session, finding_id: int) -> FindingRow:
    """Return one finding. Raises NotFoundError."""
    if (row := session.get(FindingRow, finding_id)) is None:
        raise NotFoundError(f"判定 {finding_id}", "不存在或已删除", "请检查编号")
    return row


def coded(session: Session, code: str) -> tuple[FindingRow, ...]:
    """Return the current findings that reports print under this code; as a rule one."""
    mine = FindingRow.codes.any(FindingCode.code == code)
    wanted = select(FindingRow).where(FindingRow.current, mine).order_by(FindingRow.id)
    return tuple(session.scalars(wanted))


def stored(session: Session, run: str) -> bool:
    """Return whether this job stored its audit."""
    return bool(session.scalar(select(exists().where(AuditRow.run == run))))


def set_place(session: Session, recording_id: int, *, staff_id: int | None, window_id: int | None) -> RecordingRow:
    """Say who and where, for the recording and its findings; colleagues' stay theirs. Raises NotFoundError."""
    row = recordings.get(session, recording_id)
    before = row.staff_id
    row.staff_id, row.window_id = staff_id, window_id
    stale.note(session, row.occurred_at)
    session.execute(update(FindingRow).where(FindingRow.recording_id == recording_id).values(window_id=window_id))
    theirs = FindingRow.staff_id == before if before else FindingRow.staff_id.is_(None)  # legs may name another
    mine = FindingRow.recording_id == recording_id, FindingRow.part == 0, theirs
    session.execute(update(FindingRow).where(*mine).values(staff_id=staff_id))
    session.flush()
    session.expire(row)
    return recordings.get(session, recording_id)
