"""One's own password."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from service.api import account
from service.api.access import Open
from service.api.services import Services, Wired
from service.auth import passwords
from service.auth.identity import Identity
from service.errors import ForbiddenError, RequestError, ServiceError
from service.web import messages
from service.web.forms import Form, Sent, read_as
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()
_TOO_LONG = RequestError("密码", f"至多 {passwords.LONGEST} 个字符", "请换一个短些的密码")
_DIFFERENT = RequestError("再输一遍", "两次输入的新密码不同", "请重新输入")


@pages.get("/password", Open.HALF, noted=False)
def ask(request: Request) -> Response:
    """Show the form."""
    return _form(request)


@pages.post("/password", Open.HALF)
def change(request: Request, services: Wired, who: Visitor, form: Sent) -> Response:
    """Change it; whoever is signed in with the old one has to sign in again."""
    response = RedirectResponse("/signin", 303)
    try:
        _change(response, services, who, form)
    except (RequestError, ForbiddenError) as problem:
        return _form(request, problem)
    messages.say(response, "password-changed")
    return response


def _change(response: Response, services: Services, who: Identity, form: Form) -> None:
    if form.raw("new_password") != form.raw("again_password"):
        raise _DIFFERENT
    sent = {"old": form.raw("old_password"), "new": form.raw("new_password")}
    given = read_as(account.NewPassword, sent, _TOO_LONG)
    account.change_password(response, services, who, given)


def _form(request: Request, problem: ServiceError | None = None) -> Response:
    status = 422 if problem else 200
    return page(request, "password.html", status=status, problem=problem, shortest=passwords.SHORTEST)
