"""What one was told, and where one wants to be told besides."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import notices
from service.api.access import Open
from service.api.notices import ChannelIn, ReadIn
from service.api.schemas import Number
from service.errors import RequestError, ServiceError
from service.web import messages
from service.web.forms import Form, Sent, read_as
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting
from service.wording import EVENTS, TITLES

pages = Pages()
_AT_ONCE: Final = 100
_UNUSABLE = RequestError("通知方式", "没有填写完整", "请选择方式和至少一种事件,填写地址")


@pages.get("/inbox", Open.SIGNED_IN, noted=False)
def show(visit: Visiting) -> Response:
    """Show the newest first; what was not read yet stands out."""
    return _inbox(visit)


@pages.post("/inbox/read", Open.SIGNED_IN, noted=False)
def read(visit: Visiting) -> Response:
    """Mark all of it as read."""
    notices.read_notices(*visit.asked, ReadIn())
    return RedirectResponse("/inbox", 303)


@pages.post("/inbox/{notice_id}/open", Open.SIGNED_IN, noted=False)
def open_one(visit: Visiting, notice_id: Number) -> Response:
    """Mark it as read, and lead on to where something can be done about it."""
    found = notices.get_notice(*visit.asked, notice_id)
    notices.read_notices(*visit.asked, ReadIn(ids=[notice_id]))
    return RedirectResponse(found.link, 303)


@pages.post("/inbox/channels", Open.SIGNED_IN)
def add_channel(visit: Visiting, form: Sent) -> Response:
    """Tell them there, too."""
    sent = {name: form[name] for name in ("kind", "address", "secret")} | {"events": list(form.all("events"))}
    try:
        notices.add_channel(*visit.asked, read_as(ChannelIn, sent, _UNUSABLE))
    except RequestError as problem:
        return _inbox(visit, form, problem)
    response = RedirectResponse("/inbox", 303)
    messages.say(response, "told")
    return response


@pages.post("/inbox/channels/{channel_id}/delete", Open.SIGNED_IN)
def delete_channel(visit: Visiting, channel_id: Number) -> Response:
    """Tell nothing there any more."""
    notices.delete_channel(*visit.asked, channel_id)
    return RedirectResponse("/inbox", 303)


def _inbox(visit: Visit, form: Form | None = None, problem: ServiceError | None = None) -> Response:
    known: dict[str, Any] = {
        "inbox": notices.list_notices(*visit.asked, limit=_AT_ONCE),
        "channels": notices.list_channels(*visit.asked),
        "events": [(each, TITLES[each]) for each in EVENTS],
        "at_once": _AT_ONCE,
        "titles": TITLES,
        "mail": visit.services.settings.smtp_host is not None,
        "chosen": form.all("events") if form else (),
        "kind": form["kind"] if form else "",
        "address": form["address"] if form else "",
    }
    return page(visit.request, "inbox.html", status=422 if problem else 200, problem=problem, **known)
