"""密钥: what machines come in with. One is made here, shown once, and ended when nobody needs it any more."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import people
from service.api.people import KeyIn, KeyOut, NewKeyOut
from service.api.schemas import Number
from service.auth.permissions import MEANINGS, SCOPES, Permission
from service.errors import RequestError, ServiceError
from service.store.base import now
from service.web import messages
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.standing import Stands
from service.web.visit import Visit, Visiting

pages = Pages()
_SOON: Final = timedelta(days=30)
_USUAL: Final = timedelta(days=365)
_NAMED: Final = {"name": "给谁用"}  # elsewhere it is the name of a user
_NO_DAY: Final = RequestError("expires_at", "不是日期", "例如 2027-03-31;空着则不过期")


@pages.get("/settings/keys", Permission.KEYS)
def show_keys(visit: Visiting) -> Response:
    """List all keys, those that work first, and offer to make one."""
    return _list(visit)


@pages.post("/settings/keys", Permission.KEYS)
def make_key(visit: Visiting, form: Sent) -> Response:
    """Make a key; it stands in the page that answers, and nowhere else."""
    try:
        told = {"name": form["name"], "scopes": form.all("scopes"), "expires_at": _end(visit, form["expires_at"])}
        made = people.add_key(*visit.asked, read_told(KeyIn, told))
    except REFUSED as problem:
        problem.where = _NAMED.get(problem.where, problem.where)
        return _list(visit, form, problem)
    return _list(visit, made=made)


@pages.post("/settings/keys/{key_id}/revoke", Permission.KEYS)
def end_key(visit: Visiting, key_id: Number) -> Response:
    """Let a key never work again."""
    people.revoke_key(visit.services, key_id)
    response = RedirectResponse("/settings/keys", 303)
    messages.say(response, "key-revoked")
    return response


def works(key: KeyOut) -> bool:
    """Return whether a machine comes in with this key today."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now())


def standing(key: KeyOut) -> Stands:
    """Return how a key stands; one that ends within a month is told by the days that are left."""
    if key.revoked_at is not None:
        return Stands(text="已撤销")
    if not works(key):
        return Stands(text="已过期", kind="fail")
    if key.expires_at is not None and (left := key.expires_at - now()) < _SOON:
        return Stands(text=f"{left.days} 天后过期" if left.days else "今天内过期", kind="wait")
    return Stands(text="有效", kind="pass")


def stands(visit: Visit) -> Stands:
    """Return how the keys stand altogether: how many work, and which of them ends next."""
    working = [key for key in people.list_keys(visit.services) if works(key)]
    ending = sorted(key.expires_at for key in working if key.expires_at and key.expires_at - now() < _SOON)
    if not ending:
        return Stands(text=f"{len(working)} 把有效" if working else "没有密钥")
    days = (ending[0] - now()).days
    when = f"{days} 天后" if len(ending) == 1 else f"30 天内（最近的 {days} 天后）"
    return Stands(text=f"{len(working)} 把有效，{len(ending)} 把 {when}过期", kind="wait")


def _end(visit: Visit, typed: str) -> datetime | None:
    """Return the end of the day that was typed, by the clock of the centre. Raises RequestError."""
    if not typed:
        return None
    try:
        return datetime.combine(date.fromisoformat(typed), time(23, 59, 59), visit.services.settings.zone)
    except ValueError as problem:
        raise _NO_DAY from problem


def _list(
    visit: Visit, form: Form | None = None, problem: ServiceError | None = None, *, made: NewKeyOut | None = None
) -> Response:
    found = [(key, standing(key)) for key in people.list_keys(visit.services)]
    usual = (now() + _USUAL).astimezone(visit.services.settings.zone).date()
    return page(
        visit.request,
        "keys.html",
        status=422 if problem else 200,
        working=[each for each in found if works(each[0])],
        ended=[each for each in found if not works(each[0])],
        made=made,
        problem=problem,
        scopes=[(each, MEANINGS[each]) for each in Permission if each in SCOPES],
        meanings={each.value: told for each, told in MEANINGS.items()},
        name=form["name"] if form else "",
        chosen=form.all("scopes") if form else (),
        expires=form["expires_at"] if form else usual.isoformat(),
    )
