"""The first administrator of a fresh installation."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr, ValidationError

from service.api import account, people
from service.api.access import Open
from service.api.services import Services, Wired
from service.auth import first, passwords
from service.errors import ConflictError, ForbiddenError, ServiceError, ThrottledError
from service.web import forms
from service.web.forms import Form, Sent
from service.web.guard import Pages
from service.web.rendering import page

pages = Pages()


@pages.get("/first", Open.PUBLIC)
def ask(request: Request, services: Wired) -> Response:
    """Show the form as long as there is no administrator; then lead to the sign-in."""
    if not first.missing(services.database):
        return RedirectResponse("/signin", 303)
    return _form(request, Form(), {})


@pages.post("/first", Open.PUBLIC)
def add(request: Request, services: Wired, form: Sent) -> Response:
    """Make them, sign them in, and lead to the first steps."""
    if form.raw("password") != form.raw("again_password"):
        return _form(request, form, {"again_password": "两次输入的密码不同"})
    try:
        known = people.UserIn(name=form["name"], password=SecretStr(form.raw("password")), role="admin")
    except ValidationError as problem:
        return _form(request, form, forms.complaints(problem))
    try:
        return _add(request, services, known, form["code"])
    except (ForbiddenError, ConflictError, ThrottledError) as problem:
        return _form(request, form, {}, problem)


def _add(request: Request, services: Services, known: people.UserIn, code: str) -> Response:
    address = request.client.host if request.client else ""
    with services.addresses.attempt(address):
        first.add(services.database, services.first_code, code, known.name, known.password.get_secret_value())
    response = RedirectResponse("/start", 303)
    account.sign_in(request, response, services, account.SignIn(name=known.name, password=known.password))
    return response


def _form(request: Request, form: Form, errors: Mapping[str, str], problem: ServiceError | None = None) -> Response:
    status = 422 if errors or problem else 200
    values = {"name": form["name"], "code": form["code"], "shortest": passwords.SHORTEST}
    return page(request, "first.html", status=status, errors=errors, problem=problem, **values)
