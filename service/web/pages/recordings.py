"""All recordings that somebody may see, with filters that stand in the address."""

from __future__ import annotations

from fastapi import Request, Response

from service.api import recordings
from service.api.selection import Listing
from service.api.services import Wired
from service.auth.permissions import Permission
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()


@pages.get("/recordings", Permission.RECORDINGS_READ)
def show(request: Request, services: Wired, who: Visitor) -> Response:
    """The newest first."""
    return page(request, "recordings.html", rows=recordings.list_recordings(services, who, Listing()))
