"""Where everybody begins: the page of their role."""

from __future__ import annotations

from fastapi.responses import RedirectResponse

from service.api import recordings
from service.api.access import Open
from service.api.selection import Listing
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.web import navigation
from service.web.guard import Pages, Visitor

pages = Pages()


@pages.get("/", Open.SIGNED_IN, noted=False)
def show(services: Wired, who: Visitor) -> RedirectResponse:
    """Lead to the page of one's role; to the first steps as long as nothing was heard."""
    fresh = Permission.CENTRE_WRITE in who.permissions and not _heard(services, who)
    return RedirectResponse("/start" if fresh else navigation.home(who), 303)


def _heard(services: Services, who: Identity) -> bool:
    who.require(Permission.RECORDINGS_READ)
    return bool(recordings.list_recordings(services, who, Listing(limit=1, status="done")).items)
