"""Users, browser sessions and API keys. Tokens and keys are random, and only their SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from service.errors import ConflictError, NotFoundError
from service.store.base import TABLE, Base, Code, Id, Name, Ref, now
from service.store.centre import Staff, Window

KEY_MARK = "sa_"
_PREFIX = 10
_MOST_DEVICES = 20
# 管理员, 督查, 窗口负责人, 工作人员
UserRole = Literal["admin", "inspector", "lead", "staff"]
_ROLES = "role IN ('admin', 'inspector', 'lead', 'staff')"


class User(Base):
    """Somebody who may sign in. `staff` links a user to their own audits; `windows` are those they lead.

    `must_change` is true as long as the password is one that somebody else chose.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint(_ROLES, name="role"), TABLE)

    id: Mapped[Id]
    name: Mapped[Code] = mapped_column(unique=True)
    display_name: Mapped[Name] = mapped_column(default="")
    password_hash: Mapped[str] = mapped_column(String(255))
    must_change: Mapped[bool] = mapped_column(default=False)
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
    """A signed-in browser. Only hashes of the cookie are kept; `csrf` is compared with what forms send.

    `seen_at` is when somebody last did something with it, to the minute; None in the first one.
    """

    __tablename__ = "sessions"

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime | None]
    user: Mapped[User] = relationship()


