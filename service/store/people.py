"""Tables of a centre: windows, staff, extensions, rosters; and of access: users, sessions, API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.base import TABLE, Base, Code, Id, Name, Ref, now

# 管理员, 督查, 窗口负责人, 工作人员
UserRole = Literal["admin", "inspector", "lead", "staff"]
_ROLES = "role IN ('admin', 'inspector', 'lead', 'staff')"


class Window(Base):
    """A service window or a hotline desk. `code` is what recorders and rosters call it."""

    __tablename__ = "windows"

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)


class Staff(Base):
    """A member of staff. `number` is the 工号; one who left stays, inactive, because audits point here."""

    __tablename__ = "staff"

    id: Mapped[Id]
    number: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)


class Extension(Base):
    """A telephone extension and the window where it rings."""

    __tablename__ = "extensions"

    id: Mapped[Id]
    number: Mapped[Code] = mapped_column(unique=True)
    window_id: Mapped[int] = mapped_column(Ref, ForeignKey("windows.id"), index=True)
    window: Mapped[Window] = relationship()


class Roster(Base):
    """Who sat where, and when: from `starts_at` until just before `ends_at`."""

    __tablename__ = "rosters"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        UniqueConstraint("window_id", "staff_id", "starts_at"),
        Index(None, "window_id", "starts_at"),
        Index(None, "staff_id", "starts_at"),
        TABLE,
    )

    id: Mapped[Id]
    window_id: Mapped[int] = mapped_column(Ref, ForeignKey("windows.id"))
    staff_id: Mapped[int] = mapped_column(Ref, ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    window: Mapped[Window] = relationship()
    staff: Mapped[Staff] = relationship()


class User(Base):
    """Somebody who may sign in. `staff` links a user to their own audits; `windows` are those they lead."""

    __tablename__ = "users"
    __table_args__ = (CheckConstraint(_ROLES, name="role"), TABLE)

    id: Mapped[Id]
    name: Mapped[Code] = mapped_column(unique=True)
    display_name: Mapped[Name] = mapped_column(default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[UserRole] = mapped_column(String(16))
    staff_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("staff.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    staff: Mapped[Staff | None] = relationship()
    windows: Mapped[list[Window]] = relationship(secondary="user_windows", order_by="Window.code")


class UserWindow(Base):
    """Which windows a 窗口负责人 leads."""

    __tablename__ = "user_windows"
    __table_args__ = ()

    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    window_id: Mapped[int] = mapped_column(Ref, ForeignKey("windows.id"), primary_key=True, index=True)


class UserSession(Base):
    """A signed-in browser. Only hashes of the cookie are kept; `csrf` is compared with what forms send."""

    __tablename__ = "sessions"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[User] = relationship()


class ApiKey(Base):
    """A key of a machine. Only its hash is kept; `prefix` lets people tell keys apart."""

    __tablename__ = "api_keys"

    id: Mapped[Id]
    name: Mapped[Name]
    prefix: Mapped[str] = mapped_column(String(16))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]]
    created_by: Mapped[int | None] = mapped_column(Ref, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
