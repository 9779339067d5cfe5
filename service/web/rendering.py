"""Templates and what all of them share: who looks, navigation, addresses of assets, times by the centre's clock."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from service.api import services as wired
from service.auth.identity import Identity
from service.store import notices
from service.store.base import now
from service.web import assets, messages, navigation, words
from speechaudit.reports import words as report_words
from speechaudit.text import clock

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# Nothing is evaluated, nothing is kept in the browser, and answers that are errors are shown where they belong.
_HTMX: Final = json.dumps({
    "allowEval": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "responseHandling": [{"code": "204", "swap": False}, {"code": "...", "swap": True}],
})  # fmt: skip


MESSAGES: Final = "#messages"  # where every page says what happened


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Answer with what the template makes of these values: a page, or the part of one that a script asked for."""
    nonce = secrets.token_urlsafe(16)
    known = _shared(request) | {"nonce": nonce} | values
    response = HTMLResponse(_environment().get_template(template).render(known), status)
    response.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
    response.headers["Vary"] = "Cookie, HX-Request"
    if known["message"] is not None:
        response.delete_cookie(messages.COOKIE)
    return response


def part(
    request: Request, template: str, *, status: int = 200, place: str = "", fresh_token: bool = False, **values: Any
) -> Response:
    """Answer with the part of a page that a script asked for, put at `place` instead of where it wanted it.

    `fresh_token`: a session began within the page, and its forms take over the token of that.
    """
    response = page(request, template, status=status, **values)
    if place:
        response.headers.update({"HX-Retarget": place, "HX-Reswap": "innerHTML"})
    if fresh_token:
        response.headers["HX-Trigger"] = json.dumps({"speechaudit:csrf": request.state.who.csrf})
    return response


def _shared(request: Request) -> dict[str, Any]:
    who: Identity | None = getattr(request.state, "who", None)
    settings = wired.of(request).settings
    return {
        "who": who,
        "csrf": who.csrf if who else "",
        "unread": _unread(request, who),
        "entries": navigation.entries(who) if who else (),
        "path": request.url.path,
        "query": request.query_params,
        "message": messages.said(request),
        "zone": settings.zone,
        "zone_name": words.zone(settings.zone, now()),
        "idle_minutes": settings.session_idle_minutes,
        "htmx_config": _HTMX,
    }


def _unread(request: Request, who: Identity | None) -> int:
    """Count the notices that wait; 0 for a part of a page, which does not show it."""
    if who is None or who.user_id is None or "hx-request" in request.headers:
        return 0
    with wired.of(request).database.read() as session:
        return notices.unread(session, who.user_id)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"static": assets.address, "words": words}
    environment.filters |= {
        "when": _when,
        "to_the_second": _to_the_second,
        "parsed": datetime.fromisoformat,
        "day_and_time": _day_and_time,
        "clock": clock,
        "second": _second,
        "number": report_words.number,
        "score": report_words.score,
        "score_range": report_words.score_range,
        "percent": report_words.percent,
        "plain_json": _plain_json,
    }
    return environment


def _plain_json(value: object) -> str:
    """Return a value as people may have written it: with its Chinese, not as codes."""
    return json.dumps(value, ensure_ascii=False)


def _second(seconds: float) -> str:
    """Return a moment for addresses and scripts, to the hundredth of a second."""
    return f"{seconds:.2f}".rstrip("0").rstrip(".")


@pass_context
def _when(context: Context, moment: datetime | None, unknown: str = "未登记") -> str:
    """Return date and time to the minute by the centre's clock, whose zone stands at the foot of each page."""
    zone: ZoneInfo = context["zone"]
    return unknown if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


@pass_context
def _to_the_second(context: Context, moment: datetime) -> str:
    """Return date and time to the second by the centre's clock."""
    zone: ZoneInfo = context["zone"]
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


@pass_context
def _day_and_time(context: Context, moment: datetime) -> str:
    """Return day of the month and time, where the year is plain, by the centre's clock."""
    zone: ZoneInfo = context["zone"]
    return moment.astimezone(zone).strftime("%m-%d %H:%M")
