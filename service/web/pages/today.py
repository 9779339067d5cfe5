"""今日: what an inspector, a director and the lead of windows see first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response

from service.api import overview, reaudits
from service.api.overview import TodayOut
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.store.reaudits import BatchStatus
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
        judged_again=_judged_again(services, who),
    )


def _judged_again(services: Services, who: Identity) -> str:
    """Tell of re-audits that run or wait to be looked at; empty without any, and to who may not see them."""
    if Permission.REAUDITS not in who.permissions:
        return ""
    states = Counter(each.status for each in reaudits.list_reaudits(services))
    told: tuple[tuple[BatchStatus, str], ...] = (("running", "次正在判定"), ("ready", "次等待确认"))
    return "，".join(f"{states[state]} {words}" for state, words in told if states[state])


def _troubles(day: TodayOut) -> int:
    """Count what does not work of the installation."""
    if day.queue is None or day.sources is None:
        return 0
    wrong = (day.queue.workers == 0, bool(day.queue.failing), day.queue.disk_low)
    return sum(wrong) + sum(each.silent for each in day.sources)
