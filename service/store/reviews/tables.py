"""Tables of review and appeal: a case for each finding that a person looked at, and all that happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.accounts import User
from service.store.base import TABLE, Base, Code, Id, JsonOrNull, Ref, now
from speechaudit.model import Verdict
from speechaudit.reviews import Action, CaseState

_STATES = "state IN ('reviewed', 'appealed', 'decided', 'withdrawn')"


class ReviewCase(Base):
    """What people said of one finding. `key` outlives re-audits that find the same on the same words.

    `machine` is the program's verdict; `verdict` that of the last person who decided, None as long as nobody did.
    `found` is the finding that a person marked where the program had none. `lot` (0 to 1) is the chance number by which
    it may be drawn for a second opinion, None once there is one.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(_STATES, name="state"),
        UniqueConstraint("recording_id", "key"),
        Index("ix_cases_state", "state", "changed_at", "id"),
        Index(None, "changed_at"),
        Index("ix_cases_rule", "rule", "machine"),
        TABLE,
    )

    id: Mapped[Id]
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(16))
    rule: Mapped[Code]
    machine: Mapped[Verdict] = mapped_column(String(8))
    verdict: Mapped[Verdict | None] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[CaseState] = mapped_column(String(16))
    decided_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(default=now)
    found: Mapped[dict[str, Any] | None] = mapped_column(JsonOrNull)
    lot: Mapped[float | None] = mapped_column(index=True)
    events: Mapped[list[ReviewEvent]] = relationship(order_by="ReviewEvent.id")


class ReviewEvent(Base):
    """Who did what, when and why. Rows are only ever added."""

    __tablename__ = "case_events"

    id: Mapped[Id]
    case_id: Mapped[int] = mapped_column(Ref, ForeignKey("cases.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id"))
    action: Mapped[Action] = mapped_column(String(16))
    verdict: Mapped[Verdict | None] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(Text)
    user: Mapped[User] = relationship()


class Claim(Base):
    """Who has a finding on the desk, until when: others work on something else meanwhile."""

    __tablename__ = "claims"
    __table_args__ = ()

    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    until: Mapped[datetime]
    user: Mapped[User] = relationship()


class Skip(Base):
    """A finding that a reviewer left for later, or for others."""

    __tablename__ = "skips"
    __table_args__ = ()

    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    recording_id: Mapped[int] = mapped_column(
        Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
