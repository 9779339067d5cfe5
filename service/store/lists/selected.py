"""The current audits of a selection, for reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, undefer

from service.errors import RequestError
from service.store import audits, recordings
from service.store.audits import AuditRow, decisions_of, final_audit
from service.store.lists.filters import Filters
from service.store.lists.rows import recording_conditions
from service.store.recordings import RecordingRow
from speechaudit.model import Audit, Segment, Transcript

MOST = 5000
_STEP = 200


def current_audits(session: Session, filters: Filters, zone: ZoneInfo) -> list[Audit]:
    """Return all current audits that the filters leave, oldest first, without a word said, by the centre's clock.

    Raises RequestError if there are more than a report can hold.
    """
    mine = select(RecordingRow.id).where(RecordingRow.audited_at.is_not(None), *recording_conditions(session, filters))
    if (count := session.scalar(select(func.count()).select_from(mine.subquery())) or 0) > MOST:
        raise RequestError("since", f"有 {count} 个录音,超过一份报告的上限 {MOST} 个", "请缩小时间范围")
    ids = session.scalars(mine.order_by(RecordingRow.occurred_at, RecordingRow.id)).all()
    return [
        each for start in range(0, len(ids), _STEP) for each in audits_of(session, ids[start : start + _STEP], zone)
    ]


def audits_of(session: Session, ids: Sequence[int], zone: ZoneInfo) -> list[Audit]:
    """Return the current audits of some recordings in their order, without a word said, by the centre's clock."""
    both = joinedload(RecordingRow.staff), joinedload(RecordingRow.window)
    rows = {row.id: row for row in session.scalars(select(RecordingRow).where(RecordingRow.id.in_(ids)).options(*both))}
    wanted = select(AuditRow).where(AuditRow.current, AuditRow.recording_id.in_(ids)).options(undefer(AuditRow.content))
    decided = decisions_of(session, ids)
    found = {
        row.recording_id: _light(final_audit(row, audits.content(row), decided), rows[row.recording_id], zone)
        for row in session.scalars(wanted)
    }
    session.expunge_all()
    return [found[each] for each in ids if each in found]


def _light(audit: Audit, row: RecordingRow, zone: ZoneInfo) -> Audit:
    known = recordings.known(row)
    here = known.started_at.astimezone(zone) if known.started_at else None
    silent = (replace(each, transcript=_announced(each.transcript)) for each in audit.encounters)
    return replace(audit, recording=replace(known, started_at=here), encounters=tuple(silent))


def _announced(transcript: Transcript) -> Transcript:
    """Return a transcript of when machines spoke, without what they said."""
    told = (Segment(start=each.start, end=each.end, text="", role="machine") for each in transcript.announcements)
    return Transcript(segments=tuple(told), duration=transcript.duration)
