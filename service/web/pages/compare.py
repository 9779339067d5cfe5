"""Windows and people side by side, and the hours of the week: nobody is ranked where it could be chance."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from service.api import comparison
from service.api.comparison import ComparedTime
from service.api.services import Wired
from service.auth.permissions import Permission
from service.web.guard import Pages, Visitor
from service.web.rendering import page
from speechaudit.reports import sameness

pages = Pages()


@pages.get("/compare", Permission.REPORTS_WINDOWS)
def show(request: Request, services: Wired, who: Visitor, span: Annotated[ComparedTime, Query()]) -> Response:
    """Show the comparison."""
    found = comparison.get_comparison(services, who, span)
    hours = {(each.weekday, each.hour): each.score for each in found.hours}
    columns = sorted({each.hour for each in found.hours})
    return page(request, "compare.html", found=found, hours=hours, columns=columns, shade=_shade, sameness=sameness)


def _shade(mean: float) -> int:
    """Return one of six shades for a mean, from 50 points and less to 100."""
    return max(0, min(5, int((mean - 50) // 10)))
