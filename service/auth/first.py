"""The first administrator: made by who can read what the service printed when it started, and only as long as none is.

Coming from this machine proves nothing where a proxy stands in front: then everybody does. See
docs/decisions/service-web.md.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from service.auth import passwords, users
from service.auth.users import NewUser
from service.errors import ConflictError, ForbiddenError
from service.store import Database, accounts
from service.store.accounts import User
from service.store.base import one_at_a_time

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 3, 4


def code() -> str:
    """Return a new code that can be read out and typed (60 bits): ABCD-EFGH-JKLM."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


def missing(database: Database) -> bool:
    """Return whether there is no administrator yet."""
    with database.read() as session:
        return not accounts.any_admin(session)


def add(database: Database, right: str, typed: str, name: str, password: str) -> User:
    """Make the first administrator. Raises ForbiddenError for a wrong code, ConflictError if there is one already."""
    if not hmac.compare_digest(_plain(right).encode(), _plain(typed).encode()):
        raise ForbiddenError("设置码", "不对", "请照抄服务启动时显示的设置码;重新启动后是新的")
    new = NewUser(name=name, password_hash=passwords.hashed(password), role="admin")
    with database.write() as session:
        one_at_a_time(session, "first administrator")
        if accounts.any_admin(session):
            raise ConflictError("管理员", "已经有了", "请登录,或请管理员为您新建用户")
        return users.add(session, new)


def _plain(typed: str) -> str:
    return "".join(typed.split()).replace("-", "").upper()
