"""待补全: recordings that came without what must be known. A person fills the gaps, or gives them up."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import intake as api
from service.api.intake import Listed
from service.api.schemas import Number
from service.auth.permissions import Permission
from service.errors import ServiceError
from service.store import intake
from service.store.intake import State
from service.web import choices, gaps, messages
from service.web.forms import REFUSED, Form, Sent
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()


@pages.get("/pending", Permission.RECORDINGS_MANAGE)
def show_list(
    visit: Visiting, state: State = "waiting", cursor: str | None = None, *, ticked: bool = False
) -> Response:
    """Show what waits, or what was decided on, the newest first; `ticked`: all of the page is chosen already."""
    found = api.list_pending(*visit.asked, Listed(state=state, cursor=cursor))
    with visit.services.database.read() as session:
        count = intake.count(session)
    known: dict[str, Any] = {"found": found, "state": state, "cursor": cursor, "count": count, "ticked": ticked}
    return page(visit.request, "pending_list.html", **known)


@pages.get("/pending/{pending_id}", Permission.RECORDINGS_MANAGE)
def show(visit: Visiting, pending_id: Number) -> Response:
    """Show one of them, with what is known already in its form."""
    return _shown(visit, pending_id)


@pages.post("/pending/{pending_id}/complete", Permission.RECORDINGS_MANAGE)
def complete(visit: Visiting, pending_id: Number, form: Sent) -> Response:
    """Make it a recording, which is audited."""
    try:
        receipt = api.complete_pending(*visit.asked, pending_id, gaps.read({name: form[name] for name in gaps.GAPS}))
    except REFUSED as problem:
        return _shown(visit, pending_id, form, problem)
    return _on("completed" if receipt.new else "known-before")


@pages.post("/pending/{pending_id}/discard", Permission.RECORDINGS_MANAGE)
def discard(visit: Visiting, pending_id: Number) -> Response:
    """Discard it: it is not audited, and its sound is deleted."""
    try:
        api.discard_pending(*visit.asked, pending_id)
    except REFUSED as problem:
        return _shown(visit, pending_id, problem=problem)
    return _on("discarded")


def _on(message: messages.Message) -> Response:
    response = RedirectResponse("/pending", 303)
    messages.say(response, message)
    return response


def _shown(visit: Visit, pending_id: int, form: Form | None = None, problem: ServiceError | None = None) -> Response:
    row = api.get_pending(*visit.asked, pending_id)
    typed = {name: form[name] for name in gaps.GAPS} if form else gaps.known(visit.services, [row])[0]
    told: dict[str, Any] = {"row": row, "typed": typed, "problem": problem}
    known = told | choices.places(visit.services)
    return page(visit.request, "pending.html", status=422 if problem else 200, **known)
