"""Reports of the centre, its windows and its staff over a time that is chosen: to read, and as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar, Final, Literal
from urllib.parse import urlencode

from fastapi import Query, Response
from fastapi.responses import RedirectResponse
from pydantic import Field, ValidationError

from service.api import reports
from service.api.schemas import Code, Name
from service.api.services import Services
from service.auth import rows
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import RequestError
from service.issuing.drafting import Days
from service.store import Filters, centre, issued, lists
from service.store.base import now
from service.web import forms
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()


class Shown(reports.Period):
    """As the API's, to be read unless a file is asked for, and with links that lead to pages."""

    place: ClassVar[str] = "/reports"
    home: ClassVar[str] = "/reports"
    codes: ClassVar[str] = "/findings/"
    format: Annotated[Literal["html", "pdf", "docx", "xlsx"], Field(description="格式")] = "html"


Asked = Annotated[Shown, Query()]


@pages.get("/reports", Permission.REPORTS_STAFF, noted=False)
def show(visit: Visiting) -> Response:
    """Ask of what time, and of whom: nothing is counted before somebody opens a report."""
    told = visit.request.query_params
    asked = {name: value for name in _TIMES if (value := told.get(name, "").strip())}
    return _choice(visit, asked, _wrong(asked))


_TIMES: Final = ("since", "until")
_ISSUED: Final = "整月的窗口和中心报告在“已签发的报告”里,没有上限,也有 Excel"


def _choice(visit: Visit, asked: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    services, who = visit.asked
    known: dict[str, Any] = _subjects(services, who) | {
        "asked": asked,
        "errors": errors,
        "period": "" if errors else urlencode(asked),
        "ways": _ways(_today(visit)),
    }
    return page(visit.request, "reports.html", status=422 if errors and asked else 200, **known)


def _today(visit: Visit) -> date:
    return now().astimezone(visit.services.settings.zone).date()


def _wrong(asked: Mapping[str, str]) -> dict[str, str]:
    try:
        Shown.model_validate(asked)
    except ValidationError as problem:
        return forms.complaints(problem)
    return {}


def _ways(today: date) -> list[tuple[str, str]]:
    """Return the times that are asked for most, as (title, query)."""
    month = today.replace(day=1)
    last = month - timedelta(days=1)
    spans = (
        ("本月", month, today),
        ("上月", last.replace(day=1), last),
        ("今年", today.replace(month=1, day=1), today),
    )
    return [(title, urlencode({"since": since, "until": until})) for title, since, until in spans]


def _subjects(services: Services, who: Identity) -> dict[str, Any]:
    """Return whose reports may be seen: staff see their own, a lead those of the own windows, others all."""
    with services.database.read() as session:
        if who.role == "staff":
            own = session.get(centre.Staff, who.staff_id) if who.staff_id else None
            return {"staff": [own] if own else [], "windows": []}
        allowed = rows.window_ids(who)
        windows = [each for each in centre.windows(session) if allowed is None or each.id in allowed]
        return {"staff": centre.staff(session), "windows": windows}


@pages.get("/reports/centre", Permission.REPORTS_CENTRE)
def of_the_centre(visit: Visiting, period: Asked) -> Response:
    """Answer with the one page of a director; where all times are too much for it, with that of the last month."""
    return _made(visit, period, lambda: reports.centre_report(*visit.asked, period), _of_a_month)


@pages.get("/reports/windows/{code}", Permission.REPORTS_WINDOWS)
def of_a_window(visit: Visiting, code: Name, period: Asked) -> Response:
    """Answer with the report of everybody who served there."""
    return _made(visit, period, lambda: reports.window_report(*visit.asked, code, period))


@pages.get("/reports/staff/{number}", Permission.REPORTS_STAFF)
def of_staff(visit: Visiting, number: Code, period: Asked) -> Response:
    """Answer with the report of one member of staff, with what was said and the clauses."""
    return _made(visit, period, lambda: reports.staff_report(*visit.asked, number, period))


def _made(
    visit: Visit,
    period: Shown,
    make: Callable[[], Response],
    instead: Callable[[Visit, Shown], str | None] = lambda *_: None,
) -> Response:
    """Make a report. What is too much for one leads to what there is `instead`, or to the choice of a time."""
    try:
        return make()
    except RequestError as problem:
        if problem.where != "since":
            raise
        if way := instead(visit, period):
            return RedirectResponse(way, 303)
        return _choice(visit, _dated(period), {"since": f"{problem.problem},{problem.cure};{_ISSUED}"})


def _dated(period: Shown) -> dict[str, str]:
    return {name: when.isoformat() for name in _TIMES if (when := getattr(period, name))}


def _of_a_month(visit: Visit, period: Shown) -> str | None:
    """Return where the centre's report of the last whole month is; of a month that is too much, as it was issued."""
    if not _dated(period):
        if (month := _last_month(visit)) is None:
            return None
        days = Days.of_month(month)
        more = {"format": period.format, "annex": str(period.annex).lower()}
        return f"/reports/centre?{urlencode({'since': days.since, 'until': days.until, **more})}"
    if not isinstance(period.since, date):
        return None
    month = f"{period.since:%Y-%m}"
    if (days := Days.of_month(month)) != Days(since=period.since, until=period.until or date.max):
        return None
    with visit.services.database.read() as session:
        number = issued.of_occasion(session, f"{month} centre")
    return f"/reports/issued/{number}?format={period.format}" if number else None


def _last_month(visit: Visit) -> str | None:
    """Return the last month (2026-03) that is over and of which there is anything."""
    zone = visit.services.settings.zone
    begun = datetime.combine(_today(visit).replace(day=1), time(), zone)
    with visit.services.database.read() as session:
        last = lists.latest(session, Filters(until=begun))
    return f"{last.astimezone(zone):%Y-%m}" if last else None
