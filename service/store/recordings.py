"""Recordings: taken in once, followed through their job, tried again, deleted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from service.errors import ConflictError, NotFoundError
from service.store.base import now, one_at_a_time
from service.store.results import FindingRow, Recording, Stage, Status
from speechaudit.model import Call, Direction, Setting
from speechaudit.model import Recording as Known


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecording:
    """What an upload brings. `source` names the sender ("user:3", "key:7"), whose `idempotency_key` this is."""

    sha256: str
    size: int
    file_name: str
    media_type: str
    setting: Setting
    staff_id: int | None = None
    window_id: int | None = None
    started_at: datetime | None = None
    ring_seconds: float | None = None
    staff_channel: int | None = None
    direction: Direction | None = None
    calls: tuple[Call, ...] = ()
    extras: dict[str, str] = field(default_factory=dict)
    source: str = ""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where the job of a recording stands; `progress` is the share of the whole job that is done, 0 to 1."""

    id: int
    status: Status
    stage: Stage
    progress: float
    failure: str | None


def add(session: Session, new: NewRecording) -> tuple[Recording, bool]:
    """Take a recording in, and whether it is a new one: the same bytes, or the same key of a sender, are one recording.

    Raises ConflictError if the sender used the key for other bytes. Two that come at once: the second one waits.
    """
    if (known := _repeated(session, new)) is not None:
        return known, False
    received = now()
    row = Recording(**asdict(new), received_at=received, occurred_at=new.started_at or received)
    session.add(row)
    session.flush()
    return get(session, row.id), True


def _repeated(session: Session, new: NewRecording) -> Recording | None:
    one_at_a_time(session, *filter(None, (new.sha256, new.idempotency_key)))
    if new.idempotency_key and (
        known := session.scalar(
            select(Recording).where(Recording.source == new.source, Recording.idempotency_key == new.idempotency_key)
        )
    ):
        if known.sha256 != new.sha256:
            raise ConflictError("Idempotency-Key", "这个键已用于另一个录音", "请为每个录音使用不同的键")
        return known
    return of_sound(session, new.sha256)


def of_sound(session: Session, sha256: str) -> Recording | None:
    """The recording with these bytes."""
    return session.scalar(select(Recording).where(Recording.sha256 == sha256))


def get(session: Session, recording_id: int) -> Recording:
    """A recording with its staff and window. Raises NotFoundError."""
    both = joinedload(Recording.staff), joinedload(Recording.window)
    row = session.scalar(select(Recording).where(Recording.id == recording_id).options(*both))
    if row is None:
        raise NotFoundError(f"录音 {recording_id}", "不存在或已删除", "请检查编号")
    return row


def known(row: Recording) -> Known:
    """What the library needs to know of a recording; staff by number, window by name."""
    return Known(
        file=row.file_name,
        setting=row.setting,
        staff=row.staff.number if row.staff else None,
        window=row.window.name if row.window else None,
        started_at=row.started_at,
        ring_seconds=row.ring_seconds,
        staff_channel=row.staff_channel,
        direction=row.direction,
        calls=tuple(Call(**call) for call in row.calls),
        extras=row.extras,
    )


def progress_of(session: Session, recording_id: int) -> Progress:
    """Where its job stands. Raises NotFoundError."""
    columns = Recording.id, Recording.status, Recording.stage, Recording.progress, Recording.failure
    if (row := session.execute(select(*columns).where(Recording.id == recording_id)).one_or_none()) is None:
        raise NotFoundError(f"录音 {recording_id}", "不存在或已删除", "请检查编号")
    return Progress(**row._mapping)


def start(session: Session, recording_id: int) -> int:
    """Note that the job begins, and give how often it did since somebody asked for it. Raises NotFoundError."""
    row = get(session, recording_id)
    if row.status in {"queued", "running"}:
        row.status, row.stage, row.progress, row.starts = "running", "hearing", 0.0, row.starts + 1
        session.flush()
    return row.starts


def advance(session: Session, recording_id: int, stage: Stage, progress: float) -> None:
    """Note how far the job is, unless it is over."""
    mine = Recording.id == recording_id, Recording.status.in_(("queued", "running"))
    session.execute(update(Recording).where(*mine).values(status="running", stage=stage, progress=progress))


def fail(session: Session, recording_id: int, reason: str) -> bool:
    """End the job with its reason, in Chinese, and whether that is news: a job that is over stays as it is."""
    mine = Recording.id == recording_id, Recording.status.in_(("queued", "running"))
    changed = update(Recording).where(*mine).values(status="failed", failure=reason).returning(Recording.id)
    return session.execute(changed).scalar() is not None


def try_again(session: Session, recording_id: int) -> Recording:
    """Put a failed recording back into the queue as a new attempt. Raises NotFoundError, ConflictError."""
    mine = Recording.id == recording_id, Recording.status == "failed"
    fresh: dict[str, Any] = {"status": "queued", "stage": "waiting", "progress": 0.0, "failure": None}
    fresh |= {"attempt": Recording.attempt + 1, "starts": 0}
    done = session.execute(update(Recording).where(*mine).values(**fresh).returning(Recording.id)).scalar()
    row = get(session, recording_id)
    if done is None:
        raise ConflictError(f"录音 {recording_id}", f"不是失败的录音({row.status})", "只有失败的录音可以重试")
    return row


def set_place(session: Session, recording_id: int, *, staff_id: int | None, window_id: int | None) -> Recording:
    """Say who and where, for the recording and its findings. Raises NotFoundError."""
    row = get(session, recording_id)
    row.staff_id, row.window_id = staff_id, window_id
    session.execute(
        update(FindingRow).where(FindingRow.recording_id == recording_id).values(staff_id=staff_id, window_id=window_id)
    )
    session.flush()
    session.expire(row)
    return get(session, recording_id)


def delete(session: Session, recording_id: int) -> str:
    """Delete a recording with all that was made of it; gives its sha256, whose audio is then to be deleted.

    Until the transaction ends nobody takes in the same bytes. Raises NotFoundError.
    """
    row = get(session, recording_id)
    one_at_a_time(session, row.sha256)
    session.delete(row)
    session.flush()
    return row.sha256


def unfinished(session: Session, before: datetime, limit: int) -> tuple[tuple[int, int], ...]:
    """(id, attempt) of recordings that came before this moment and have no result yet, oldest first."""
    mine = Recording.status.in_(("queued", "running")), Recording.received_at < before
    waiting = select(Recording.id, Recording.attempt).where(*mine)
    return tuple((row.id, row.attempt) for row in session.execute(waiting.order_by(Recording.id).limit(limit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How full the queue is. `oldest` is when the longest waiting recording arrived, None if none waits."""

    queued: int
    running: int
    failed: int
    oldest: datetime | None


def queue(session: Session) -> Queue:
    """What waits, runs and failed."""
    counted = select(Recording.status, func.count()).where(Recording.status != "done").group_by(Recording.status)
    counts = {row[0]: row[1] for row in session.execute(counted)}
    oldest = session.scalar(select(func.min(Recording.received_at)).where(Recording.status == "queued"))
    return Queue(
        queued=counts.get("queued", 0), running=counts.get("running", 0), failed=counts.get("failed", 0), oldest=oldest
    )
