"""Who asks: a user with a session, or a machine with a key."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta

from service.auth.permissions import OF_ROLE, ROLE_NAMES, SCOPES, Permission
from service.errors import ForbiddenError, PasswordDueError, SignInError, StaleFormError
from service.store import Database, accounts
from service.store.accounts import User, UserRole
from service.store.base import now

COOKIE = "speechaudit_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks. `role` is None for a key; `window_ids` are those a lead leads, `staff_id` is who a user is.

    `csrf` is what the writes of a browser must carry; empty for a key. `due` means that the password is to be changed.
    """

    name: str
    permissions: frozenset[Permission]
    user_id: int | None = None
    key_id: int | None = None
    role: UserRole | None = None
    staff_id: int | None = None
    window_ids: tuple[int, ...] = ()
    csrf: str = ""
    due: bool = False

    @property
    def source(self) -> str:
        """The sender of uploads, to whom idempotency keys belong."""
        return f"user:{self.user_id}" if self.user_id else f"key:{self.key_id}"

    def require(self, permission: Permission) -> None:
        """Check this permission. Raises ForbiddenError without it, PasswordDueError before a password is changed."""
        self.require_own_password()
        if permission in self.permissions:
            return
        if self.role is None:
            raise ForbiddenError("密钥", f"没有 {permission} 权限", "请使用带有这一权限的密钥")
        raise ForbiddenError(ROLE_NAMES[self.role], "无权做这一操作", "请联系管理员")

    def require_own_password(self) -> None:
        """Check that the password is one's own. Raises PasswordDueError where somebody else chose it."""
        if self.due:
            raise PasswordDueError("密码", "是管理员设置的", "请先换成自己的密码")

    def check_csrf(self, token: str | None) -> None:
        """Check that this is the token of the session. Raises StaleFormError otherwise."""
        if not hmac.compare_digest(self.csrf.encode(), (token or "").encode()):
            raise StaleFormError(CSRF_HEADER, "缺少或不符", f"请在 {CSRF_HEADER} 中附上登录时得到的 csrf,或重新登录")


def of_user(user: User, csrf: str = "") -> Identity:
    """Return the identity of a user, whose windows are loaded."""
    return Identity(
        name=user.display_name or user.name,
        permissions=OF_ROLE[user.role],
        user_id=user.id,
        role=user.role,
        staff_id=user.staff_id,
        window_ids=tuple(window.id for window in user.windows) if user.role == "lead" else (),
        csrf=csrf,
        due=user.must_change,
    )


def of_cookie(database: Database, token: str, idle: timedelta, *, active: bool = True) -> Identity:
    """Return the identity of a session, which lives on if somebody is `active`. Raises SignInError if it is over."""
    with database.read() as session:
        row = accounts.signed_in(session, token, idle)
    if row is None:
        raise SignInError("登录", "已经过期或已退出", "请重新登录")
    if active and now() - (row.seen_at or row.created_at) > _NOTED_EVERY:
        with database.write() as session:
            accounts.seen(session, row)
    return of_user(row.user, row.csrf)


def of_key(database: Database, authorization: str) -> Identity:
    """Return the identity of `Bearer KEY`. Raises SignInError if there is no such key, or it expired or was revoked."""
    scheme, _, key = authorization.partition(" ")
    with database.read() as session:
        row = accounts.api_key(session, key.strip()) if scheme.lower() == "bearer" else None
    if row is None:
        raise SignInError("密钥", "无效、已过期或已撤销", "请检查 Authorization: Bearer 后的密钥,或请管理员新建一个")
    if row.used_at is None or now() - row.used_at > _NOTED_EVERY:
        with database.write() as session:
            session.merge(row).used_at = now()
    return Identity(name=row.name, permissions=SCOPES & set(row.scopes), key_id=row.id)
