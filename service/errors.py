"""The service's branch of the exception tree; like the library's, (where, problem, cure) in Chinese.

SpeechAuditError
└── ServiceError
    ├── ConfigError        a setting that cannot be used: refused at start
    ├── UnavailableError   the database or the audio storage is away or full: try again later
    ├── NotFoundError      nothing (any more) under this id or key
    ├── ConflictError      what is asked contradicts what is stored
    ├── RequestError       a value of a request that cannot be used (a cursor, a filter)
    ├── TooLargeError      an upload beyond the limit
    ├── SignInError        nobody is signed in, or not with this password or key
    ├── ForbiddenError     whoever is signed in may not do this
    │   ├── StaleFormError a write of a browser without the token of its session
    │   └── PasswordDueError  somebody else chose the password: it is to be changed first
    └── ThrottledError     too many attempts: wait
"""

from __future__ import annotations

from collections.abc import Sequence

from speechaudit.errors import SpeechAuditError


class ServiceError(SpeechAuditError):
    """Base of what only the service can run into.

    `routes` are the requests of the interface that cure it, for programs: a page, whose reader has buttons, leaves
    them out.
    """

    def __init__(self, where: object, problem: str, cure: str, *, code: str = "", routes: Sequence[str] = ()) -> None:
        super().__init__(where, problem, cure, code=code)
        self.routes = tuple(routes)


class ConfigError(ServiceError):
    """A setting cannot be used."""


class UnavailableError(ServiceError):
    """The database or the audio storage is away or full."""


class NotFoundError(ServiceError):
    """There is nothing under this id or key."""


class ConflictError(ServiceError):
    """What is asked contradicts what is stored."""


class RequestError(ServiceError):
    """A value of a request cannot be used."""


class TooLargeError(ServiceError):
    """An upload is larger than allowed."""


class SignInError(ServiceError):
    """Nobody is signed in, or not with this password or key."""


class ForbiddenError(ServiceError):
    """Whoever is signed in may not do this."""


class StaleFormError(ForbiddenError):
    """A browser writes without the token of its session: another site, or a page from before the sign-in."""


class PasswordDueError(ForbiddenError):
    """Somebody else chose the password: nothing may be done before it is changed."""


class ThrottledError(ServiceError):
    """Too many attempts."""
