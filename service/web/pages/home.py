"""Where everybody begins: the page of their role."""

from __future__ import annotations

from fastapi.responses import RedirectResponse

from service.api.access import Open
from service.web import navigation
from service.web.guard import Pages, Visitor

pages = Pages()


@pages.get("/", Open.SIGNED_IN, noted=False)
def show(who: Visitor) -> RedirectResponse:
    """To the page of one's role."""
    return RedirectResponse(navigation.home(who), 303)
