"""Recordings: taken in once, followed through their job, tried again, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from service.errors import ConflictError, NotFoundError
from service.store import failures, stale
from service.store.base import TABLE, Base, Code, Id, Ref, by_time, now, one_at_a_time
from service.store.centre import Staff, Window
from speechaudit.model import CallFacts, Recording, recording_with
from speechaudit.reasons import Reason

# queued → running → done | failed; failed → queued when it is tried again.
Status = Literal["queued", "running", "done", "failed"]
Stage = Literal["waiting", "hearing", "judging", "done"]
# Before the name of a recorder, where others are "user:3" or "key:1"; no name of a recorder has a colon.
BY_ITSELF: Final = "intake:"
_STATUSES = "status IN ('queued', 'running', 'done', 'failed')"


def sender_of(source: str) -> str:
    """Return who sent what is of this source: a recorder by its name, or a user or key."""
    return source if ":" in source else f"{BY_ITSELF}{source}"


class RecordingRow(Base):
    """One upload: its bytes (by `sha256`, unique), what is known about it, where its job stands, its current score.

    `occurred_at` is when it started, or the time of arrival where that is unknown: lists go by it. `staff` and `window`
    are who and where, None as long as unknown. `source` and `idempotency_key` tell repeats of one sender's upload.
    `attempt` counts the tries that people asked for, `starts` how often this one began: what kills every worker is
    given up. `failure` says in Chinese why the job failed, `failure_code` and `failure_values` are the
    reason (values are None in older rows). `total` and `passed` are those of the current audit, None if nothing was
    judged.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint(_STATUSES, name="status"),
        UniqueConstraint("source", "idempotency_key"),
        *by_time("ix_recordings", ("staff_id", "window_id", "status"), ("total",)),
        Index("ix_recordings_total", "total", "id"),
        Index("ix_recordings_received", "received_at", "source", "window_id"),
        Index("ix_recordings_sent", "source", "received_at"),
        TABLE,
    )

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(Ref)
    file_name: Mapped[str] = mapped_column(String(500))
    media_type: Mapped[str] = mapped_column(String(100))
    facts: Mapped[CallFacts]
    staff_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("staff.id"))
    window_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("windows.id"))
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=now)
    source: Mapped[Code] = mapped_column(default="")
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[Status] = mapped_column(String(16), default="queued")
    stage: Mapped[Stage] = mapped_column(String(16), default="waiting")
    progress: Mapped[float] = mapped_column(default=0.0)
    attempt: Mapped[int] = mapped_column(default=1)
    starts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(Text)
    failure_code: Mapped[str | None] = mapped_column(String(64))
    failure_values: Mapped[dict[str, Any] | None]
    duration: Mapped[float | None]
    total: Mapped[float | None]
    passed: Mapped[bool | None]
    audited_at: Mapped[datetime | None]
    audio_deleted_at: Mapped[datetime | None]
    transcript_deleted_at: Mapped[datetime | None]
    staff: Mapped[Staff | None] = relationship()
    window: Mapped[Window | None] = relationship()

    @property
    def failure_english(self) -> str | None:
        """Why it failed, for programs; None if it did not, or failed before the values of the reason were kept."""
        return failures.english(self.failure_code, self.failure_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecording:
    """What an upload brings. `source` names the sender ("user:3", "key:7"), whose `idempotency_key` this is."""

    sha256: str
    size: int
    file_name: str
    media_type: str
    facts: CallFacts
    staff_id: int | None = None
    window_id: int | None = None
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
    failure_code: str | None
    failure_values: dict[str, Any] | None

    @property
    def failure_english(self) -> str | None:
        """Why it failed, for programs; None if it did not, or failed before the values of the reason were kept."""
        return failures.english(self.failure_code, self.failure_values)


def add(session: Session, new: NewRecording) -> tuple[RecordingRow, bool]:
    """Take a recording in, and whether it is a new one: the same bytes, or the same key of a sender, are one recording.

    Raises ConflictError if the sender used the key for other bytes. Two that come at once: the second one waits.
    """
    known = repeated(session, new.sha256, source=new.source, idempotency_key=new.idempotency_key)
    if known is not None:
        return known, False
    received = now()
    values = {each.name: getattr(new, each.name) for each in fields(NewRecording)}
    row = RecordingRow(**values, received_at=received, occurred_at=new.facts.started_at or received)
    session.add(row)
    session.flush()
    return get(session, row.id), True


def repeated(session: Session, sha256: str, *, source: str, idempotency_key: str | None) -> RecordingRow | None:
    """Return the recording with these bytes, or of this sender's key. Raises ConflictError for a key of other bytes."""
    one_at_a_time(session, *filter(None, (sha256, idempotency_key)))
    if idempotency_key:
        mine = RecordingRow.source == source, RecordingRow.idempotency_key == idempotency_key
        known = session.scalar(select(RecordingRow).where(*mine))
        if known is not None and known.sha256 != sha256:
            raise ConflictError("Idempotency-Key", "这个键已用于另一个录音", "请为每个录音使用不同的键")
        if known is not None:
            return known
    return of_sound(session, sha256)


def of_sound(session: Session, sha256: str) -> RecordingRow | None:
    """Return the recording with these bytes; None if there is none."""
    return session.scalar(select(RecordingRow).where(RecordingRow.sha256 == sha256))


def there(session: Session, ids: Sequence[int]) -> frozenset[int]:
    """Return those of these recordings that were not deleted."""
    return frozenset(session.scalars(select(RecordingRow.id).where(RecordingRow.id.in_(ids))))


def get(session: Session, recording_id: int) -> RecordingRow:
    """Return a recording with its staff and window. Raises NotFoundError."""
    both = joinedload(RecordingRow.staff), joinedload(RecordingRow.window)
    row = session.scalar(select(RecordingRow).where(RecordingRow.id == recording_id).options(*both))
    if row is None:
        raise NotFoundError(f"录音 {recording_id}", "不存在或已删除", "请检查编号")
    return row


def has_sound(session: Session, recording_id: int) -> bool:
    """Return whether the recording is there and its sound was not deleted."""
    there = select(RecordingRow.id).where(RecordingRow.id == recording_id, RecordingRow.audio_deleted_at.is_(None))
    return session.scalar(there) is not None


def known(row: RecordingRow) -> Recording:
    """Return what the library needs to know of a recording; staff by number, window by name."""
    staff, window = row.staff.number if row.staff else None, row.window.name if row.window else None
    return recording_with(row.facts, file=row.file_name, staff=staff, window=window)


def progress_of(session: Session, recording_id: int) -> Progress:
    """Return where its job stands. Raises NotFoundError."""
    row = RecordingRow
    columns = row.id, row.status, row.stage, row.progress, row.failure, row.failure_code, row.failure_values
    if (found := session.execute(select(*columns).where(row.id == recording_id)).one_or_none()) is None:
        raise NotFoundError(f"录音 {recording_id}", "不存在或已删除", "请检查编号")
    return Progress(**found._mapping)


def start(session: Session, recording_id: int) -> int:
    """Note that the job begins, and give how often it did since somebody asked for it. Raises NotFoundError.

    What stands at judging has been heard, and stays there.
    """
    row = get(session, recording_id)
    if row.status in {"queued", "running"}:
        row.status, row.starts = "running", row.starts + 1
        if row.stage != "judging":
            row.stage, row.progress = "hearing", 0.0
        session.flush()
    return row.starts


def advance(session: Session, recording_id: int, stage: Stage, progress: float) -> None:
    """Note how far the job is (progress 0 to 1), unless it is over."""
    mine = RecordingRow.id == recording_id, RecordingRow.status.in_(("queued", "running"))
    session.execute(update(RecordingRow).where(*mine).values(status="running", stage=stage, progress=progress))


def fail(session: Session, recording_id: int, reason: Reason) -> bool:
    """End the job with its reason, and whether that is news: a job that is over stays as it is."""
    mine = RecordingRow.id == recording_id, RecordingRow.status.in_(("queued", "running"))
    values = {"status": "failed", **failures.columns(reason)}
    changed = update(RecordingRow).where(*mine).values(values).returning(RecordingRow.id)
    return session.execute(changed).scalar() is not None


def try_again(session: Session, recording_id: int) -> RecordingRow:
    """Put a failed recording back into the queue as a new attempt. Raises NotFoundError, ConflictError."""
    mine = RecordingRow.id == recording_id, RecordingRow.status == "failed"
    fresh: dict[str, Any] = {
        "status": "queued",
        "stage": "waiting",
        "progress": 0.0,
        "failure": None,
        "failure_code": None,
        "failure_values": None,
    }
    fresh |= {"attempt": RecordingRow.attempt + 1, "starts": 0}
    done = session.execute(update(RecordingRow).where(*mine).values(**fresh).returning(RecordingRow.id)).scalar()
    row = get(session, recording_id)
    if done is None:
        raise ConflictError(f"录音 {recording_id}", f"不是失败的录音({row.status})", "只有失败的录音可以重试")
    return row


def queue_again(session: Session, recording_id: int, stage: Stage) -> None:
    """Let it be heard again, or at stage `judging` only judged, because facts changed. What counts stays till then."""
    fresh = {"status": "queued", "stage": stage, "progress": 0.0, "attempt": RecordingRow.attempt + 1, "starts": 0}
    session.execute(update(RecordingRow).where(RecordingRow.id == recording_id).values(**fresh))


def delete(session: Session, recording_id: int) -> str:
    """Delete a recording with all that was made of it; gives its sha256, whose audio is then to be deleted.

    Until the transaction ends nobody takes in the same bytes. Raises NotFoundError.
    """
    row = get(session, recording_id)
    one_at_a_time(session, row.sha256)
    stale.note(session, row.occurred_at)
    session.delete(row)
    session.flush()
    return row.sha256


def unfinished(session: Session, before: datetime, limit: int) -> tuple[tuple[int, int], ...]:
    """Return (id, attempt) of recordings that came before this moment and have no result yet, oldest first."""
    mine = RecordingRow.status.in_(("queued", "running")), RecordingRow.received_at < before
    waiting = select(RecordingRow.id, RecordingRow.attempt).where(*mine)
    return tuple((row.id, row.attempt) for row in session.execute(waiting.order_by(RecordingRow.id).limit(limit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How full the queue is. `oldest` is when the longest waiting recording arrived, None if none waits."""

    queued: int
    running: int
    failed: int
    oldest: datetime | None


def queue(session: Session) -> Queue:
    """Count what waits, runs and failed, and return since when the oldest waits."""
    open_ones = RecordingRow.status.in_(("queued", "running", "failed"))
    counted = select(RecordingRow.status, func.count()).where(open_ones).group_by(RecordingRow.status)
    counts = {row[0]: row[1] for row in session.execute(counted)}
    oldest = session.scalar(select(func.min(RecordingRow.received_at)).where(RecordingRow.status == "queued"))
    return Queue(
        queued=counts.get("queued", 0), running=counts.get("running", 0), failed=counts.get("failed", 0), oldest=oldest
    )
