"""The reviewer's desk: one case after the other, by keys or by mouse; what was just decided can be taken back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from service.api import cases, reviews
from service.api.cases import Waiting
from service.api.schemas import Number
from service.auth.permissions import Permission
from service.errors import NotFoundError, ServiceError
from service.web import messages
from service.web.forms import REFUSED, Form, Sent, decision
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
Undo = Annotated[int | None, Query(ge=1)]


@pages.get("/review", Permission.REVIEWS, noted=False)
def show(visit: Visiting, undo: Undo = None) -> Response:
    """Show how much is left, and how far reviewers agree."""
    left = reviews.count_left(*visit.asked, Waiting())
    known: dict[str, Any] = {
        "left": left,
        "agreement": reviews.get_agreement(visit.services),
        "appeals": cases.count_appeals(*visit.asked),
    }
    return page(visit.request, "review.html", undo=undo, **known)


@pages.post("/review", Permission.REVIEWS)
def begin(visit: Visiting) -> Response:
    """Lead to the next case."""
    return _onwards(visit)


@pages.post("/review/skipped", Permission.REVIEWS)
def take_up(visit: Visiting) -> Response:
    """Take up what was skipped once more."""
    reviews.take_up_skipped(*visit.asked)
    return _onwards(visit)


@pages.get("/review/{finding_id}", Permission.REVIEWS)
def show_case(visit: Visiting, finding_id: Number, undo: Undo = None) -> Response:
    """Show one case with all that is needed to decide it."""
    return _case(visit, finding_id, undo=undo)


@pages.post("/review/{finding_id}", Permission.REVIEWS)
def decide(visit: Visiting, finding_id: Number, form: Sent) -> Response:
    """Decide it, and on to the next one."""
    try:
        given = decision(form)
        blind = cases.get_item(*visit.asked, finding_id).second
        (reviews.second_review if blind else reviews.review_finding)(*visit.asked, finding_id, given)
    except REFUSED as problem:
        return _case(visit, finding_id, form=form, problem=problem)
    return _onwards(visit, None if blind else finding_id, "reviewed")


@pages.post("/review/{finding_id}/skip", Permission.REVIEWS)
def skip(visit: Visiting, finding_id: Number) -> Response:
    """Leave it, and on to the next one."""
    reviews.skip_finding(*visit.asked, finding_id)
    return _onwards(visit, None, "skipped")


@pages.post("/review/{finding_id}/undo", Permission.REVIEWS)
def undo(visit: Visiting, finding_id: Number) -> Response:
    """Take a decision back, and lead to the case that was just decided."""
    try:
        reviews.undo_review(*visit.asked, finding_id)
    except REFUSED as problem:
        return _case(visit, finding_id, problem=problem)
    return _keep(visit, finding_id)


@pages.post("/review/{finding_id}/keep", Permission.REVIEWS, noted=False)
def keep(visit: Visiting, finding_id: Number) -> Response:
    """Keep a case on the desk of whoever thinks longer."""
    reviews.claim(*visit.asked, finding_id)
    return Response(status_code=204)


def _keep(visit: Visit, finding_id: int) -> Response:
    try:
        reviews.claim_finding(*visit.asked, finding_id)
    except NotFoundError:  # a mark is gone when it is taken back
        return RedirectResponse("/review", 303)
    response = RedirectResponse(f"/review/{finding_id}", 303)
    messages.say(response, "undone")
    return response


def _onwards(visit: Visit, before: int | None = None, message: messages.Message | None = None) -> Response:
    found, _ = reviews.take(*visit.asked, Waiting())
    way = f"?undo={before}" if before else ""
    response = RedirectResponse((f"/review/{found}" if found else "/review") + way, 303)
    if message:
        messages.say(response, message)
    return response


def _case(
    visit: Visit,
    finding_id: int,
    *,
    form: Form | None = None,
    undo: int | None = None,
    problem: ServiceError | None = None,
) -> Response:
    found = cases.get_item(*visit.asked, finding_id)
    known: dict[str, Any] = {"item": found, "left": reviews.count_left(*visit.asked, Waiting())}
    typed = {"verdict": form["verdict"], "reason": form["reason"]} if form else {"verdict": "", "reason": ""}
    status = 422 if problem else 200
    return page(visit.request, "review_case.html", status=status, problem=problem, undo=undo, **known, **typed)
