"""设置: everything that steers the centre, each with how it stands."""

from __future__ import annotations

from fastapi import Response

from service.auth.permissions import Permission
from service.web import steering
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visiting

pages = Pages()


@pages.get("/settings", Permission.CENTRE_READ, noted=False)
def show(visit: Visiting) -> Response:
    """List the pages that steer the centre which this person may open."""
    return page(visit.request, "settings.html", groups=steering.seen_by(visit))
