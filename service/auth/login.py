"""Signing in, throttled by name and by address; users and their passwords."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import AddressValueError, IPv6Address, IPv6Network

from sqlalchemy.orm import Session

from service.auth import passwords
from service.errors import ForbiddenError, SignInError, ThrottledError
from service.store import Database, accounts, logbook
from service.store.accounts import Device, User, UserSession
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
        self._trying: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def attempt(self, address: str) -> Iterator[None]:
        """Try once; a refusal counts as a failure, and so does what many try at once until it is known.

        Raises ThrottledError after too many failures.
        """
        sender = _sender(address)
        with self._lock:
            self._check(sender)
            self._trying[sender] += 1
        try:
            yield
        except (SignInError, ForbiddenError):
            self.failed(address)
            raise
        finally:
            with self._lock:
                self._trying[sender] -= 1
                self._trying += Counter()  # forgets who tries no more

    def check(self, address: str) -> None:
        """Check that this address may try. Raises ThrottledError after too many failures."""
        with self._lock:
            self._check(_sender(address))

    def _check(self, sender: str) -> None:
        if len(self._recent(sender)) + self._trying[sender] >= self._most:
            raise ThrottledError("登录", "这台电脑失败的次数太多", "请等 5 分钟再试")

    def failed(self, address: str) -> None:
        """Note a failure, and forget the addresses whose failures are long ago."""
        with self._lock:
            self._failures.setdefault(_sender(address), deque()).append(time.monotonic())
            for other in list(self._failures):
                if not self._recent(other):
                    del self._failures[other]

    def _recent(self, address: str) -> deque[float]:
        failures = self._failures.get(address, deque())
        while failures and failures[0] < time.monotonic() - self._seconds:
            failures.popleft()
        return failures


def _sender(address: str) -> str:
    """Return what failures are counted by: of IPv6 the network of /64, within which one sender has all addresses."""
    try:
        known = IPv6Address(address.partition("%")[0])
    except AddressValueError:
        return address
    return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """An opened session with the tokens of its two cookies: that of the session and that of a known browser."""

    token: str
    device: str
    session: UserSession
    user: User


def sign_in(database: Database, name: str, password: str, device: str | None = None, *, address: str = "") -> SignedIn:
    """Open a session; `device` is the cookie of a browser that is known. Raises SignInError.

    A failure is noted in the log with the `address` it came from; a name that nobody has is not: it may be a password.

    The answer is the same, and takes as long, for a wrong name, a wrong password and a user who must wait.
    """
    with database.write() as session:
        user = accounts.user_named(session, name)
        known = user and accounts.device(session, user.id, device)
        allowed = user is not None and _may_guess(session, known or user)
        password_hash = user.password_hash if user else passwords.of_nobody()
    right = passwords.matches(password, password_hash)
    if user is None or not allowed or not right or not user.active:
        _note_failure(database, user, allowed, address)
        raise _REFUSED
    with database.write() as session:
        user = accounts.user(session, user.id)
        return _opened(session, user, device)


def _note_failure(database: Database, user: User | None, allowed: bool, address: str) -> None:
    who, name = (f"user:{user.id}", user.name) if user else ("stranger", "")
    action = "failed sign-in" if allowed or user is None else "failed sign-in while locked"
    with database.write() as session:
        logbook.note(session, who=who, name=name, action=action, what=address)


def _opened(session: Session, user: User, device: str | None) -> SignedIn:
    known = accounts.device(session, user.id, device)
    if known:
        known.failures, known.locked_until, known.seen_at = 0, None, now()
    else:
        user.failures, user.locked_until = 0, None
    given = device if known and device else accounts.add_device(session, user.id)
    token, row = accounts.sign_in(session, user.id, HOURS)
    return SignedIn(token=token, device=given, session=row, user=user)


def _may_guess(session: Session, guarded: User | Device) -> bool:
    """Count the guess; after too many the next ones have to wait, which a right password takes back."""
    failures = accounts.count_attempt(session, guarded)
    if failures is not None and failures >= FREE_FAILURES:
        beyond = min(failures - FREE_FAILURES, 10)
        guarded.locked_until = now() + min(_FIRST_WAIT * 2**beyond, _LONGEST_WAIT)
        session.flush()
    return failures is not None


def change_password(database: Database, user_id: int, old: str, new: str) -> None:
    """Change one's own password; guesses of the old one count as guesses. Raises ForbiddenError, RequestError.

    Hashing takes a tenth of a second: no transaction is open meanwhile.
    """
    with database.write() as session:
        user = accounts.user(session, user_id)
        allowed, password_hash = _may_guess(session, user), user.password_hash
    if not allowed:
        raise ThrottledError("old", "输错的次数太多", "请等一会儿再试,最长 15 分钟")
    if not passwords.matches(old, password_hash):
        _note_failure(database, user, True, "password change")
        raise ForbiddenError("old", "原密码不对", "请重新输入")
    new_hash = passwords.hashed(new)
    with database.write() as session:
        set_password(session, accounts.user(session, user_id), new_hash)


def set_password(session: Session, user: User, password_hash: str, *, must_change: bool = False) -> None:
    """Change a password and close all sessions of the user, who may have to choose another."""
    user.password_hash, user.must_change = password_hash, must_change
    user.failures, user.locked_until = 0, None
    accounts.sign_out_everywhere(session, user.id)
    session.flush()
