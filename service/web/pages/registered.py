"""人员 and 窗口: who and what is registered, looked for, added one by one, renamed, and taken out of use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from service.api import centre
from service.api.registry import Named
from service.api.schemas import Number, StaffOut, WindowOut
from service.auth import rows
from service.auth.permissions import Permission
from service.errors import NotFoundError, ServiceError
from service.store import centre as store
from service.store.base import now
from service.web import messages, registering
from service.web.forms import REFUSED, Form, Sent
from service.web.guard import Pages
from service.web.rendering import page
from service.web.visit import Visit, Visiting

pages = Pages()
MOST_SHOWN: Final = 200
_AROUND: Final = timedelta(days=7)  # whose roster tells where somebody sits just now
_HEADS: Final[Mapping[Named, tuple[str, str]]] = {"staff": ("工号", "姓名"), "windows": ("代码", "名称")}
State = Literal["active", "inactive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """A member of staff or a window: `key` is the number or code, `places` are its windows or who sits there.

    `extensions` are those that ring there.
    """

    id: int
    key: str
    name: str
    active: bool
    places: tuple[tuple[str, str], ...]
    extensions: tuple[str, ...] = ()


@pages.get("/settings/centre/{kind}", Permission.CENTRE_READ)
def show_list(
    visit: Visiting,
    kind: Named,
    text: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[State | Literal[""], Query()] = "",
) -> Response:
    """List them, narrowed to what is looked for."""
    return _list(visit, kind, text=text.strip(), state=state)


@pages.post("/settings/centre/{kind}", Permission.CENTRE_WRITE)
def add_entry(visit: Visiting, kind: Named, form: Sent) -> Response:
    """Register one more; one that is there is not overwritten."""
    key = {"staff": "number", "windows": "code"}[kind]
    try:
        registering.put(visit, kind, {key: form["code"], "name": form["called"]}, only_new=True)
    except REFUSED as problem:
        return _list(visit, kind, form=form, problem=problem)
    return _on(f"/settings/centre/{kind}", "entry-added")


@pages.get("/settings/centre/{kind}/{entry_id}", Permission.CENTRE_READ)
def show_entry(visit: Visiting, kind: Named, entry_id: Number) -> Response:
    """Show one of them."""
    return _one(visit, kind, entry_id)


@pages.post("/settings/centre/{kind}/{entry_id}", Permission.CENTRE_WRITE)
def change_entry(visit: Visiting, kind: Named, entry_id: Number, form: Sent) -> Response:
    """Call it otherwise, take it out of use or into use again."""
    entry, key = _entry(visit, kind, entry_id), {"staff": "number", "windows": "code"}[kind]
    active = form["active"] or ("yes" if entry.active else "no")
    told = {key: entry.key, "name": form["called"] or entry.name, "active": "true" if active == "yes" else "false"}
    try:
        outcome = registering.put(visit, kind, told)
    except REFUSED as problem:
        return _one(visit, kind, entry_id, form, problem)
    return _on(f"/settings/centre/{kind}/{entry_id}", "entry-same" if outcome == "same" else "entry-changed")


def _on(way: str, message: messages.Message) -> Response:
    response = RedirectResponse(way, 303)
    messages.say(response, message)
    return response


def entries(visit: Visit, kind: Named) -> tuple[KnownEntry, ...]:
    """Return all of them with where they sit these weeks by the roster, or who sits there."""
    at = now()
    near: defaultdict[str, dict[str, str]] = defaultdict(dict)
    with visit.services.database.read() as session:
        for person, window in store.pairs_on_duty(session, at - _AROUND, at + _AROUND, rows.window_ids(visit.who)):
            if kind == "staff":
                near[person.number][window.code] = window.name
            else:
                near[window.code][person.number] = person.name
    found: list[StaffOut] | list[WindowOut]
    found = centre.list_staff(visit.services) if kind == "staff" else centre.list_windows(visit.services)
    ringing = _ringing(visit) if kind == "windows" else {}
    return tuple(_entry_of(each, near, ringing) for each in found)


def _entry_of(
    row: StaffOut | WindowOut, near: Mapping[str, dict[str, str]], ringing: Mapping[str, list[str]]
) -> KnownEntry:
    key = row.number if isinstance(row, StaffOut) else row.code
    return KnownEntry(
        id=row.id,
        key=key,
        name=row.name,
        active=row.active,
        places=tuple(sorted(near.get(key, {}).items())),
        extensions=tuple(ringing.get(key, ())),
    )


def _ringing(visit: Visit) -> dict[str, list[str]]:
    """Return the extensions of each window, by its code."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for each in centre.list_extensions(visit.services):
        found[each.window.code].append(each.number)
    return found


def _entry(visit: Visit, kind: Named, entry_id: int) -> KnownEntry:
    if (found := next((each for each in entries(visit, kind) if each.id == entry_id), None)) is None:
        raise NotFoundError({"staff": "人员", "windows": "窗口"}[kind], "没有登记", "请从列表进入")
    return found


def _list(
    visit: Visit,
    kind: Named,
    *,
    text: str = "",
    state: str = "",
    form: Form | None = None,
    problem: ServiceError | None = None,
) -> Response:
    everybody = entries(visit, kind)
    found = [
        each
        for each in everybody
        if (not state or each.active == (state == "active"))
        and registering.among(
            text, each.key, each.name, *each.extensions, *(told for pair in each.places for told in pair)
        )
    ]
    known = {"found": found[:MOST_SHOWN], "matching": len(found), "total": len(everybody), "text": text, "state": state}
    typed = {name: form[name] if form else "" for name in ("code", "called")}
    return _page(visit, kind, "registered.html", problem, typed=typed, **known)


def _one(
    visit: Visit, kind: Named, entry_id: int, form: Form | None = None, problem: ServiceError | None = None
) -> Response:
    entry = _entry(visit, kind, entry_id)
    called = form["called"] if form else entry.name
    return _page(visit, kind, "registered_one.html", problem, entry=entry, called=called)


def _page(visit: Visit, kind: Named, template: str, problem: ServiceError | None, **known: Any) -> Response:
    key, name = _HEADS[kind]
    known |= {"kind": kind, "key": key, "name": name, "may": Permission.CENTRE_WRITE in visit.who.permissions}
    return page(visit.request, template, status=422 if problem else 200, problem=problem, **known)
