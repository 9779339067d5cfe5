"""Signing in, throttled by name and by address; users and their passwords."""

from __future__ import annotations

import threading
import time
from collections import deque
from datetime import timedelta

from sqlalchemy.orm import Session

from service.auth import passwords
from service.errors import SignInError, ThrottledError
from service.store import Database, accounts
from service.store.accounts import User, UserSession
from service.store.base import now

HOURS = 12.0
FREE_FAILURES = 5
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
_REFUSED = SignInError("登录", "用户名或密码不对", "请检查后再试;连续输错 5 次后,每次须多等一会儿,最长 15 分钟")


class Addresses:
    """Failures by address in this process, so that one sender cannot try many names."""

    def __init__(self, most: int = 30, seconds: float = 300.0) -> None:
        self._most, self._seconds = most, seconds
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, address: str) -> None:
        """Raises ThrottledError after too many failures."""
        with self._lock:
            if len(self._recent(address)) >= self._most:
                raise ThrottledError("登录", "这台电脑失败的次数太多", "请等 5 分钟再试")

    def failed(self, address: str) -> None:
        """Note a failure, and forget the addresses whose failures are long ago."""
        with self._lock:
            self._failures.setdefault(address, deque()).append(time.monotonic())
            for other in list(self._failures):
                if not self._recent(other):
                    del self._failures[other]

    def _recent(self, address: str) -> deque[float]:
        failures = self._failures.get(address, deque())
        while failures and failures[0] < time.monotonic() - self._seconds:
            failures.popleft()
        return failures


def sign_in(database: Database, name: str, password: str) -> tuple[str, UserSession, User]:
    """The cookie's token, the session and the user. Raises SignInError.

    The answer is the same, and takes as long, for a wrong name, a wrong password and a user who must wait.
    """
    with database.read() as session:
        user = accounts.user_named(session, name)
        locked = user is not None and user.locked_until is not None and user.locked_until > now()
    right = passwords.matches(password, user.password_hash if user else passwords.NOBODY)
    if user is None or locked or not user.active:
        raise _REFUSED
    if not right:
        _note_failure(database, user.id)
        raise _REFUSED
    with database.write() as session:
        user = accounts.user(session, user.id)
        user.failures, user.locked_until = 0, None
        token, row = accounts.sign_in(session, user.id, HOURS)
    return token, row, user


def _note_failure(database: Database, user_id: int) -> None:
    with database.write() as session:
        user = accounts.user(session, user_id)
        user.failures += 1
        beyond = user.failures - FREE_FAILURES
        if beyond >= 0:
            user.locked_until = now() + min(_FIRST_WAIT * 2 ** min(beyond, 10), _LONGEST_WAIT)


def set_password(session: Session, user: User, password: str, *, must_change: bool = False) -> None:
    """Change a password and close all sessions of the user, who may have to choose another. Raises RequestError."""
    user.password_hash, user.must_change = passwords.hashed(password), must_change
    user.failures, user.locked_until = 0, None
    accounts.sign_out_everywhere(session, user.id)
    session.flush()
