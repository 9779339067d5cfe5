"""Tables of what is made of a recording: hearings, audits, their encounters and findings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import TABLE, Base, Code, Id, Json, JsonOrNull, Name, Ref, by_time, now
from service.store.centre import Staff, Window
from service.store.recordings import RecordingRow
from speechaudit.model import Level, Verdict

_OF_OTHERS: Any = {"sqlite_where": text("part > 0"), "postgresql_where": text("part > 0")}
_BY_OTHERS: Any = {"sqlite_where": text("own = 0"), "postgresql_where": text("NOT own")}
_UNTOLD: Any = {
    "sqlite_where": text("current = 1 AND tallied = 0"),
    "postgresql_where": text("current AND NOT tallied"),
}
_NOT_TOLD: Any = {"sqlite_where": text("told IS NULL"), "postgresql_where": text("told IS NULL")}
_SERVED = "own", "staff", "encounter", "audit_id"
_COUNTED = "staff_id", "window_id", "level", "occurred_at", "rule"
_REVIEWED: Any = {
    "sqlite_where": text("current = 1 AND review <> ''"),
    "postgresql_where": text("current AND review <> ''"),
}
_CURRENT: Any = {"sqlite_where": text("current = 1"), "postgresql_where": text("current")}


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
    as `packing` has it: what the program found, whatever people decided later. `policy` is what it was scored by.
    `tallied` says that its figures are kept as rows; those of audits from before there were such rows follow by and by.
    """

    __tablename__ = "audits"
    __table_args__ = (
        Index("uq_audits_current", "recording_id", unique=True, **_CURRENT),
        Index(None, "recording_id", "made_at"),
        Index("ix_audits_untold", "id", **_UNTOLD),
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
    tallied: Mapped[bool] = mapped_column(default=False, server_default=false())
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


class TallyRow(Base):
    """The figures of one person's part of a service in a current audit, as people decided: what reports of many add up.

    `staff` is who served in it, unless it is `own`: then it is whoever the recording names. `total` is None where the
    service was not judged. `content` holds what is only read whole, `sheet` names the rules that it speaks of. `told`
    is what only the person's own report needs; None in rows from before it was kept, which get it by and by.
    """

    __tablename__ = "tallies"
    __table_args__ = (
        Index(
            "ix_tallies_scores", "recording_id", "total", "passed", "vetoed", "own", "staff", "encounter", "audit_id"
        ),
        Index("ix_tallies_parts", "staff", "recording_id", **_BY_OTHERS),
        Index("ix_tallies_untold", "audit_id", **_NOT_TOLD),
        UniqueConstraint("audit_id", "encounter", "part"),
        TABLE,
    )

    id: Mapped[Id]
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"))
    audit_id: Mapped[int] = mapped_column(Ref, ForeignKey("audits.id", ondelete="CASCADE"))
    encounter: Mapped[int]
    part: Mapped[int]
    own: Mapped[bool]
    staff: Mapped[str | None] = mapped_column(String(200))
    total: Mapped[float | None]
    passed: Mapped[bool | None]
    vetoed: Mapped[bool]
    unclear: Mapped[int]
    sheet: Mapped[str] = mapped_column(String(16))
    content: Mapped[dict[str, Any]]
    told: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)


class TallySheet(Base):
    """The rules of a service, in the order of the verdicts in its tally; most services share theirs."""

    __tablename__ = "tally_sheets"
    __table_args__ = ()

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    rules: Mapped[list[Any]] = mapped_column(Json)


class FindingRow(Base):
    """A finding that says something: failed, unclear, or passed on evidence. Silent passes are in the audit only.

    Staff is who served in this `part` of the service, None where nobody knows; window and time are those of the
    recording, and `current` that of the audit: lists filter on one table. `start` and `quote` are those of the first
    evidence, and `reason` is the code that decided it (empty: nobody kept it). `verdict` and `points` are what counts,
    `machine` is what the program found; `key` is what people's decisions hold on to, and `review` how far they are
    (empty: nobody looked). `priority` says how soon somebody should look, None if somebody did.
    """

    __tablename__ = "findings"
    __table_args__ = (
        *by_time(
            "ix_findings",
            ("staff_id", "window_id", "rule", "verdict", "level", "reason"),
            ("current", "recording_id"),
            **_CURRENT,
        ),
        Index("ix_findings_kind", "rule", "level", "verdict", "current", "recording_id", "id", **_CURRENT),
        Index("ix_findings_priority", "priority", "id", *_COUNTED, "current", **_CURRENT),
        Index("ix_findings_recording", "recording_id", "current", "rule", "verdict", "level", "reason"),
        Index("ix_findings_reviewed_staff", "staff_id", "recording_id", **_REVIEWED),
        Index("ix_findings_reviewed_window", "window_id", "recording_id", **_REVIEWED),
        Index("ix_findings_parts", "staff_id", "recording_id", **_OF_OTHERS),
        Index(None, "audit_id"),
        TABLE,
    )

    id: Mapped[Id]
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"))
    audit_id: Mapped[int] = mapped_column(Ref, ForeignKey("audits.id", ondelete="CASCADE"))
    encounter: Mapped[int]
    part: Mapped[int] = mapped_column(default=0, server_default="0")
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
    reason: Mapped[str] = mapped_column(String(64), default="")
    staff_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("staff.id"))
    window_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("windows.id"))
    occurred_at: Mapped[datetime]
    recording: Mapped[RecordingRow] = relationship()
    staff: Mapped[Staff | None] = relationship()
    window: Mapped[Window | None] = relationship()
    codes: Mapped[list[FindingCode]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class FindingCode(Base):
    """A code under which reports print a piece of evidence; readers who see numbers masked have another one."""

    __tablename__ = "finding_codes"
    __table_args__ = ()

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    finding_id: Mapped[int] = mapped_column(
        Ref, ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True, index=True
    )
