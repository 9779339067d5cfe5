"""待补全: recordings that came without what must be known. A person fills the gaps, or gives them up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import centre
from service.api import intake as api
from service.api.intake import CompletedIn, Listed, PendingOut
from service.api.schemas import Number
from service.auth.permissions import Permission
from service.errors import ServiceError
from service.store import intake
from service.store.intake import State
from service.web import choices, messages
from service.web.forms import REFUSED, Form, Sent, named, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting
from service.web.words import FACTS

pages = Pages()
_GAPS: Final = ("setting", "window", "staff", "started_at", "direction", "ring_seconds", "staff_channel")


@pages.get("/pending", Permission.RECORDINGS_MANAGE)
def show_list(visit: Visiting, state: State = "waiting", cursor: str | None = None) -> Response:
    """What waits, or what was decided on, the newest first."""
    found = api.list_pending(*visit.asked, Listed(state=state, cursor=cursor))
    with visit.services.database.read() as session:
        count = intake.count(session)
    return page(visit.request, "pending_list.html", found=found, state=state, cursor=cursor, count=count)


@pages.get("/pending/{pending_id}", Permission.RECORDINGS_MANAGE)
def show(visit: Visiting, pending_id: Number) -> Response:
    """One of them, with what is known already in its form."""
    return _shown(visit, pending_id)


@pages.post("/pending/{pending_id}/complete", Permission.RECORDINGS_MANAGE)
def complete(visit: Visiting, pending_id: Number, form: Sent) -> Response:
    """It becomes a recording and is audited."""
    try:
        receipt = api.complete_pending(*visit.asked, pending_id, _said(form))
    except REFUSED as problem:
        return _shown(visit, pending_id, form, problem)
    return _on("completed" if receipt.new else "known-before")


@pages.post("/pending/{pending_id}/discard", Permission.RECORDINGS_MANAGE)
def discard(visit: Visiting, pending_id: Number) -> Response:
    """It is not audited, and its sound is deleted."""
    try:
        api.discard_pending(*visit.asked, pending_id)
    except REFUSED as problem:
        return _shown(visit, pending_id, problem=problem)
    return _on("discarded")


def _on(message: messages.Message) -> Response:
    response = RedirectResponse("/pending", 303)
    messages.say(response, message)
    return response


def _said(form: Form) -> CompletedIn:
    """What the form says; a field that is empty is unknown. Raises RequestError."""
    return read_told(CompletedIn, {name: form[name] or None for name in _GAPS} | {"setting": form["setting"]})


def _shown(visit: Visit, pending_id: int, form: Form | None = None, problem: ServiceError | None = None) -> Response:
    row = api.get_pending(*visit.asked, pending_id)
    typed = {name: form[name] for name in _GAPS} if form else _known(visit, row)
    told: dict[str, Any] = {"row": row, "typed": typed, "problem": named(problem, FACTS)}
    known = told | choices.places(visit.services)
    return page(visit.request, "pending.html", status=422 if problem else 200, **known)


def _known(visit: Visit, row: PendingOut) -> Mapping[str, str]:
    """What came with the sound, as the fields of the form take it."""
    told = {name: row.known.get(name, "") for name in _GAPS}
    return told | {"started_at": _by_clock(visit, told["started_at"]), "window": _window(visit, row)}


def _by_clock(visit: Visit, stated: str) -> str:
    """The time by the centre's clock, to the second."""
    if not stated:
        return ""
    return datetime.fromisoformat(stated).astimezone(visit.services.settings.zone).strftime("%Y-%m-%dT%H:%M:%S")


def _window(visit: Visit, row: PendingOut) -> str:
    """The code of the window that is named, or where the extension rings; empty where neither is registered."""
    named = row.known.get("window")
    found = [each.code for each in centre.list_windows(visit.services) if named in {each.code, each.name}]
    source = next((each for each in visit.services.settings.intake if each.name == row.source), None)
    number = (source.prefix if source else "") + row.known.get("extension", "")
    if not named:
        found = [each.window.code for each in centre.list_extensions(visit.services) if each.number == number]
    return found[0] if len(found) == 1 else ""
