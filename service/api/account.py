"""Signing in and out with a browser, and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field, SecretStr

from service.api.access import Who, router
from service.api.problems import responses
from service.api.schemas import In, Out
from service.api.services import Wired
from service.auth import login, passwords
from service.auth.identity import COOKIE, Identity, of_user
from service.auth.permissions import Permission
from service.errors import ForbiddenError
from service.store import accounts
from service.store.accounts import UserRole

routes = router("登录")
DEVICE = "speechaudit_device"  # a browser from which somebody has signed in before
_YEAR = 365 * 24 * 3600
Password = Annotated[SecretStr, Field(max_length=passwords.LONGEST)]


class SignIn(In):
    """Name and password."""

    name: Annotated[str, Field(min_length=1, max_length=64, examples=["admin"])]
    password: Password


class SessionOut(Out):
    """Who is signed in. `csrf` goes into the X-CSRF-Token header of every write."""

    name: str
    role: Annotated[UserRole | None, Field(description="用密钥时为 null")]
    permissions: list[Permission]
    csrf: Annotated[str, Field(description="每次写操作放进 X-CSRF-Token")]
    due: Annotated[bool, Field(description="密码由他人设置:须先更换(PUT /api/v1/session/password),此前不能做别的")]


def _shown(who: Identity) -> SessionOut:
    return SessionOut(name=who.name, role=who.role, permissions=sorted(who.permissions), csrf=who.csrf, due=who.due)


@routes.post("/session", status_code=201, summary="登录", responses=responses(401, 422, 429))
def sign_in(request: Request, response: Response, services: Wired, given: SignIn) -> SessionOut:
    """用户名和密码换一个 cookie(HttpOnly)和 csrf。"""
    address = request.client.host if request.client else ""
    known, password = request.cookies.get(DEVICE), given.password.get_secret_value()
    with services.addresses.attempt(address):
        opened = login.sign_in(services.database, given.name, password, known, address=address)
    request.state.who = of_user(opened.user, opened.session.csrf)
    for name, token, seconds in ((COOKIE, opened.token, login.HOURS * 3600), (DEVICE, opened.device, _YEAR)):
        secure = request.url.scheme == "https"
        response.set_cookie(name, token, max_age=round(seconds), httponly=True, samesite="lax", secure=secure)
    return _shown(request.state.who)


@routes.get("/session", summary="我是谁")
def get_session(who: Who) -> SessionOut:
    """现在的身份和权限。"""
    return _shown(who)


@routes.delete("/session", status_code=204, summary="退出")
def sign_out(request: Request, response: Response, services: Wired) -> None:
    """结束这次登录。"""
    if token := request.cookies.get(COOKIE):
        with services.database.write() as session:
            accounts.sign_out(session, token)
    response.delete_cookie(COOKIE)


class NewPassword(In):
    """The old one, so that nobody can change it on an unattended screen."""

    old: Password
    new: Password


@routes.put("/session/password", status_code=204, summary="改自己的密码", responses=responses(403, 422, 429))
def change_password(response: Response, services: Wired, who: Who, given: NewPassword) -> None:
    """更换密码并退出所有登录。"""
    if who.user_id is None:
        raise ForbiddenError("密钥", "没有密码", "请以用户身份登录")
    old, new = given.old.get_secret_value(), given.new.get_secret_value()
    login.change_password(services.database, who.user_id, old, new)
    response.delete_cookie(COOKIE)
