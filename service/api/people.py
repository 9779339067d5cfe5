"""Users and keys, for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field, SecretStr
from sqlalchemy.orm import Session

from service.api.access import Who, router
from service.api.problems import responses
from service.api.schemas import CLEAN, Code, In, Name, Number, Out, StaffRef, WindowRef
from service.api.services import Wired
from service.auth import login, passwords, users
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import RequestError
from service.ingest import placing
from service.store import accounts, logbook, webhooks
from service.store.accounts import User, UserRole
from service.store.base import now

routes = router("用户和密钥")
Password = Annotated[SecretStr, Field(min_length=passwords.SHORTEST, max_length=passwords.LONGEST)]
Role = Annotated[UserRole, Field(description="admin 管理员,inspector 督查,lead 窗口负责人,staff 工作人员")]
DisplayName = Annotated[str, Field(max_length=200, pattern=CLEAN, description="姓名;空着则显示用户名")]
Windows = Annotated[list[Name], Field(max_length=200, description="负责的窗口(窗口负责人必填)")]


class UserIn(In):
    """A new user."""

    name: Annotated[Code, Field(description="用户名", examples=["inspector1"])]
    password: Password
    role: Role
    display_name: DisplayName = ""
    staff: Annotated[Code | None, Field(description="工号(工作人员必填)")] = None
    windows: Windows = []  # noqa: RUF012 - pydantic copies it


class UserChange(In):
    """What is to change; what is not given stays. Without a number (null) nobody of the staff is meant any more."""

    display_name: DisplayName | None = None
    role: Role | None = None
    active: bool | None = None
    password: Password | None = None
    staff: Code | None = None
    windows: Windows | None = None


class UserOut(Out):
    """A user."""

    id: int
    name: str
    display_name: str
    role: UserRole
    active: bool
    must_change: Annotated[bool, Field(description="密码由他人设置,本人还没有更换")]
    staff: StaffRef | None
    windows: list[WindowRef]
    created_at: datetime


@routes.get("/users", summary="用户列表")
def list_users(services: Wired) -> list[UserOut]:
    """所有用户,按用户名。"""
    with services.database.read() as session:
        return [UserOut.model_validate(row) for row in accounts.users(session)]


@routes.post("/users", status_code=201, summary="新增用户", responses=responses(409))
def add_user(services: Wired, given: UserIn) -> UserOut:
    """新增一位用户;首次登录须先更换密码。"""
    new = users.NewUser(
        name=given.name,
        password_hash=passwords.hashed(given.password.get_secret_value()),
        role=given.role,
        display_name=given.display_name,
        staff=given.staff,
        windows=given.windows,
        must_change=True,
    )
    with services.database.write() as session:
        return UserOut.model_validate(users.add(session, new))


@routes.patch("/users/{user_id}", summary="更改用户", responses=responses(404, 409))
def change_user(services: Wired, who: Who, user_id: Number, given: UserChange) -> UserOut:
    """更改姓名、角色、启用、密码、工号或窗口。只改姓名的不用重新登录,其他的须重新登录;管理员设的密码须由本人先更换。停用的,通知方式一并删除。"""
    password_hash = passwords.hashed(given.password.get_secret_value()) if given.password else None
    with services.database.write() as session:
        row = accounts.user(session, user_id)
        _rename(session, who, row, given.display_name)
        before = _place(row)
        known = row.staff.number if row.staff else None
        staff = given.staff if "staff" in given.model_fields_set else known
        windows = [window.code for window in row.windows] if given.windows is None else given.windows
        row.role = given.role or row.role
        row.active = row.active if given.active is None else given.active
        row.staff_id, window_ids = users.resolved(session, row.role, staff, windows)
        accounts.set_windows(session, row, window_ids)
        if password_hash:
            other = user_id != who.user_id
            login.set_password(session, row, password_hash, must_change=other)
        users.keep_an_admin(session)
        session.expire(row)
        row = accounts.user(session, user_id)
        if password_hash or _place(row) != before:
            accounts.sign_out_everywhere(session, user_id)
        if not row.active:
            webhooks.forget_channels(session, user_id)
        return UserOut.model_validate(row)


def _place(row: User) -> tuple[UserRole, bool, int | None, frozenset[str]]:
    """All that decides what somebody may see."""
    return row.role, row.active, row.staff_id, frozenset(window.code for window in row.windows)


def _rename(session: Session, who: Identity, row: User, name: str | None) -> None:
    """Cases show the name of today; the log keeps which one it was before."""
    if name is None or (name := name.strip()) == row.display_name:
        return
    what = f"用户 {row.id}({row.name}):{row.display_name or '没有姓名'} → {name or '没有姓名'}"
    logbook.note(session, who=who.source, name=who.name, action="更改姓名", what=what)
    row.display_name = name


class KeyIn(In):
    """A new key."""

    name: Annotated[Name, Field(description="给谁用", examples=["一楼录音盒"])]
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=50, description="权限,见 docs/api.md")]
    expires_at: Annotated[AwareDatetime | None, Field(description="到期时间;不写则不过期")] = None


class KeyOut(Out):
    """A key, of which only the beginning is known."""

    id: int
    name: str
    prefix: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    made_by: Annotated[str | None, Field(description="谁新增的;命令行新增的为 null")]


class NewKeyOut(KeyOut):
    """A new key, shown once."""

    key: Annotated[str, Field(description="密钥,只显示这一次")]


@routes.get("/keys", summary="密钥列表")
def list_keys(services: Wired) -> list[KeyOut]:
    """所有密钥,从新到旧,含已撤销的。"""
    with services.database.read() as session:
        return [KeyOut.model_validate(row) for row in accounts.api_keys(session)]


@routes.post("/keys", status_code=201, summary="新增密钥")
def add_key(services: Wired, who: Who, given: KeyIn) -> NewKeyOut:
    """新增一个密钥;密钥本身只在这次应答里。"""
    expires_at = placing.in_zone(given.expires_at, services.settings.zone)
    if expires_at and expires_at <= now():
        raise RequestError("expires_at", "已经过去", "请给出将来的时间")
    with services.database.write() as session:
        key, row = users.add_key(session, given.name, given.scopes, expires_at=expires_at, created_by=who.user_id)
        return NewKeyOut(**KeyOut.model_validate(row).model_dump(), key=key)


@routes.delete("/keys/{key_id}", status_code=204, summary="撤销密钥", responses=responses(404))
def revoke_key(services: Wired, key_id: Number) -> None:
    """立即撤销一个密钥。"""
    with services.database.write() as session:
        accounts.revoke(session, key_id)
