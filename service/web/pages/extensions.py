"""分机: which telephone rings at which window."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from service.api import centre
from service.auth.permissions import Permission
from service.errors import ServiceError
from service.web import choices, messages, registering
from service.web.forms import REFUSED, Sent
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
MOST_SHOWN: Final = 200
Typed = Annotated[str, Query(max_length=200)]


@pages.get("/settings/extensions", Permission.CENTRE_READ)
def show_extensions(visit: Visiting, text: Typed = "", extension: Typed = "", window: Typed = "") -> Response:
    """List the extensions; `extension` and `window` stand in the form below, to be changed."""
    return _list(visit, text.strip(), typed={"extension": extension, "window": window})


@pages.post("/settings/extensions", Permission.CENTRE_WRITE)
def put_extension(visit: Visiting, form: Sent) -> Response:
    """Let an extension ring at this window from now on."""
    told = {name: form[name] for name in ("extension", "window")}
    try:
        outcome = registering.put(visit, "extensions", told)
    except REFUSED as problem:
        return _list(visit, "", typed=told, problem=problem)
    return _on("entry-same" if outcome == "same" else "entry-added" if outcome == "new" else "entry-changed")


@pages.post("/settings/extensions/delete", Permission.CENTRE_WRITE)
def delete_extension(visit: Visiting, form: Sent) -> Response:
    """Forget where an extension rings."""
    try:
        centre.delete_extension(visit.services, form["extension"])
    except REFUSED as problem:
        return _list(visit, "", typed={"extension": "", "window": ""}, problem=problem)
    return _on("entry-deleted")


def _on(message: messages.Message) -> Response:
    response = RedirectResponse("/settings/extensions", 303)
    messages.say(response, message)
    return response


def _list(visit: Visit, text: str, *, typed: dict[str, str], problem: ServiceError | None = None) -> Response:
    everything = centre.list_extensions(visit.services)
    found = [each for each in everything if registering.among(text, each.number, each.window.code, each.window.name)]
    return page(
        visit.request,
        "extensions.html",
        status=422 if problem else 200,
        problem=problem,
        found=found[:MOST_SHOWN],
        matching=len(found),
        total=len(everything),
        text=text,
        typed=typed,
        may=Permission.CENTRE_WRITE in visit.who.permissions,
        windows=choices.told_windows(choices.places(visit.services, active=True)),
    )
