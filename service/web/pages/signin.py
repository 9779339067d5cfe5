"""Signing in and out. What was typed before a session ended comes back after the sign-in."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.api import account
from service.api.access import Open
from service.api.services import Wired
from service.auth import first
from service.errors import ServiceError, SignInError, ThrottledError
from service.web import forms, lost, messages
from service.web.forms import Form, Sent
from service.web.guard import Pages
from service.web.rendering import page, part

pages = Pages()
_UNUSABLE = SignInError("登录", "用户名或密码不对", "请填写用户名和密码")


@pages.get("/signin", Open.PUBLIC)
def ask(request: Request, services: Wired, back: str = "") -> Response:
    """Show the form; where nobody can sign in yet, lead to the first administrator."""
    if first.missing(services.database):
        return RedirectResponse("/first", 303)
    return _form(request, Form(), back=forms.local(back) or "")


@pages.post("/signin", Open.PUBLIC)
def sign_in(request: Request, services: Wired, form: Sent) -> Response:
    """Open a session and lead to where somebody wanted to go."""
    opened = Response()
    try:
        sent = {"name": form["name"], "password": form.raw("password")}
        account.sign_in(request, opened, services, forms.read_as(account.SignIn, sent, _UNUSABLE))
    except (SignInError, ThrottledError) as problem:
        return _form(request, form, back=form["back"], problem=problem)
    response = _onwards(request, form)
    for cookie in opened.headers.getlist("set-cookie"):
        response.headers.append("set-cookie", cookie)
    return response


def _onwards(request: Request, form: Form) -> Response:
    if lost.by_script(request):
        return part(request, "part_signed_in.html", fresh_token=True)
    if (kept := lost.waiting(form)).target:
        return lost.resumed(request, kept)
    return RedirectResponse(forms.local(form["back"]) or "/", 303)


def _form(request: Request, form: Form, *, back: str, problem: ServiceError | None = None) -> Response:
    values: dict[str, Any] = {"problem": problem, "name": form["name"], "over": False}
    status = 200 if problem is None else 429 if isinstance(problem, ThrottledError) else 401
    if lost.by_script(request):
        return part(request, "part_signin.html", status=status, **values)
    kept = lost.waiting(form)
    waiting = {"target": kept.target, "origin": kept.origin, "kept": kept.fields, "files": kept.files}
    return page(request, "signin.html", status=status, back=forms.local(back) or "", **waiting, **values)


@pages.post("/signout", Open.HALF)
def sign_out(request: Request, services: Wired) -> Response:
    """End this session."""
    response = RedirectResponse("/signin", 303)
    account.sign_out(request, response, services)
    messages.say(response, "signed-out")
    return response
