"""A session that is over, or another than the page was made for: nothing that was typed is lost.

A page that was asked for is reached again after the sign-in. A form that was sent is kept in the page that asks for the
password, and may be sent on afterwards. A script's request is answered with a small sign-in that leaves the page alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.api.application import COUNTED
from service.auth.identity import COOKIE, SAFE_METHODS
from service.web import forms, words
from service.web.rendering import MESSAGES, page, part

TARGET: Final = "kept_for"
ORIGIN: Final = "kept_from"
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
        values: dict[str, object] = {"back": forms.here(request), "target": "", "kept": (), "files": True, "origin": ""}
    else:
        form = await forms.read(request)
        values = {"back": "", "target": forms.here(request), "kept": form.fields(), "files": _files(form)}
        values["origin"] = origin(request)
    return page(request, "signin.html", status=401, over=over, problem=None, name="", **values)


async def send_again(request: Request) -> Response:
    """Answer with the form as it was typed, with the token of the session that is open now."""
    if by_script(request):
        return part(request, "part_resume.html", status=401, place=MESSAGES, fresh_token=True)
    form = await forms.read(request)
    kept = Kept(target=forms.here(request), origin=origin(request), fields=form.fields(), files=_files(form))
    return resumed(request, kept, status=403)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A form that waits: where it goes, on which page it stood, what was typed, and whether files were chosen."""

    target: str
    origin: str
    fields: tuple[tuple[str, str], ...]
    files: bool


def resumed(request: Request, kept: Kept, *, status: int = 200) -> Response:
    """Answer with a page that shows what was typed and sends it on."""
    shown = tuple(filter(None, (words.typed(name, value) for name, value in kept.fields)))
    return page(request, "resume.html", status=status, kept=kept, shown=shown)


def origin(request: Request) -> str:
    """Return the page of ours on which a form stood, as browsers tell; the first page where they do not.

    Where a form is sent there is often no page to go back to.
    """
    told = urlsplit(request.headers.get("referer", ""))
    ours = told.hostname == request.url.hostname
    return (forms.local(told.path + (f"?{told.query}" if told.query else "")) if ours else None) or "/"


def waiting(form: forms.Form) -> Kept:
    """Return the form that waited for the sign-in, out of that of the sign-in; without one its target is empty."""
    fields = tuple((name.removeprefix(KEPT), value) for name, value in form.fields() if name.startswith(KEPT))
    target, stood = forms.local(form[TARGET]) or "", forms.local(form[ORIGIN]) or "/"
    return Kept(target=target, origin=stood, fields=fields, files=form["files"] == "yes")


def by_script(request: Request) -> bool:
    """Return whether a script asked for a part of a page."""
    return "hx-request" in request.headers


def _files(form: forms.Form) -> bool:
    return any(form.files(name) for name in form.sent)
