"""操作记录: who listened to, saw, changed or exported what of whom, to look through, to take away, and to prove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Response
from pydantic import ValidationError

from service.api import acts, centre, log
from service.api.log import EntryOut, LogIn, LogSelection, ProofIn, ProofOut
from service.auth.permissions import Permission
from service.errors import RequestError, ServiceError
from service.web.forms import Sent, complaints, read_as
from service.web.guard import Pages
from service.web.rendering import page, part
from service.web.standing import Stands
from service.web.visit import Visit, Visiting

pages = Pages()
PATH: Final = "/log"
_AT_ONCE: Final = 50
_STEP: Final = ("entries", "first_at", "last", "last_at", "head", "form", "noted", "met")
_BROKEN_FORM: Final = RequestError("核对", "不能从这里继续", "请从头核对")


@pages.get(PATH, Permission.LOG_READ)
def show_log(visit: Visiting) -> Response:
    """Show the newest first, by the filters of the address; what cannot be asked for is said above them."""
    try:
        chosen = LogIn.model_validate(_asked(visit) | {"limit": _AT_ONCE + 1})
        found = log.list_log(*visit.asked, chosen)
    except ValidationError as problem:
        return _page(visit, errors=complaints(problem))
    except RequestError as problem:
        return _page(visit, errors={problem.where: problem.problem})
    return _page(visit, found)


@pages.get(f"{PATH}/export", Permission.LOG_READ)
def export_entries(visit: Visiting) -> Response:
    """Give what the filters leave as a table; where it cannot be given, the page says why."""
    try:
        chosen = LogSelection.model_validate({name: told for name, told in _asked(visit).items() if name != "before"})
        return log.export_log(*visit.asked, chosen)
    except ValidationError as problem:
        return _page(visit, errors=complaints(problem))
    except RequestError as problem:
        return _page(visit, problem=problem)


@pages.post(f"{PATH}/proof", Permission.LOG_READ)
def prove(visit: Visiting, form: Sent) -> Response:
    """Follow the chain one step further; the page goes on by itself until the end, or by its button."""
    told = {name: form[name] for name in _STEP if form[name]}
    proof = log.prove_log(visit.services, read_as(ProofIn, told, _BROKEN_FORM))
    if "hx-request" in visit.request.headers:
        return part(visit.request, "part_proof.html", proof=proof)
    return _page(visit, log.list_log(*visit.asked, LogIn(limit=_AT_ONCE + 1)), proof=proof)


def stands(visit: Visit) -> Stands:
    """Return how many acts were refused lately, of the newest that fit on a page of them."""
    refused = log.list_log(*visit.asked, LogIn(kind="refused", limit=1))
    if not refused:
        return Stands(text="没有被拒绝的")
    at = refused[0].at.astimezone(visit.services.settings.zone)
    return Stands(text=f"最近一次被拒绝：{at:%Y-%m-%d %H:%M}")


def _asked(visit: Visit) -> dict[str, str]:
    """Return the filters that were filled in; the form sends the empty ones too."""
    return {name: value.strip() for name, value in visit.request.query_params.items() if value.strip()}


def _page(
    visit: Visit,
    found: list[EntryOut] | None = None,
    *,
    errors: Mapping[str, str] | None = None,
    problem: ServiceError | None = None,
    proof: ProofOut | None = None,
) -> Response:
    rows, filters = found or [], {name: value for name, value in _asked(visit).items() if name != "before"}
    onwards = {**filters, "before": str(rows[_AT_ONCE - 1].id)} if len(rows) > _AT_ONCE else None
    known: dict[str, Any] = {
        "rows": rows[:_AT_ONCE],
        "filters": {} if proof else filters,
        "first": _address(filters) if "before" in visit.request.query_params else None,
        "next": _address(onwards) if onwards else None,
        "export": f"{PATH}/export" + (f"?{urlencode(filters)}" if filters else ""),
        "whos": log.actors(visit.services),
        "staff": [(each.number, each.name) for each in centre.list_staff(visit.services)],
        "kinds": acts.KIND_NAMES.items(),
        "system": acts.SYSTEM,
    }
    status = 422 if errors or problem else 200
    return page(visit.request, "log.html", status=status, errors=errors or {}, problem=problem, proof=proof, **known)


def _address(query: Mapping[str, str]) -> str:
    return PATH + (f"?{urlencode(query)}" if query else "")
