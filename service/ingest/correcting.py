"""Facts that come late or are put right: what rests on them is heard or judged again, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from service.errors import ConflictError
from service.ingest import placing, transfers
from service.services import Services
from service.store import audits, recordings, stale
from service.store.recordings import RecordingRow
from speechaudit.model import Leg

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
class Change:
    """One fact, or the 工号 or code of a place, as it is kept and as it is told now; None is unknown."""

    name: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.name}: {self.before} → {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What a correction changes, and what is done again for it."""

    again: Again
    changes: tuple[Change, ...]
    staff_id: int | None
    window_id: int | None
    legs: tuple[Leg, ...]


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
    seen = foresee(services, session, row, told)
    if (row.staff_id, row.window_id) != (seen.staff_id, seen.window_id):
        row = audits.set_place(session, row.id, staff_id=seen.staff_id, window_id=seen.window_id)
    facts = {each.name: each.after for each in seen.changes if each.name in CORRECTABLE}
    if facts or seen.legs != row.facts.legs:
        row.facts = replace(row.facts, legs=seen.legs, **facts)
        stale.note(session, row.occurred_at)
    if seen.again:
        recordings.queue_again(session, row.id, "waiting" if seen.again == "hearing" else "judging")
    return Corrected(row=row, again=seen.again, changes=tuple(map(str, seen.changes)))


def foresee(services: Services, session: Session, row: RecordingRow, told: Correction) -> Foreseen:
    """Return what a correction would change and do again; nothing is changed yet. Raises as `correct` does."""
    staff, window = row.staff, row.window
    if "staff" in told.places:
        staff = placing.the_staff(session, told.places["staff"]) if told.places["staff"] else None
    if "window" in told.places:
        window = placing.the_window(session, told.places["window"]) if told.places["window"] else None
    known = {name: getattr(row.facts, name) for name in CORRECTABLE}
    known |= {"staff": row.staff and row.staff.number, "window": row.window and row.window.code}
    wanted = {**known, **told.facts, "staff": staff and staff.number, "window": window and window.code}
    changes = tuple(
        Change(name=name, before=known[name], after=wanted[name]) for name in known if known[name] != wanted[name]
    )
    changed = {each.name for each in changes}
    again = _again(changed)
    legs = _with_first(row, wanted["staff"]) if "staff" in changed else row.facts.legs
    if legs != row.facts.legs and _was_nobodys(row):
        again = again or "judging"
    if "staff" in changed and wanted["setting"] == "counter" and services.settings.voices:
        again = "hearing"  # by the profile of their voice
    return Foreseen(
        again=_due(session, row, again) if again else "",
        changes=changes,
        staff_id=staff.id if staff else None,
        window_id=window.id if window else None,
        legs=legs,
    )


def _with_first(row: RecordingRow, number: str | None) -> tuple[Leg, ...]:
    """Return the legs of a call that several served, the first given to whom the recording names now.

    Whom the legs name otherwise than the recording did keeps it.
    """
    first = transfers.first_of(row.facts.legs)
    if first is None or first.staff not in {None, row.staff and row.staff.number}:
        return row.facts.legs
    return transfers.with_first(row.facts.legs, number)


def _was_nobodys(row: RecordingRow) -> bool:
    """Return whether the first part of a call was judged as nobody's, and can be judged again."""
    first = transfers.first_of(row.facts.legs)
    return first is not None and first.staff is None and row.transcript_deleted_at is None


def _again(changed: Collection[str]) -> Again:
    if any(name in changed for name in _HEARD):
        return "hearing"
    return "judging" if any(name in changed for name in _JUDGED) else ""


def _due(session: Session, row: RecordingRow, again: Again) -> Again:
    """Return how far it has to be done again: a job that has not come so far reads the new facts anyway."""
    if row.status in {"queued", "failed"} or (row.stage == "hearing" and again == "judging"):
        return ""
    where = f"录音 {row.id}"
    if again == "hearing" and row.audio_deleted_at:
        raise ConflictError(where, "声音已按保存期限删除,不能按新的信息重新听", "可以更正人员、窗口、响铃和谁挂断")
    if row.transcript_deleted_at:
        raise ConflictError(where, "转写已按保存期限删除,不能按新的信息重新判定", "可以更正人员和窗口")
    if audits.has_appeal(session, row.id):
        raise ConflictError(where, "有申诉中的判定", "请先裁定申诉,再更正", routes=("GET /api/v1/appeals",))
    return again
