"""A session that is over, or another than the page was made for: nothing that was typed is lost.

A page that was asked for is reached again after the sign-in. A form that was sent is kept in the page that asks for the
password, and may be sent on afterwards. A script's request is answered with a small sign-in that leaves the page alone.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.api.application import COUNTED
from service.auth.identity import COOKIE, SAFE_METHODS
from service.web import forms
from service.web.rendering import MESSAGES, page, part

TARGET: Final = "kept_for"
KEPT: Final = "kept."


async def sign_in_first(request: Request) -> Response:
    """Lead to the sign-in, and from there back to here with what was typed."""
    over = COOKIE in request.cookies
    if by_script(request):
        return part(request, "part_signin.html", status=401, place=MESSAGES, over=over, problem=None)
    if request.method in SAFE_METHODS:
        way = {"back": forms.here(request)} if request.url.path != "/" else {}
        return RedirectResponse("/signin" + (f"?{urlencode(way)}" if way else ""), 303)
    if request.url.path in COUNTED:  # a stranger's files are not even read
        values: dict[str, object] = {"back": forms.here(request), "target": "", "kept": (), "files": True}
    else:
        form = await forms.read(request)
        values = {"back": "", "target": forms.here(request), "kept": form.fields(), "files": _files(form)}
    return page(request, "signin.html", status=401, over=over, problem=None, name="", **values)


async def send_again(request: Request) -> Response:
    """Answer with the form as it was typed, with the token of the session that is open now."""
    if by_script(request):
        return part(request, "part_resume.html", status=401, place=MESSAGES, fresh_token=True)
    form = await forms.read(request)
    return resumed(request, forms.here(request), form.fields(), _files(form), status=403)


def resumed(
    request: Request, target: str, kept: tuple[tuple[str, str], ...], files: bool, *, status: int = 200
) -> Response:
    """Answer with a page that shows what was typed and sends it on."""
    return page(request, "resume.html", status=status, target=target, kept=kept, files=files)


def kept_fields(form: forms.Form) -> tuple[tuple[str, str], ...]:
    """Return the fields of the form that waited for the sign-in."""
    return tuple((name.removeprefix(KEPT), value) for name, value in form.fields() if name.startswith(KEPT))


def by_script(request: Request) -> bool:
    """Return whether a script asked for a part of a page."""
    return "hx-request" in request.headers


def _files(form: forms.Form) -> bool:
    return any(form.files(name) for name in form.sent)