class Device(Base):
    """A browser from which this user has signed in before; its cookie has failures of its own.

    So strangers who guess a name's password lock out one another, and not its owner (OWASP: Slow Down Online Guessing
    Attacks with Device Cookies).
    """

    __tablename__ = "devices"
    __table_args__ = ()

    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(Ref, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    seen_at: Mapped[datetime] = mapped_column(default=now)


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
    maker: Mapped[User | None] = relationship()

    @property
    def made_by(self) -> str | None:
        """The name of the user who made it; None for one from the command line."""
        return (self.maker.display_name or self.maker.name) if self.maker else None


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def users(session: Session) -> Sequence[User]:
    """Return all users with their windows, by name."""
    return session.scalars(select(User).options(selectinload(User.windows)).order_by(User.name)).all()


def any_admin(session: Session) -> bool:
    """Return whether there is an active administrator."""
    return bool(session.scalar(select(func.count()).where(User.role == "admin", User.active)))


def user(session: Session, user_id: int) -> User:
    """Return a user with their windows and staff entry. Raises NotFoundError."""
    loaded = selectinload(User.windows), joinedload(User.staff)
    if (row := session.scalar(select(User).where(User.id == user_id).options(*loaded))) is None:
        raise NotFoundError(f"用户 {user_id}", "不存在", "请检查编号")
    return row


def user_named(session: Session, name: str) -> User | None:
    """Return the user of this name with their windows, if there is one."""
    return session.scalar(select(User).where(User.name == name).options(selectinload(User.windows)))


def add_user(
    session: Session,
    name: str,
    password_hash: str,
    role: UserRole,
    *,
    display_name: str = "",
    staff_id: int | None = None,
) -> User:
    """Add a user. Raises ConflictError if the name is taken."""
    if user_named(session, name) is not None:
        raise ConflictError(f"用户 {name}", "已经存在", "请换一个用户名")
    row = User(name=name, password_hash=password_hash, role=role, display_name=display_name, staff_id=staff_id)
    session.add(row)
    session.flush()
    return user(session, row.id)


def set_windows(session: Session, row: User, window_ids: Sequence[int]) -> None:
    """Say which windows a user leads. Raises NotFoundError."""
    found = session.scalars(select(Window).where(Window.id.in_(window_ids))).all()
    if missing := set(window_ids) - {window.id for window in found}:
        raise NotFoundError(f"窗口 {min(missing)}", "不存在", "请检查编号")
    row.windows = list(found)
    session.flush()


def device(session: Session, user_id: int, token: str | None) -> Device | None:
    """Return the device of this cookie, if this user has signed in from it before."""
    mine = Device.token_hash == _hash(token or ""), Device.user_id == user_id
    return session.scalar(select(Device).where(*mine)) if token else None


def add_device(session: Session, user_id: int) -> str:
    """Remember a browser from now on and return the token for its cookie. The latest of a user are kept."""
    token = secrets.token_urlsafe(32)
    session.add(Device(token_hash=_hash(token), user_id=user_id))
    session.flush()
    mine = select(Device.id).where(Device.user_id == user_id).order_by(Device.id.desc())
    session.execute(delete(Device).where(Device.user_id == user_id, Device.id.not_in(mine.limit(_MOST_DEVICES))))
    return token


def count_attempt(session: Session, guarded: User | Device) -> int | None:
    """Count a guess before its password is looked at, so that many at once count as many; None while nobody may guess.

    Gives the number of guesses since the last right one, this one included.
    """
    kind = type(guarded)
    open_now = kind.id == guarded.id, (kind.locked_until.is_(None)) | (kind.locked_until <= now())
    counted = update(kind).where(*open_now).values(failures=kind.failures + 1).returning(kind.failures)
    failures: int | None = session.execute(counted).scalar()
    session.expire(guarded)
    return failures


def sign_in(session: Session, user_id: int, hours: float) -> tuple[str, UserSession]:
    """Open a browser session of so many hours: return the token for its cookie, and its row with the CSRF token."""
    token = secrets.token_urlsafe(32)
    row = UserSession(
        token_hash=_hash(token),
        csrf=secrets.token_urlsafe(32),
        user_id=user_id,
        expires_at=now() + timedelta(hours=hours),
    )
    session.add(row)
    session.flush()
    return token, row


def signed_in(session: Session, token: str, idle: timedelta) -> UserSession | None:
    """Return a cookie's session with its user, if it is valid, not left alone too long, and the user active."""
    loaded = joinedload(UserSession.user).selectinload(User.windows)
    mine = UserSession.token_hash == _hash(token), UserSession.expires_at > now()
    alive = func.coalesce(UserSession.seen_at, UserSession.created_at) > now() - idle
    row = session.scalar(select(UserSession).where(*mine, alive).options(loaded))
    return row if row and row.user.active else None


def seen(session: Session, row: UserSession) -> None:
    """Note that somebody does something with a session."""
    session.execute(update(UserSession).where(UserSession.id == row.id).values(seen_at=now()))


def sign_out(session: Session, token: str) -> None:
    """Close the session of a cookie, and forget those that are over."""
    over = (UserSession.token_hash == _hash(token)) | (UserSession.expires_at <= now())
    session.execute(delete(UserSession).where(over))


def sign_out_everywhere(session: Session, user_id: int) -> None:
    """Close all sessions of a user: after a change of password or role."""
    session.execute(delete(UserSession).where(UserSession.user_id == user_id))


def api_keys(session: Session) -> Sequence[ApiKey]:
    """Return all keys, newest first, revoked ones too."""
    return session.scalars(select(ApiKey).options(joinedload(ApiKey.maker)).order_by(ApiKey.id.desc())).all()


def add_api_key(
    session: Session,
    name: str,
    scopes: Sequence[str],
    *,
    expires_at: datetime | None = None,
    created_by: int | None = None,
) -> tuple[str, ApiKey]:
    """Make a key: the key itself, which is shown once and never again, and its row."""
    key = KEY_MARK + secrets.token_urlsafe(32)
    row = ApiKey(
        name=name,
        prefix=key[:_PREFIX],
        key_hash=_hash(key),
        scopes=sorted(scopes),
        expires_at=expires_at,
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    return key, row


def api_key(session: Session, key: str) -> ApiKey | None:
    """Return the row of a key, if it is neither revoked nor expired."""
    row = session.scalar(select(ApiKey).where(ApiKey.key_hash == _hash(key), ApiKey.revoked_at.is_(None)))
    return row if row and (row.expires_at is None or row.expires_at > now()) else None


def revoke(session: Session, key_id: int) -> ApiKey:
    """Let a key never work again. Raises NotFoundError."""
    if (row := session.get(ApiKey, key_id)) is None:
        raise NotFoundError(f"密钥 {key_id}", "不存在", "请检查编号")
    row.revoked_at = row.revoked_at or now()
    session.flush()
    return row
