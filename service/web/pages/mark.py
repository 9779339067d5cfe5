"""A sentence that the program missed: which rule it breaks, and why."""

from __future__ import annotations

from operator import itemgetter
from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from service.api import recordings, reviews
from service.api.reviews import MarkIn
from service.api.schemas import Number
from service.auth.permissions import Permission
from service.errors import RequestError, ServiceError
from service.store.reviews.marking import choice
from service.web import messages
from service.web.forms import REFUSED, Form, Sent, read_as
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting
from speechaudit.model import Span
from speechaudit.reviews import is_silent

pages = Pages()
Moment = Annotated[float, Query(ge=0, le=864000, allow_inf_nan=False)]
_EMPTY = RequestError("规则和理由", "没有填写完整", "请选择规则,写明理由")


@pages.get("/recordings/{recording_id}/mark", Permission.REVIEWS)
def ask(visit: Visiting, recording_id: Number, start: Moment = 0.0, end: Moment = 0.0) -> Response:
    """Show the sentence, and the rules that found nothing in its service."""
    return _form(visit, recording_id, Span(start=start, end=max(start, end)))


@pages.post("/recordings/{recording_id}/mark", Permission.REVIEWS)
def mark(visit: Visiting, recording_id: Number, form: Sent) -> Response:
    """Enter the mark, which counts from now on."""
    try:
        given = read_as(MarkIn, {name: form[name] for name in ("start", "end", "rule", "reason")}, _EMPTY)
        found = reviews.mark_sentence(*visit.asked, recording_id, given)
    except REFUSED as problem:
        return _form(visit, recording_id, _span(form), form, problem)
    response = RedirectResponse(f"/cases/{found.id}", 303)
    messages.say(response, "marked")
    return response


def _span(form: Form) -> Span:
    try:
        start, end = float(form["start"]), float(form["end"])
    except ValueError:
        return Span(start=0.0, end=0.0)
    return Span(start=start, end=end)


def _form(
    visit: Visit,
    recording_id: int,
    span: Span,
    form: Form | None = None,
    problem: ServiceError | None = None,
) -> Response:
    chosen = choice(recordings.audit_of(*visit.asked, recording_id), span)
    silent = {(each.rule, each.title) for each in chosen.findings if is_silent(each)} if chosen else set()
    known: dict[str, Any] = {
        "span": span,
        "said": chosen.said if chosen else (),
        "rules": sorted(silent, key=itemgetter(1)),
        "recording_id": recording_id,
    }
    typed = {name: form[name] if form else "" for name in ("rule", "reason")}
    return page(visit.request, "mark.html", status=422 if problem else 200, problem=problem, **known, **typed)
