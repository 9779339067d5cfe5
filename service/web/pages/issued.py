"""Reports that were issued: the list, each as it was issued, what changed since, and a form to issue one."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

from fastapi import Query, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from service.api import issued
from service.api.issued import IssuedAsked, IssuedListing, IssueIn
from service.api.schemas import Number
from service.auth.permissions import Permission
from service.store import centre
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()


class IssuedShown(IssuedAsked):
    """As the API's, to be read unless a file is asked for, and with links that lead to pages."""

    home: ClassVar[str] = "/reports/issued"
    place: ClassVar[str] = "/reports/issued"
    codes: ClassVar[str] = "/findings/"
    format: Annotated[Literal["html", "pdf", "docx", "xlsx"], Field(description="格式")] = "html"


class IssuedChosen(IssuedListing):
    """Which page of the list, and what the form to issue one begins with."""

    of: Annotated[str, Field(max_length=300)] = ""
    since: Annotated[str, Field(max_length=30)] = ""
    until: Annotated[str, Field(max_length=30)] = ""
    replaces: Annotated[str, Field(max_length=30)] = ""


@pages.get("/reports/issued", Permission.REPORTS_STAFF)
def list_of_issued(visit: Visiting, listing: Annotated[IssuedChosen, Query()]) -> Response:
    """List what was issued, newest first."""
    return _list(visit, listing)


def _list(visit: Visit, asked: IssuedChosen, form: Form | None = None, problem: Exception | None = None) -> Response:
    found = issued.list_issued(*visit.asked, IssuedListing(cursor=asked.cursor, limit=asked.limit))
    begun: dict[str, str] = {name: form[name] if form else getattr(asked, name) for name in _FIELDS}
    subjects: dict[str, Any] = {"people": (), "windows": ()}
    if Permission.REPORTS_CENTRE in visit.who.permissions:
        with visit.services.database.read() as session:
            subjects = {"people": centre.staff(session), "windows": centre.windows(session)}
    status = 422 if problem else 200
    return page(visit.request, "issued.html", status=status, found=found, asked=begun, problem=problem, **subjects)


_FIELDS: Final = ("of", "since", "until", "replaces")


@pages.post("/reports/issued", Permission.REPORTS_CENTRE)
def issue(visit: Visiting, form: Sent) -> Response:
    """Issue a report, and show it."""
    kind, _, code = form["of"].partition(":")
    told = {"since": form["since"], "until": form["until"], "replaces": form["replaces"] or None}
    if kind in {"staff", "window"}:
        told[kind] = code
    try:
        made = issued.issue(*visit.asked, read_told(IssueIn, told))
    except REFUSED as problem:
        return _list(visit, IssuedChosen(), form, problem)
    return RedirectResponse(f"/reports/issued/{made.id}", 303)


@pages.get("/reports/issued/{issued_id}", Permission.REPORTS_STAFF)
def show_issued(visit: Visiting, issued_id: Number, asked: Annotated[IssuedShown, Query()]) -> Response:
    """Show a report as it was issued, or give it as a file."""
    return issued.show_issued(*visit.asked, issued_id, asked)


@pages.get("/reports/issued/{issued_id}/difference", Permission.REPORTS_STAFF)
def show_difference(visit: Visiting, issued_id: Number) -> Response:
    """Show what changed since a report was issued."""
    found = issued.show_difference(*visit.asked, issued_id)
    report = issued.get_issued(*visit.asked, issued_id)
    return page(visit.request, "issued_difference.html", found=found, report=report)
