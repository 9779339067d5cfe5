"""声纹: who has a voice profile, who agreed to it, and taking that back."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import centre, voices
from service.api.access import Open
from service.api.schemas import Code
from service.api.voices import ConsentIn
from service.auth.permissions import Permission
from service.errors import RequestError, ServiceError
from service.web import messages
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.standing import Stands
from service.web.visit import Visit, Visiting

pages = Pages()


@pages.get("/voices", Permission.PERSONAL_READ)
def show_voices(visit: Visiting) -> Response:
    """List who has a profile or agreed to one, and offer to note a consent."""
    return _page(visit)


@pages.post("/voices", Permission.CENTRE_WRITE)
def note(visit: Visiting, form: Sent) -> Response:
    """Note that somebody agreed."""
    try:
        if not form["staff"]:
            raise RequestError("staff", "请填写", "")
        given = read_told(ConsentIn, {"given_on": form["given_on"], "text": form["text"] or voices.TEXT})
        voices.note_consent(*visit.asked, form["staff"], given)
    except REFUSED as problem:
        return _page(visit, form, problem)
    return _done("consent-noted")


@pages.post("/voices/{number}/withdraw", Permission.CENTRE_WRITE)
def withdraw(visit: Visiting, number: Code) -> Response:
    """Take a consent back: the profile is deleted."""
    voices.withdraw_consent(*visit.asked, number)
    return _done("voice-deleted")


@pages.get("/voice", Open.SIGNED_IN)
def show_own(visit: Visiting) -> Response:
    """Show to a member of staff what is kept of their voice and what they agreed to."""
    member = visit.who.staff_id is not None
    found = voices.get_own_voice(*visit.asked) if member else None
    return page(visit.request, "voice.html", found=found, member=member)


@pages.post("/voice/withdraw", Open.SIGNED_IN)
def withdraw_own(visit: Visiting) -> Response:
    """Take one's own consent back: the profile is deleted."""
    voices.withdraw_own_consent(*visit.asked)
    return _done("voice-deleted", "/voice")


def stands(visit: Visit) -> Stands:
    """Return how many profiles are used, and whether some are there that nobody agreed to."""
    found = voices.list_voices(visit.services)
    loose = sum(each.profile is not None and not each.used for each in found)
    if loose:
        return Stands(text=f"{loose} 个声纹没有有效的同意，不使用", kind="wait")
    used = sum(each.used for each in found)
    return Stands(text=f"{used} 位有声纹，都有同意" if used else "没有声纹")


def _done(message: messages.Message, way: str = "/voices") -> Response:
    response = RedirectResponse(way, 303)
    messages.say(response, message)
    return response


def _page(visit: Visit, form: Form | None = None, problem: ServiceError | None = None) -> Response:
    typed = {name: form[name] if form else "" for name in ("staff", "given_on")}
    return page(
        visit.request,
        "voices.html",
        status=422 if problem else 200,
        problem=problem,
        found=voices.list_voices(visit.services),
        people=[(each.number, each.name) for each in centre.list_staff(visit.services) if each.active],
        folder=visit.services.settings.voices,
        may_write=Permission.CENTRE_WRITE in visit.who.permissions,
        typed=typed | {"text": form["text"] if form else voices.TEXT},
    )
