"""What people are told: one row for each person and event, read or not; sent on where they asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.errors import NotFoundError
from service.store import webhooks
from service.store.base import TABLE, Base, Code, Id, Ref, is_sqlite, now


class Notice(Base):
    """Something that one person is told. `key` names the occasion: nobody is told twice of the same."""

    __tablename__ = "notices"
    __table_args__ = (UniqueConstraint("user_id", "key"), Index(None, "user_id", "read_at", "id"), TABLE)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id", ondelete="CASCADE"))
    event: Mapped[Code]
    key: Mapped[str] = mapped_column(String(120))
    values: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=now)
    read_at: Mapped[datetime | None]


def tell(session: Session, event: str, key: str, values: dict[str, Any], user_ids: Iterable[int]) -> int:
    """Tell these people, and the webhooks, of one occasion, once; give how many people did not know of it yet."""
    fresh = [each for each in sorted(set(user_ids)) if _noted(session, each, event, key, values)]
    if fresh:
        webhooks.announce(session, event, values)
        webhooks.announce_to(session, event, values, fresh)
    return len(fresh)


def _noted(session: Session, user_id: int, event: str, key: str, values: dict[str, Any]) -> bool:
    row = {"user_id": user_id, "event": event, "key": key, "values": values, "at": now()}
    insert: Any = (sqlite if is_sqlite(session) else postgresql).insert(Notice).values(**row)
    kept = insert.on_conflict_do_nothing(index_elements=["user_id", "key"]).returning(Notice.id)
    return session.execute(kept).scalar() is not None


def notices(session: Session, user_id: int, *, unread: bool, limit: int) -> Sequence[Notice]:
    """Return what somebody was told, newest first; at most `limit`."""
    wanted = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(limit)
    return session.scalars(wanted.where(Notice.read_at.is_(None)) if unread else wanted).all()


def get(session: Session, user_id: int, notice_id: int) -> Notice:
    """Return what somebody was told. Raises NotFoundError, also for what somebody else was told."""
    row = session.get(Notice, notice_id)
    if row is None or row.user_id != user_id:
        raise NotFoundError("通知", "不存在", "请刷新列表")
    return row


def unread(session: Session, user_id: int) -> int:
    """Count what somebody has not read."""
    mine = Notice.user_id == user_id, Notice.read_at.is_(None)
    return session.scalar(select(func.count()).select_from(Notice).where(*mine)) or 0


def mark_read(session: Session, user_id: int, notice_ids: Sequence[int] | None) -> None:
    """Note that somebody read these, or all."""
    mine = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    session.execute((mine if notice_ids is None else mine.where(Notice.id.in_(notice_ids))).values(read_at=now()))
