"""复评: what was judged again after a change of the rules, what would change, and letting it count or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Query, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from service.api import reaudits
from service.api.reaudits import ReauditIn
from service.api.schemas import BIGGEST, In, Number
from service.api.selection import Selection
from service.api.services import Services
from service.auth.permissions import Permission
from service.errors import ServiceError
from service.store import centre
from service.store.reaudits import BatchStatus
from service.web import messages
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.standing import Stands
from service.web.visit import Visit, Visiting

pages = Pages()
_AT_ONCE: Final = 50
_STATES: Final[dict[BatchStatus, Stands]] = {
    "running": Stands(text="正在判定", kind="wait"),
    "ready": Stands(text="等待确认", kind="wait"),
    "applied": Stands(text="已采用", kind="pass"),
    "discarded": Stands(text="已放弃", kind="soft"),
}


class Turned(In):
    """From which recording on."""

    after: Annotated[int, Field(ge=0, le=BIGGEST)] = 0


@pages.get("/reaudits", Permission.REAUDITS)
def list_all(visit: Visiting) -> Response:
    """List all re-audits, newest first, and offer to begin one."""
    return _list(visit)


@pages.post("/reaudits", Permission.REAUDITS)
def start(visit: Visiting, form: Sent) -> Response:
    """Judge a selection again by the rules as they are now, and lead to it."""
    told: dict[str, Any] = {name: form[name] for name in ("since", "until") if form[name]}
    told |= {name: [form[name]] for name in ("staff", "window") if form[name]}
    try:
        begun = reaudits.start_reaudit(*visit.asked, ReauditIn(selection=read_told(Selection, told)))
    except REFUSED as problem:
        return _list(visit, form, problem)
    return RedirectResponse(f"/reaudits/{begun.id}", 303)


@pages.get("/reaudits/{batch_id}", Permission.REAUDITS)
def show(visit: Visiting, batch_id: Number, turned: Annotated[Turned, Query()]) -> Response:
    """Show how far a re-audit is, and what it would change, recording by recording."""
    return _one(visit, batch_id, turned.after)


@pages.post("/reaudits/{batch_id}/apply", Permission.REAUDITS)
def apply(visit: Visiting, batch_id: Number) -> Response:
    """Let the new verdicts count, all or none."""
    return _decided(visit, batch_id, reaudits.apply_reaudit, "reaudit-applied")


@pages.post("/reaudits/{batch_id}/discard", Permission.REAUDITS)
def discard(visit: Visiting, batch_id: Number) -> Response:
    """Drop the new verdicts; nothing changes."""
    return _decided(visit, batch_id, reaudits.discard_reaudit, "reaudit-discarded")


def _decided(
    visit: Visit, batch_id: int, decide: Callable[[Services, int], object], message: messages.Message
) -> Response:
    try:
        decide(visit.services, batch_id)
    except REFUSED as problem:
        return _one(visit, batch_id, 0, problem)
    response = RedirectResponse(f"/reaudits/{batch_id}", 303)
    messages.say(response, message)
    return response


def _list(visit: Visit, form: Form | None = None, problem: ServiceError | None = None) -> Response:
    with visit.services.database.read() as session:
        people = [(each.number, f"{each.name}（{each.number}）") for each in centre.staff(session)]
        windows = [(each.code, f"{each.name}（{each.code}）") for each in centre.windows(session)]
    known: dict[str, Any] = {
        "found": reaudits.list_reaudits(visit.services),
        "states": _STATES,
        "people": people,
        "windows": windows,
        "typed": {name: form[name] if form else "" for name in ("since", "until", "staff", "window")},
        "problem": problem,
    }
    return page(visit.request, "reaudits.html", status=422 if problem else 200, **known)


def _one(visit: Visit, batch_id: int, after: int, problem: ServiceError | None = None) -> Response:
    rows = reaudits.list_differences(*visit.asked, batch_id, after=after, limit=_AT_ONCE)
    known: dict[str, Any] = {
        "found": reaudits.get_reaudit(visit.services, batch_id),
        "rows": rows,
        "more": rows[-1].recording_id if len(rows) == _AT_ONCE else None,
        "after": after,
        "states": _STATES,
        "problem": problem,
    }
    return page(visit.request, "reaudit.html", status=422 if problem else 200, **known)
