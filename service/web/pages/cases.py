"""Reviews and appeals of those whom somebody may see: what can be contested, what waits, what became of it."""

from __future__ import annotations

from datetime import datetime
from math import ceil
from typing import Any

from fastapi import Request, Response

from service.api import cases
from service.api.services import Wired
from service.auth.permissions import Permission
from service.store import centre
from service.store.base import now
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()


@pages.get("/cases", Permission.RECORDINGS_READ)
def show(
    request: Request,
    services: Wired,
    who: Visitor,
    terms: str | None = None,
    waiting: str | None = None,
    rest: str | None = None,
) -> Response:
    """Show to staff their own, to leads those of their windows, to others all. Each list has pages of its own."""
    with services.database.read() as session:
        number = session.get_one(centre.Staff, who.staff_id).number if who.staff_id else None
    known: dict[str, Any] = {
        "terms": cases.page_of_terms(services, who, terms) if Permission.APPEALS in who.permissions else None,
        "appeals": cases.count_appeals(services, who),
        "waiting": cases.page_of_cases(services, who, appealed=True, cursor=waiting),
        "rest": cases.page_of_cases(services, who, appealed=False, cursor=rest),
        "turned": {"terms": terms, "waiting": waiting, "rest": rest},
    }
    return page(request, "cases.html", **known, number=number, days_left=days_left)


def days_left(until: datetime) -> int:
    """Count the days that remain, a begun one included."""
    return max(0, ceil((until - now()).total_seconds() / 86400))
