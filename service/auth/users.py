"""Making users and keys, with what their role needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.auth.permissions import SCOPES
from service.errors import ConflictError, NotFoundError, RequestError
from service.store import accounts, centre
from service.store.accounts import ApiKey, User, UserRole


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What a user is made of; `staff` is a 工号, `windows` are codes or names.

    `must_change` is true where somebody else chose the password.
    """

    name: str
    password_hash: str
    role: UserRole
    display_name: str = ""
    staff: str | None = None
    windows: Sequence[str] = ()
    must_change: bool = False


def add(session: Session, new: NewUser) -> User:
    """Add a user. Raises ConflictError if the name is taken, RequestError if the role lacks what it needs."""
    staff_id, window_ids = resolved(session, new.role, new.staff, new.windows)
    row = accounts.add_user(
        session, new.name, new.password_hash, new.role, display_name=new.display_name, staff_id=staff_id
    )
    row.must_change = new.must_change
    accounts.set_windows(session, row, window_ids)
    return row


def resolved(
    session: Session, role: UserRole, staff: str | None, windows: Sequence[str]
) -> tuple[int | None, list[int]]:
    """Return the ids of staff and windows. Raises RequestError for unknown ones and for a role that lacks its own."""
    if role == "staff" and not staff:
        raise RequestError("staff", "工作人员须有工号", "请给出工号,否则看不到自己的录音")
    if role == "lead" and not windows:
        raise RequestError("windows", "窗口负责人须有窗口", "请给出其负责的窗口")
    try:
        staff_id = centre.staff_member(session, staff).id if staff else None
        return staff_id, [centre.window(session, name).id for name in windows]
    except (NotFoundError, ConflictError) as problem:
        raise RequestError(problem.where, problem.problem, problem.cure) from problem


def keep_an_admin(session: Session) -> None:
    """Check that an administrator is left. Raises ConflictError otherwise."""
    session.flush()
    if not accounts.any_admin(session):
        raise ConflictError("用户", "这是最后一位管理员", "请先让另一位用户成为管理员")


def add_key(
    session: Session,
    name: str,
    scopes: Sequence[str],
    *,
    expires_at: datetime | None = None,
    created_by: int | None = None,
) -> tuple[str, ApiKey]:
    """Add a key; return it and its row. Raises RequestError for an unknown scope, or for none."""
    if unknown := sorted(set(scopes) - SCOPES):
        raise RequestError("scopes", f"没有 {unknown[0]} 权限", f"可用的权限:{'、'.join(sorted(SCOPES))}")
    if not scopes:
        raise RequestError("scopes", "没有给出权限", f"可用的权限:{'、'.join(sorted(SCOPES))}")
    return accounts.add_api_key(session, name, scopes, expires_at=expires_at, created_by=created_by)
