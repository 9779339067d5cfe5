"""Reports of the centre, its windows and its staff over a time that is chosen: to read, and as files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from pydantic import Field, ValidationError

from service.api import reports
from service.api.schemas import Code, Name
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.store import centre
from service.store.base import now
from service.web import forms
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()


class Shown(reports.Period):
    """As the API's, to be read unless a file is asked for, and with links that lead to pages."""

    place: ClassVar[str] = "/reports"
    home: ClassVar[str] = "/reports"
    codes: ClassVar[str] = "/findings/"
    format: Annotated[Literal["html", "pdf", "docx", "xlsx"], Field(description="格式")] = "html"


Asked = Annotated[Shown, Query()]


@pages.get("/reports", Permission.REPORTS_STAFF, noted=False)
def show(request: Request, services: Wired, who: Visitor) -> Response:
    """Ask of what time, and of whom: nothing is counted before somebody opens a report."""
    asked = {name: value for name in ("since", "until") if (value := request.query_params.get(name, "").strip())}
    errors = _wrong(asked)
    known: dict[str, Any] = _subjects(services, who) | {
        "asked": asked,
        "errors": errors,
        "period": "" if errors else urlencode(asked),
        "ways": _ways(now().astimezone(services.settings.zone).date()),
    }
    return page(request, "reports.html", status=422 if errors else 200, **known)


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
def of_the_centre(services: Wired, who: Visitor, period: Asked) -> Response:
    """Answer with the one page of a director."""
    return reports.centre_report(services, who, period)


@pages.get("/reports/windows/{code}", Permission.REPORTS_WINDOWS)
def of_a_window(services: Wired, who: Visitor, code: Name, period: Asked) -> Response:
    """Answer with the report of everybody who served there."""
    return reports.window_report(services, who, code, period)


@pages.get("/reports/staff/{number}", Permission.REPORTS_STAFF)
def of_staff(services: Wired, who: Visitor, number: Code, period: Asked) -> Response:
    """Answer with the report of one member of staff, with what was said and the clauses."""
    return reports.staff_report(services, who, number, period)
