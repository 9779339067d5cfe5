"""Webhooks and the log of their deliveries."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from service.errors import NotFoundError
from service.store.base import TABLE, Base, Code, Id, Ref, now
from service.store.pages import Page, fetch

DeliveryStatus = Literal["pending", "delivered", "failed"]


class Webhook(Base):
    """Where events are pushed. `secret` signs them (Standard Webhooks) and must therefore be readable.

    Until `old_until`, `old_secret` signs them too: receivers change theirs in between.
    Those with a `user_id` are where one person wants to be told: by `kind` a mail box or a robot.
    """

    __tablename__ = "webhooks"

    id: Mapped[Id]
    url: Mapped[str] = mapped_column(String(2000))
    secret: Mapped[str] = mapped_column(String(200))
    events: Mapped[list[str]]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    kind: Mapped[str] = mapped_column(String(16), default="webhook")
    user_id: Mapped[int | None] = mapped_column(Ref, index=True)
    old_secret: Mapped[str] = mapped_column(String(200), default="", server_default="")
    old_until: Mapped[datetime | None]

    def secrets(self, at: datetime) -> tuple[str, ...]:
        """Return what signs at this moment, the newest first."""
        both = self.old_until is not None and at < self.old_until
        return (self.secret, self.old_secret) if both else (self.secret,)


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


def webhooks(session: Session) -> Sequence[Webhook]:
    """Return all webhooks of the centre, oldest first."""
    return session.scalars(select(Webhook).where(Webhook.user_id.is_(None)).order_by(Webhook.id)).all()


def channels(session: Session, user_ids: Collection[int]) -> Sequence[Webhook]:
    """Return where these people want to be told, oldest first."""
    return session.scalars(select(Webhook).where(Webhook.user_id.in_(user_ids)).order_by(Webhook.id)).all()


def all_channels(session: Session) -> Sequence[Webhook]:
    """Return where people want to be told, whoever they are, oldest first."""
    return session.scalars(select(Webhook).where(Webhook.user_id.is_not(None)).order_by(Webhook.id)).all()


def add_channel(session: Session, user_id: int, kind: str, url: str, secret: str, events: Sequence[str]) -> Webhook:
    """Tell somebody of these events there from now on."""
    row = Webhook(url=url, secret=secret, events=sorted(events), kind=kind, user_id=user_id)
    session.add(row)
    session.flush()
    return row


def delete_channel(session: Session, user_id: int, channel_id: int) -> None:
    """Tell somebody there no more. Raises NotFoundError if it is not theirs."""
    if (row := session.get(Webhook, channel_id)) is None or row.user_id != user_id:
        raise NotFoundError(f"通知方式 {channel_id}", "不存在", "请刷新列表")
    session.delete(row)


def forget_channels(session: Session, user_id: int) -> None:
    """Tell somebody nowhere any more, nor what is still to be told: they have left."""
    for row in channels(session, [user_id]):
        session.delete(row)


def webhook(session: Session, webhook_id: int) -> Webhook:
    """Return a webhook. Raises NotFoundError."""
    if (row := session.get(Webhook, webhook_id)) is None or row.user_id is not None:
        raise NotFoundError(f"推送地址 {webhook_id}", "不存在", "请检查编号")
    return row


def add_webhook(session: Session, url: str, secret: str, events: Sequence[str]) -> Webhook:
    """Push these events to a URL from now on."""
    row = Webhook(url=url, secret=secret, events=sorted(events))
    session.add(row)
    session.flush()
    return row


def change_webhook(
    session: Session, webhook_id: int, *, url: str | None, events: Sequence[str] | None, active: bool | None
) -> Webhook:
    """Change what is given of a webhook; its secret and its log stay. Raises NotFoundError."""
    row = webhook(session, webhook_id)
    row.url = url or row.url
    row.events = sorted(events) if events else row.events
    row.active = row.active if active is None else active
    session.flush()
    return row


def change_secret(session: Session, webhook_id: int, secret: str, old_for: timedelta) -> Webhook:
    """Sign with another secret from now on, for a time with the old one too. Raises NotFoundError."""
    row = webhook(session, webhook_id)
    row.old_secret, row.old_until = (row.secret, now() + old_for) if old_for else ("", None)
    row.secret = secret
    session.flush()
    return row


def end_old_secret(session: Session, webhook_id: int) -> Webhook:
    """Sign with the newest secret alone. Raises NotFoundError."""
    row = webhook(session, webhook_id)
    row.old_secret, row.old_until = "", None
    session.flush()
    return row


def delete_webhook(session: Session, webhook_id: int) -> None:
    """Delete a webhook with its log. Raises NotFoundError."""
    session.delete(webhook(session, webhook_id))


def announce(session: Session, event: str, payload: dict[str, Any]) -> int:
    """Note a delivery for every active webhook that wants this event, and give their number."""
    return _deliver(session, event, payload, webhooks(session))


def announce_to(session: Session, event: str, payload: dict[str, Any], user_ids: Collection[int]) -> int:
    """Note a delivery for every channel of these people that wants this event, and give their number."""
    return _deliver(session, event, payload, channels(session, user_ids))


def _deliver(session: Session, event: str, payload: dict[str, Any], hooks: Sequence[Webhook]) -> int:
    wanting = [hook for hook in hooks if hook.active and event in hook.events]
    session.add_all(
        Delivery(webhook_id=hook.id, message_id=f"msg_{uuid.uuid4().hex}", event=event, payload=payload)
        for hook in wanting
    )
    session.flush()
    return len(wanting)


def due(session: Session, limit: int, busy: Collection[int] = ()) -> Sequence[Delivery]:
    """Return deliveries whose time has come, with their webhooks; on PostgreSQL no other process gets the same ones.

    Webhooks that are `busy` wait until their last messages are settled, those that are paused until they go on.
    """
    wanted = select(Delivery).where(
        Delivery.status == "pending", Delivery.next_at <= now(), Delivery.webhook_id.not_in(busy)
    )
    wanted = wanted.join(Webhook, Webhook.id == Delivery.webhook_id).where(Webhook.active)
    ordered = wanted.options(joinedload(Delivery.webhook)).order_by(Delivery.next_at).limit(limit)
    return session.scalars(ordered.with_for_update(of=Delivery, skip_locked=True)).all()


def settle(
    session: Session, delivery: Delivery, *, http_status: int | None, error: str, next_at: datetime | None
) -> None:
    """Note how an attempt went: delivered without `error`; else to be tried at `next_at`, or failed if that is None."""
    delivery.attempts += 1
    delivery.http_status, delivery.error = http_status, error
    if not error:
        delivery.status, delivery.delivered_at = "delivered", now()
    elif next_at is None:
        delivery.status = "failed"
    else:
        delivery.next_at = next_at
    session.flush()


def log(session: Session, webhook_id: int, *, cursor: str | None = None, limit: int = 50) -> Page[Delivery]:
    """Return a page of the deliveries of a webhook, newest first. Raises NotFoundError, RequestError."""
    webhook(session, webhook_id)
    wanted = select(Delivery).where(Delivery.webhook_id == webhook_id)
    return fetch(session, wanted, (Delivery.created_at, Delivery.id), cursor, limit)
