"""Facts that come late or are put right: what rests on them is heard or judged again, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from service.errors import ConflictError
from service.ingest import placing, transfers
from service.services import Services
from service.store import audits, recordings
from service.store.recordings import RecordingRow

Again = Literal["", "judging", "hearing"]
# Roles and the second listen rest on these; the others are only read where rules are judged.
_HEARD: Final = ("setting", "direction", "staff_channel")
_JUDGED: Final = ("ring_seconds", "ended_by")
CORRECTABLE: Final = (*_HEARD, *_JUDGED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What somebody says instead: `facts` by name, and `staff` and `window` where they are in `places`."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The recording, what became of it, and what has changed, told for the log."""

    row: RecordingRow
    again: Again
    changes: tuple[str, ...]


def correct(services: Services, session: Session, row: RecordingRow, told: Correction) -> Corrected:
    """Put facts right. Whoever calls queues the audit after the transaction, if one is due.

    Raises RequestError for staff and windows that nobody knows, ConflictError where sound or words are gone or an
    appeal is open.
    """
    changed = {name: value for name, value in told.facts.items() if getattr(row.facts, name) != value}
    changes = [f"{name}: {getattr(row.facts, name)} → {value}" for name, value in changed.items()]
    staff = row.staff.number if row.staff else None
    row, moved = _placed(session, row, told.places)
    again = _again(changed)
    if "staff" in moved and _put_first(row, staff) and row.transcript_deleted_at is None:
        again = again or "judging"  # the first part was nobody's
    if "staff" in moved and row.facts.setting == "counter" and services.settings.voices:
        again = "hearing"  # by the profile of their voice
    if changed:
        row.facts = replace(row.facts, **changed)
    if again:
        again = _due(session, row, again)
    moves = [f"staff: {staff} → {row.staff.number if row.staff else None}"] if "staff" in moved else []
    return Corrected(row=row, again=again, changes=(*changes, *moves, *(name for name in moved if name != "staff")))


def _placed(session: Session, row: RecordingRow, places: Mapping[str, str | None]) -> tuple[RecordingRow, list[str]]:
    ids = {"staff": row.staff_id, "window": row.window_id}
    wanted = dict(ids)
    if "staff" in places:
        wanted["staff"] = placing.the_staff(session, places["staff"]).id if places["staff"] else None
    if "window" in places:
        wanted["window"] = placing.the_window(session, places["window"]).id if places["window"] else None
    moved = [name for name in ids if ids[name] != wanted[name]]
    if moved:
        row = audits.set_place(session, row.id, staff_id=wanted["staff"], window_id=wanted["window"])
    return row, moved


def _put_first(row: RecordingRow, before: str | None) -> bool:
    """Give the first leg of a call that several served to whom the recording names now; true if it was nobody's."""
    first = transfers.first_of(row.facts.legs)
    if first is None or first.staff not in {None, before}:
        return False
    number = row.staff.number if row.staff else None
    row.facts = replace(row.facts, legs=transfers.with_first(row.facts.legs, number))
    return first.staff is None


def _again(changed: Mapping[str, Any]) -> Again:
    if any(name in changed for name in _HEARD):
        return "hearing"
    return "judging" if changed else ""


def _due(session: Session, row: RecordingRow, again: Again) -> Again:
    """Queue it again as far as needed: a job that has not come so far reads the new facts anyway."""
    if row.status in {"queued", "failed"} or (row.stage == "hearing" and again == "judging"):
        return ""
    where = f"录音 {row.id}"
    if again == "hearing" and row.audio_deleted_at:
        raise ConflictError(where, "声音已按保存期限删除,不能按新的信息重新听", "可以更正人员、窗口、响铃和谁挂断")
    if row.transcript_deleted_at:
        raise ConflictError(where, "转写已按保存期限删除,不能按新的信息重新判定", "可以更正人员和窗口")
    if audits.has_appeal(session, row.id):
        raise ConflictError(where, "有申诉中的判定", "请先裁定申诉(GET /appeals),再更正")
    recordings.queue_again(session, row.id, "waiting" if again == "hearing" else "judging")
    return again
