"""Windows and staff: pasted from a sheet, looked through, then kept."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.api import imports
from service.api.registry import Named as Kind
from service.api.services import Services, Wired
from service.auth.permissions import Permission
from service.errors import RequestError
from service.web import messages, pasting
from service.web.forms import Sent
from service.web.guard import Pages
from service.web.rendering import page

pages = Pages()


@pages.get("/centre/{kind}", Permission.CENTRE_WRITE, noted=False)
def ask(request: Request, kind: Kind) -> Response:
    """Show the field to paste a table into."""
    return _form(request, kind, "")


@pages.post("/centre/{kind}", Permission.CENTRE_WRITE)
def take(request: Request, services: Wired, kind: Kind, form: Sent) -> Response:
    """Show what was understood, or keep it if that was looked through and nothing is wrong."""
    text = form.raw("table")
    try:
        table = pasting.rows(kind, text)
    except RequestError as problem:
        return _form(request, kind, text, problem=problem, status=422)
    with services.database.read() as session:
        lines = pasting.preview(session, kind, table)
    wrong = any(line.wrong for line in lines)
    if form["step"] != "keep" or wrong or not lines:
        return _form(request, kind, text, lines=lines, wrong=wrong, looked=True, status=422 if wrong else 200)
    return _kept(services, kind, table)


def _kept(services: Services, kind: Kind, table: tuple[tuple[int, dict[str, str]], ...]) -> Response:
    imports.take(services, kind, table)
    response = RedirectResponse("/start", 303)
    messages.say(response, "rows-taken", len(table))
    return response


def _form(request: Request, kind: Kind, text: str, *, status: int = 200, **found: Any) -> Response:
    values: dict[str, Any] = {"problem": None, "lines": (), "wrong": False, "looked": False}
    key, name = pasting.HEADS[kind]
    return page(request, "centre.html", status=status, kind=kind, text=text, key=key, name=name, **(values | found))
