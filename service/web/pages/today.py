"""今日: what an inspector, a director and the lead of windows see first."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response

from service.api import overview
from service.api.overview import TodayOut
from service.api.services import Wired
from service.auth.permissions import Permission
from service.web import trends
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()
_STANDINGS: Final = {"below": 0, "open": 1, "above": 2, "few": 3, "none": 4}
_SHOWN: Final = 12


@pages.get("/today", Permission.REPORTS_WINDOWS)
def show(request: Request, services: Wired, who: Visitor) -> Response:
    """Show what came, what waits, and how the windows fare."""
    day = overview.get_overview(services, who)
    windows = sorted(day.windows, key=lambda each: _STANDINGS[each.score.standing])
    week = urlencode({"since": day.at.date() - timedelta(days=6)})
    return page(
        request,
        "today.html",
        day=day,
        first=windows[:_SHOWN],
        others=windows[_SHOWN:],
        week=week,
        trend=trends.daily(day.days, day.pass_mark),
        spark=trends.weekly,
        waiting=sum(each.waiting for each in day.doubts),
        silent=[each for each in day.sources or () if each.silent],
        troubles=_troubles(day),
    )


def _troubles(day: TodayOut) -> int:
    """Count what does not work of the installation."""
    if day.queue is None or day.sources is None:
        return 0
    wrong = (day.queue.workers == 0, bool(day.queue.failing), day.queue.disk_low)
    return sum(wrong) + sum(each.silent for each in day.sources)
