"""One case: the finding, what everybody said, and what whoever looks may do: appeal, comment, decide."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import cases
from service.api.cases import AppealIn, CaseOut, CommentIn
from service.api.review_items import ReviewItemOut
from service.api.schemas import Number
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import NotFoundError, RequestError, ServiceError
from service.web import messages
from service.web.forms import REFUSED, Form, Sent, decision, read_as
from service.web.guard import Pages
from service.web.pages.cases import days_left
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
_EMPTY = RequestError("理由", "没有填写,或太长", "请写明理由,2000 字以内")


@pages.get("/cases/{finding_id}", Permission.RECORDINGS_READ)
def show(visit: Visiting, finding_id: Number) -> Response:
    """Show the whole case."""
    return _shown(visit, finding_id)


@pages.post("/cases/{finding_id}/appeal", Permission.APPEALS)
def appeal(visit: Visiting, finding_id: Number, form: Sent) -> Response:
    """Contest a finding."""

    def act() -> None:
        cases.appeal_finding(*visit.asked, finding_id, read_as(AppealIn, {"reason": form["reason"]}, _EMPTY))

    return _done(visit, finding_id, form, act, "appealed")


@pages.post("/cases/{finding_id}/withdraw", Permission.APPEALS)
def withdraw(visit: Visiting, finding_id: Number, form: Sent) -> Response:
    """Take the appeal back."""

    def act() -> None:
        cases.withdraw_appeal(*visit.asked, finding_id)

    return _done(visit, finding_id, form, act, "withdrawn")


@pages.post("/cases/{finding_id}/comment", Permission.COMMENTS)
def comment(visit: Visiting, finding_id: Number, form: Sent) -> Response:
    """Add something."""

    def act() -> None:
        cases.add_comment(*visit.asked, finding_id, read_as(CommentIn, {"text": form["text"]}, _EMPTY))

    return _done(visit, finding_id, form, act, "commented")


@pages.post("/cases/{finding_id}/decision", Permission.REVIEWS)
def decide(visit: Visiting, finding_id: Number, form: Sent) -> Response:
    """Decide the appeal."""

    def act() -> None:
        cases.decide_appeal(*visit.asked, finding_id, decision(form))

    return _done(visit, finding_id, form, act, "decided")


def _done(
    visit: Visit,
    finding_id: int,
    form: Form,
    act: Callable[[], None],
    message: messages.Message,
) -> Response:
    try:
        act()
    except REFUSED as problem:
        return _shown(visit, finding_id, form=form, problem=problem)
    response = RedirectResponse(f"/cases/{finding_id}", 303)
    messages.say(response, message)
    return response


def _shown(visit: Visit, finding_id: int, *, form: Form | None = None, problem: ServiceError | None = None) -> Response:
    item = cases.get_item(*visit.asked, finding_id)
    case = _case(visit, finding_id)
    known = {"item": item, "case": case, "may": _may(visit.who, item, case), "days_left": days_left}
    typed = {name: form[name] if form else "" for name in ("reason", "text", "verdict")}
    return page(visit.request, "case.html", status=422 if problem else 200, problem=problem, **known, **typed)


def _case(visit: Visit, finding_id: int) -> CaseOut | None:
    try:
        return cases.get_case(*visit.asked, finding_id)
    except NotFoundError:
        return None


def _own_last(case: CaseOut | None) -> bool:
    """Return whether the last act, comments aside, was a review or a mark of whoever looks."""
    acts = [each for each in case.events if each.action != "comment"] if case else []
    return bool(acts) and acts[-1].action in {"review", "mark"} and acts[-1].mine


def _may(who: Identity, item: ReviewItemOut, case: CaseOut | None) -> frozenset[str]:
    """Return what is offered; whether it is accepted, the case itself says."""
    state = case.state if case else ""
    open_appeal = state == "appealed"
    offered = {
        "appeal": Permission.APPEALS in who.permissions and item.appeal_until is not None,
        "withdraw": Permission.APPEALS in who.permissions and open_appeal,
        "comment": Permission.COMMENTS in who.permissions and state not in {"", "decided"},
        "decide": Permission.REVIEWS in who.permissions and open_appeal,
        "undo": Permission.REVIEWS in who.permissions and _own_last(case),
        "review": Permission.REVIEWS in who.permissions and not open_appeal and state != "decided" and item.current,
    }
    return frozenset(name for name, offered_now in offered.items() if offered_now)
