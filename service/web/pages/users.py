"""用户: administrators add them, change what they may see, disable them and set their password anew.

A password is made here and shown once: its owner must choose another at the first sign-in.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import people
from service.api.people import UserChange, UserIn, UserOut
from service.api.schemas import Number
from service.auth import passwords
from service.auth.permissions import Permission
from service.errors import NotFoundError, ServiceError
from service.web import choices, messages
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
_FIELDS: Final = ("name", "display_name", "role", "staff", "windows")


@pages.get("/users", Permission.USERS)
def show_list(visit: Visiting) -> Response:
    """Show everybody who may sign in, and a form for one more."""
    return _list(visit)


@pages.post("/users", Permission.USERS)
def add(visit: Visiting, form: Sent) -> Response:
    """Add one more; the password is on the page that answers, and nowhere else."""
    password = passwords.generated()
    try:
        told = {name: form[name] for name in ("name", "display_name", "role")} | _place(form)
        made = people.add_user(visit.services, read_told(UserIn, told | {"password": password}))
    except REFUSED as problem:
        return _list(visit, form, problem)
    return _list(visit, fresh=made, password=password)


@pages.get("/users/{user_id}", Permission.USERS)
def show(visit: Visiting, user_id: Number) -> Response:
    """Show one of them."""
    return _one(visit, user_id)


@pages.post("/users/{user_id}", Permission.USERS)
def change(visit: Visiting, user_id: Number, form: Sent) -> Response:
    """Change how they are called and what they may see; where the latter changed they have to sign in again."""
    told = {name: form[name] for name in ("display_name", "role")} | _place(form)
    before = _user(visit, user_id)
    try:
        after = people.change_user(*visit.asked, user_id, read_told(UserChange, told))
    except REFUSED as problem:
        return _one(visit, user_id, form, problem)
    only_named = after == before.model_copy(update={"display_name": after.display_name})
    return _on(user_id, "user-named" if only_named else "user-changed")


@pages.post("/users/{user_id}/active", Permission.USERS)
def switch(visit: Visiting, user_id: Number, form: Sent) -> Response:
    """Let them sign in, or no longer."""
    active = form["active"] == "yes"
    try:
        people.change_user(*visit.asked, user_id, UserChange(active=active))
    except REFUSED as problem:
        return _one(visit, user_id, problem=problem)
    return _on(user_id, "user-enabled" if active else "user-disabled")


@pages.post("/users/{user_id}/password", Permission.USERS)
def reset(visit: Visiting, user_id: Number) -> Response:
    """Set a new password, shown on the page that answers and nowhere else."""
    password = passwords.generated()
    people.change_user(*visit.asked, user_id, read_told(UserChange, {"password": password}))
    return _one(visit, user_id, password=password)


def _on(user_id: int, message: messages.Message) -> Response:
    response = RedirectResponse(f"/users/{user_id}", 303)
    messages.say(response, message)
    return response


def _place(form: Form) -> dict[str, Any]:
    """Return who they are and what they lead; a role that leads nothing keeps no windows."""
    windows = list(form.all("windows")) if form["role"] == "lead" else []
    return {"staff": form["staff"] or None, "windows": windows}


def _list(
    visit: Visit,
    form: Form | None = None,
    problem: ServiceError | None = None,
    *,
    fresh: UserOut | None = None,
    password: str = "",
) -> Response:
    typed = {name: form[name] if form else "" for name in _FIELDS} | {"windows": form.all("windows") if form else ()}
    known = {"users": people.list_users(visit.services), "fresh": fresh, "password": password}
    return _page(visit, "users.html", problem, typed=typed, **known)


def _user(visit: Visit, user_id: int) -> UserOut:
    row = next((each for each in people.list_users(visit.services) if each.id == user_id), None)
    if row is None:
        raise NotFoundError(f"用户 {user_id}", "不存在", "请从用户列表进入")
    return row


def _one(
    visit: Visit, user_id: int, form: Form | None = None, problem: ServiceError | None = None, *, password: str = ""
) -> Response:
    row = _user(visit, user_id)
    typed = {
        "display_name": form["display_name"] if form else row.display_name,
        "role": form["role"] if form else row.role,
        "staff": form["staff"] if form else row.staff.number if row.staff else "",
        "windows": form.all("windows") if form else tuple(each.code for each in row.windows),
    }
    return _page(visit, "user.html", problem, row=row, typed=typed, password=password)


def _page(visit: Visit, template: str, problem: ServiceError | None, **known: Any) -> Response:
    known |= {"problem": problem} | choices.places(visit.services, active=True)
    return page(visit.request, template, status=422 if problem else 200, **known)
