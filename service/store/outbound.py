"""Tables of what goes on beside requests: webhooks and their deliveries, re-audits, workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import TABLE, Base, Code, Id, Name, Ref, now

DeliveryStatus = Literal["pending", "delivered", "failed"]
# running → ready (differences can be seen) → applied | discarded
BatchStatus = Literal["running", "ready", "applied", "discarded"]
ItemStatus = Literal["waiting", "done", "failed"]


class Webhook(Base):
    """Where events are pushed. `secret` signs them (Standard Webhooks) and must therefore be readable."""

    __tablename__ = "webhooks"

    id: Mapped[Id]
    url: Mapped[str] = mapped_column(String(2000))
    secret: Mapped[str] = mapped_column(String(200))
    events: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Delivery(Base):
    """One event for one webhook and how its delivery went; `message_id` stays the same over all attempts."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="status"),
        Index(None, "status", "next_at"),
        Index(None, "webhook_id", "id"),
        TABLE,
    )

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(Ref, ForeignKey("webhooks.id", ondelete="CASCADE"))
    message_id: Mapped[Code] = mapped_column(unique=True)
    event: Mapped[Code]
    payload: Mapped[dict[str, Any]]
    status: Mapped[DeliveryStatus] = mapped_column(String(16), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    next_at: Mapped[datetime] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]
    http_status: Mapped[int | None]
    error: Mapped[str] = mapped_column(Text, default="")
    webhook: Mapped[Webhook] = relationship()


class Batch(Base):
    """A re-audit of a selection of recordings after a change of rules; nothing counts until it is applied."""

    __tablename__ = "batches"
    __table_args__ = (CheckConstraint("status IN ('running', 'ready', 'applied', 'discarded')", name="status"), TABLE)

    id: Mapped[Id]
    status: Mapped[BatchStatus] = mapped_column(String(16), default="running")
    profile: Mapped[Code]
    rulebook_version: Mapped[Code]
    selection: Mapped[dict[str, Any]]
    created_by: Mapped[int | None] = mapped_column(Ref, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    applied_at: Mapped[datetime | None]


class BatchItem(Base):
    """One recording of a re-audit: the audit that counts, and the one that is proposed."""

    __tablename__ = "batch_items"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'done', 'failed')", name="status"),
        Index(None, "recording_id"),
    )

    batch_id: Mapped[int] = mapped_column(Ref, ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    status: Mapped[ItemStatus] = mapped_column(String(16), default="waiting")
    failure: Mapped[str] = mapped_column(Text, default="")
    audit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("audits.id", ondelete="SET NULL"))
    old_total: Mapped[float | None]
    new_total: Mapped[float | None]


class Worker(Base):
    """A worker process. `id` is its executor id; one whose `seen_at` is old is dead, and others resume its jobs."""

    __tablename__ = "workers"
    __table_args__ = ()

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    host: Mapped[Name]
    pid: Mapped[int]
    version: Mapped[Code]
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now, index=True)
    stopped_at: Mapped[datetime | None]
    recordings: Mapped[int] = mapped_column(default=0)
    audio_seconds: Mapped[float] = mapped_column(default=0.0)
    busy_seconds: Mapped[float] = mapped_column(default=0.0)
