"""Tables of what comes in and what is made of it: recordings, hearings, audits, encounters, findings, transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import TABLE, Base, Code, Id, Json, Name, Ref, now
from service.store.people import Staff, Window
from speechaudit.model import Direction, Level, Setting, Verdict

# queued → running → done | failed; failed → queued when it is tried again.
Status = Literal["queued", "running", "done", "failed"]
Stage = Literal["waiting", "hearing", "judging", "done"]
_CURRENT: Any = {"sqlite_where": text("current = 1"), "postgresql_where": text("current")}
_STATUSES = "status IN ('queued', 'running', 'done', 'failed')"


def _in_order_of_time(name: str, filters: tuple[str, ...], others: tuple[str, ...], **where: Any) -> Iterator[Index]:
    """An index by time, and one for each filter by its value and time: each holds all that lists ask of a row."""
    for first in ((), *((each,) for each in filters)):
        rest = (each for each in filters if each not in first)
        suffix = first[0].removesuffix("_id") if first else "time"
        yield Index(f"{name}_{suffix}", *first, "occurred_at", "id", *rest, *others, **where)


class Recording(Base):
    """One upload: its bytes (by `sha256`, unique), what is known about it, where its job stands, its current score.

    `occurred_at` is `started_at`, or the time of arrival where that is unknown: lists go by it. `staff` and `window`
    are who and where, None as long as unknown. `source` and `idempotency_key` tell repeats of one sender's upload.
    `attempt` counts the tries that people asked for, `starts` how often this one began: what kills every worker is
    given up. `failure` says in Chinese why the job failed. `total` and `passed` are those of the current audit, None
    if nothing was judged.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint(_STATUSES, name="status"),
        UniqueConstraint("source", "idempotency_key"),
        *_in_order_of_time("ix_recordings", ("staff_id", "window_id", "status"), ("total",)),
        TABLE,
    )

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(Ref)
    file_name: Mapped[str] = mapped_column(String(500))
    media_type: Mapped[str] = mapped_column(String(100))
    setting: Mapped[Setting] = mapped_column(String(16))
    staff_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("staff.id"))
    window_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("windows.id"))
    started_at: Mapped[datetime | None]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(default=now)
    ring_seconds: Mapped[float | None]
    staff_channel: Mapped[int | None]
    direction: Mapped[Direction | None] = mapped_column(String(8))
    calls: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    extras: Mapped[dict[str, str]] = mapped_column(default=dict)
    source: Mapped[Code] = mapped_column(default="")
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    status: Mapped[Status] = mapped_column(String(16), default="queued")
    stage: Mapped[Stage] = mapped_column(String(16), default="waiting")
    progress: Mapped[float] = mapped_column(default=0.0)
    attempt: Mapped[int] = mapped_column(default=1)
    starts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(Text)
    duration: Mapped[float | None]
    total: Mapped[float | None]
    passed: Mapped[bool | None]
    audited_at: Mapped[datetime | None]
    audio_deleted_at: Mapped[datetime | None]
    transcript_deleted_at: Mapped[datetime | None]
    staff: Mapped[Staff | None] = relationship()
    window: Mapped[Window | None] = relationship()


class HearingRow(Base):
    """What was heard in a recording, with roles: can be judged again without the sound. `content` is zlib JSON."""

    __tablename__ = "hearings"
    __table_args__ = ()

    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    heard_at: Mapped[datetime] = mapped_column(default=now)
    seconds: Mapped[float]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class AuditRow(Base):
    """One audit; of a recording's audits one is `current` and the others are its history or a re-audit's proposals.

    `run` is the job that made it: unique, so that a repeated step stores nothing twice. `total` is the mean of the
    judged encounters, `passed` whether all of them passed; None where nothing was judged. `content` is the whole audit
    as zlib JSON: what the program found, whatever people decided later. `policy` is what it was scored by.
    """

    __tablename__ = "audits"
    __table_args__ = (
        Index("uq_audits_current", "recording_id", unique=True, **_CURRENT),
        Index(None, "recording_id", "made_at"),
        TABLE,
    )

    id: Mapped[Id]
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"))
    run: Mapped[str] = mapped_column(String(100), unique=True)
    current: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(default=now)
    rulebook_version: Mapped[Code]
    profile: Mapped[Code]
    made_by: Mapped[dict[str, Any]]
    policy: Mapped[dict[str, Any]]
    encounters: Mapped[int]
    total: Mapped[float | None]
    passed: Mapped[bool | None]
    batch_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("batches.id"), index=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class EncounterRow(Base):
    """One service inside an audit; `number` counts from 0 in order of time. Times are seconds."""

    __tablename__ = "encounters"
    __table_args__ = (UniqueConstraint("audit_id", "number"), TABLE)

    id: Mapped[Id]
    audit_id: Mapped[int] = mapped_column(Ref, ForeignKey("audits.id", ondelete="CASCADE"))
    number: Mapped[int]
    start: Mapped[float]
    end: Mapped[float]
    total: Mapped[float | None]
    passed: Mapped[bool | None]
    not_judged: Mapped[str] = mapped_column(Text)


class FindingRow(Base):
    """A finding that says something: failed, unclear, or passed on evidence. Silent passes are in the audit only.

    Staff, window and time are those of the recording, and `current` that of the audit: lists filter on one table.
    `start` and `quote` are those of the first evidence. `verdict` and `points` are what counts, `machine` is what the
    program found; `key` is what people's decisions hold on to, and `review` how far they are (empty: nobody looked).
    `priority` says how soon somebody should look, None if somebody did.
    """

    __tablename__ = "findings"
    __table_args__ = (
        *_in_order_of_time(
            "ix_findings",
            ("staff_id", "window_id", "rule", "verdict", "level"),
            ("current", "recording_id"),
            **_CURRENT,
        ),
        Index("ix_findings_kind", "rule", "level", "verdict", "current", "recording_id", "id", **_CURRENT),
        Index("ix_findings_priority", "priority", "id", **_CURRENT),
        Index("ix_findings_recording", "recording_id", "current", "rule", "verdict", "level"),
        Index(None, "audit_id"),
        TABLE,
    )

    id: Mapped[Id]
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"))
    audit_id: Mapped[int] = mapped_column(Ref, ForeignKey("audits.id", ondelete="CASCADE"))
    encounter: Mapped[int]
    current: Mapped[bool]
    rule: Mapped[Code]
    title: Mapped[Name]
    level: Mapped[Level] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[Verdict] = mapped_column(String(8))
    machine: Mapped[Verdict] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(16))
    review: Mapped[str] = mapped_column(String(16), default="")
    priority: Mapped[float | None]
    points: Mapped[float]
    start: Mapped[float | None]
    end: Mapped[float | None]
    quote: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("staff.id"))
    window_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("windows.id"))
    occurred_at: Mapped[datetime]
    recording: Mapped[Recording] = relationship()


class TranscriptText(Base):
    """What is searched: folded words of a recording, a line per segment, and the character pairs in them."""

    __tablename__ = "transcripts"
    __table_args__ = ()

    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    folded: Mapped[str] = mapped_column(Text)
    grams: Mapped[str] = mapped_column(Text)
