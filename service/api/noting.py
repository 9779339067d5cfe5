"""What is entered into the log of acts: who did what, and what was refused to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import Request

from service.api import problems
from service.api.services import Services
from service.auth.identity import Identity
from service.errors import (
    ForbiddenError,
    NotFoundError,
    PasswordDueError,
    ServiceError,
    SignInError,
    ThrottledError,
)
from service.store import logbook
from speechaudit.privacy import masked_text

STRANGER: Final = "stranger"
_REFUSALS: Final = (ForbiddenError, NotFoundError, ThrottledError, SignInError)


def note(request: Request, action: str) -> None:
    """Enter that whoever asks did this, and for what."""
    asking: Identity = request.state.who
    _enter(request, who=asking.source, name=asking.name, action=action)


def note_each(request: Request, action: str, places: Iterable[str]) -> None:
    """Enter that whoever asks did this for each of several, as if each had been asked for by itself."""
    asking: Identity = request.state.who
    services: Services = request.app.state.services
    with services.database.write() as session:
        for what in places:
            logbook.note(session, who=asking.source, name=asking.name, action=action, what=what)


def note_refusal(request: Request, action: str, problem: Exception) -> None:
    """Enter that this was refused. Who shows no key and no password, or a page that was left open, asks every day."""
    if not isinstance(problem, _REFUSALS) or isinstance(problem, PasswordDueError):
        return
    asking: Identity | None = getattr(request.state, "who", None)
    if asking is None and not _tried(request, problem):
        return
    address = request.client.host if request.client else ""
    who, name = (asking.source, asking.name) if asking else (STRANGER, address)
    services: Services = request.app.state.services
    if (skipped := services.refusals.admit(f"{who} {name}")) is None:
        return
    beside = f" (+{skipped})" if skipped else ""
    status = problems.tell(problem).status
    _enter(request, who=who, name=name, action=f"refused {status}{beside} {action}")


def _tried(request: Request, problem: ServiceError) -> bool:
    """Return whether a stranger tried something: a wrong key, too many passwords, a form of another site."""
    return "authorization" in request.headers or isinstance(problem, ThrottledError | ForbiddenError)


def _enter(request: Request, *, who: str, name: str, action: str) -> None:
    services: Services = request.app.state.services
    shown = [f"{name}={_shown(name, value)}" for name, value in request.query_params.multi_items() if name != "key"]
    what = request.url.path + ("?" + "&".join(shown) if shown else "")
    with services.database.write() as session:
        logbook.note(session, who=who, name=name, action=action, what=what)


def _shown(name: str, value: str) -> str:
    """Return what is entered: entries stay for ever, so numbers that somebody searches for are masked."""
    return masked_text(value) if name == "text" else value
