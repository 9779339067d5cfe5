"""Passwords: Argon2id with the library's defaults (RFC 9106, second choice), at most a few at a time."""

from __future__ import annotations

import base64
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service.errors import RequestError

SHORTEST, LONGEST = 10, 200
_HASHER = PasswordHasher()
# Each takes 64 MiB: many sign-ins at once must not eat the memory of the machine.
_AT_ONCE = threading.BoundedSemaphore(2)
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def hashed(password: str) -> str:
    """Return what is stored of a password. Raises RequestError if it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise RequestError("密码", f"应有 {SHORTEST} 到 {LONGEST} 个字符", "请换一个长度合适的密码")
    with _AT_ONCE:
        return _HASHER.hash(password)


def matches(password: str, password_hash: str) -> bool:
    """Return whether this is the password."""
    try:
        with _AT_ONCE:
            return _HASHER.verify(password_hash, password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


def generated() -> str:
    """Return a new random password without letters that look alike (93 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def of_nobody() -> str:
    """Return a hash that no password has, to compare with where there is no such user: the answer takes as long."""
    salt, digest = (_unpadded(secrets.token_bytes(length)) for length in (_HASHER.salt_len, _HASHER.hash_len))
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
