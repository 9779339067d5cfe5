"""Reviews and appeals of those whom somebody may see: what can be contested, what waits, what became of it."""

from __future__ import annotations

from datetime import datetime
from math import ceil

from fastapi import Request, Response

from service.api import cases
from service.api.cases import Waiting
from service.api.services import Wired
from service.auth.permissions import Permission
from service.store import centre
from service.store.base import now
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()
_MOST = 200


@pages.get("/cases", Permission.RECORDINGS_READ)
def show(request: Request, services: Wired, who: Visitor) -> Response:
    """For staff their own, for leads those of their windows, for others all."""
    chosen = Waiting(limit=_MOST)
    terms = cases.list_terms(services, who, chosen) if Permission.APPEALS in who.permissions else []
    found = cases.list_cases(services, who, chosen)
    waiting = [each for each in found if each.state == "appealed"]
    with services.database.read() as session:
        number = session.get_one(centre.Staff, who.staff_id).number if who.staff_id else None
    rest = [each for each in found if each.state != "appealed"]
    return page(request, "cases.html", terms=terms, waiting=waiting, rest=rest, number=number, days_left=days_left)


def days_left(until: datetime) -> int:
    """Days that remain, a begun one counted."""
    return max(0, ceil((until - now()).total_seconds() / 86400))
