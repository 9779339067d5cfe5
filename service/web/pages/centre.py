"""Windows, staff, extensions and rosters: pasted or as a file, looked through, then kept."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.api import imports, previewing
from service.api.registry import Kind
from service.api.services import Services, Wired
from service.api.tables import HEADS, Row
from service.auth.permissions import Permission
from service.errors import RequestError
from service.web import forms, messages, pasting
from service.web.forms import Form, Sent
from service.web.guard import Pages
from service.web.rendering import page

pages = Pages()
LISTS: Final[dict[Kind, str]] = {
    "staff": "/settings/centre/staff",
    "windows": "/settings/centre/windows",
    "extensions": "/settings/extensions",
    "rosters": "/settings/rosters",
}


@pages.get("/centre/{kind}", Permission.CENTRE_WRITE, noted=False)
def ask(request: Request, kind: Kind) -> Response:
    """Show the field to paste a table into, and the one for a file."""
    return _form(request, kind, "")


@pages.get("/centre/{kind}/example", Permission.CENTRE_WRITE, noted=False)
def example(kind: Kind) -> Response:
    """Give a table that can be filled in."""
    return imports.example_table(kind)


@pages.post("/centre/{kind}", Permission.CENTRE_WRITE)
def take(request: Request, services: Wired, kind: Kind, form: Sent) -> Response:
    """Show what would change, or keep it if that was looked through and nothing is wrong."""
    text = form.raw("table")
    try:
        text, fresh = _table(kind, form)
        table = pasting.rows(kind, text)
    except RequestError as problem:
        return _form(request, kind, text, problem=problem, status=422)
    with services.database.read() as session:
        found = previewing.preview(session, kind, table, services.settings.zone)
    wrong = found.counts["wrong"]
    if form["step"] != "keep" or fresh or wrong or not found.total:
        return _form(request, kind, text, found=found, status=422 if wrong else 200)
    return _kept(request, services, kind, table)


def _table(kind: Kind, form: Form) -> tuple[str, bool]:
    """Return the table as text, and whether it comes from a file that nobody has looked through yet."""
    if not (chosen := form.files("file")):
        return form.raw("table"), False
    return pasting.as_text(kind, chosen[0].file.read()), True


def _kept(request: Request, services: Services, kind: Kind, table: tuple[tuple[int, Row], ...]) -> Response:
    imports.take(services, kind, table)
    response = RedirectResponse(forms.local(request.query_params.get("back")) or LISTS[kind], 303)
    messages.say(response, "rows-taken", len(table))
    return response


def _form(request: Request, kind: Kind, text: str, *, status: int = 200, **found: Any) -> Response:
    values: dict[str, Any] = {"problem": None, "found": None, "heads": HEADS[kind], "listed": LISTS[kind]}
    return page(request, "centre.html", status=status, kind=kind, text=text, **(values | found))
