"""排班: who sits where and when. It is what tells whose words a recording without a name holds."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Final

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from service.api import centre
from service.api.centre import RosterOut
from service.api.schemas import Number
from service.auth.permissions import Permission
from service.errors import ServiceError
from service.store.base import now
from service.web import choices, messages, registering
from service.web.forms import REFUSED, Form, Sent
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
MOST_SHOWN: Final = 200
_TWO_DAYS, _TWO_WEEKS = timedelta(days=1), timedelta(days=13)  # of everybody, and of whom somebody looks for
_FIELDS: Final = ("window", "staff", "starts_at", "ends_at")


@pages.get("/settings/rosters", Permission.CENTRE_READ)
def show_rosters(
    visit: Visiting,
    since: date | None = None,
    until: date | None = None,
    text: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """List who sits where from one day to another: today and tomorrow, if nothing is said."""
    return _list(visit, since, until, text.strip())


@pages.post("/settings/rosters", Permission.CENTRE_WRITE)
def put_roster(visit: Visiting, form: Sent) -> Response:
    """Note a turn, or when one that was noted ends."""
    told = {
        "window": form["window"],
        "number": form["staff"],
        "starts_at": form["starts_at"],
        "ends_at": form["ends_at"],
    }
    try:
        outcome = registering.put(visit, "rosters", told)
    except REFUSED as problem:
        return _list(visit, form=form, problem=problem)
    return _on(form, "entry-same" if outcome == "same" else "entry-added" if outcome == "new" else "entry-changed")


@pages.post("/settings/rosters/{roster_id}/delete", Permission.CENTRE_WRITE)
def delete_roster(visit: Visiting, roster_id: Number, form: Sent) -> Response:
    """Forget a turn."""
    try:
        centre.delete_roster(visit.services, roster_id)
    except REFUSED as problem:
        return _list(visit, problem=problem)
    return _on(form, "entry-deleted")


def _on(form: Form, message: messages.Message) -> Response:
    """Lead back to the day of the turn that it was about."""
    try:
        day = f"?since={datetime.fromisoformat(form['starts_at']).date()}"
    except ValueError:
        day = ""
    response = RedirectResponse(f"/settings/rosters{day}", 303)
    messages.say(response, message)
    return response


def of_today(visit: Visit) -> list[RosterOut]:
    """Return who sits where today."""
    today = now().astimezone(visit.services.settings.zone).date()
    return centre.list_rosters(*visit.asked, today, today)


def _list(
    visit: Visit,
    since: date | None = None,
    until: date | None = None,
    text: str = "",
    *,
    form: Form | None = None,
    problem: ServiceError | None = None,
) -> Response:
    first = since or now().astimezone(visit.services.settings.zone).date()
    last = until or first + (_TWO_WEEKS if text else _TWO_DAYS)
    try:
        everything = centre.list_rosters(*visit.asked, first, last)
    except REFUSED as wrong:
        everything, problem = [], wrong
    found = [each for each in everything if registering.among(text, *_told(each))]
    known = choices.places(visit.services, active=True)
    return page(
        visit.request,
        "rosters.html",
        status=422 if problem else 200,
        problem=problem,
        found=found[:MOST_SHOWN],
        matching=len(found),
        since=first,
        until=last,
        text=text,
        typed={name: form[name] if form else "" for name in _FIELDS},
        may=Permission.CENTRE_WRITE in visit.who.permissions,
        windows=choices.told_windows(known),
        staff=known["staff"],
    )


def _told(turn: RosterOut) -> tuple[str, ...]:
    return turn.window.code, turn.window.name, turn.staff.number, turn.staff.name
