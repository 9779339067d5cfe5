"""All recordings that somebody may see, with filters that stand in the address; with a text, where it was said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError

from service.api import findings, recordings, rules, selection
from service.api.findings import PrintedCode, SearchHit, SearchIn
from service.api.schemas import FindingOut, RecordingOut
from service.api.selection import Listing
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import NotFoundError, RequestError, ServiceError
from service.store import lists
from service.web import choices, forms, words
from service.web.guard import Pages, Visitor
from service.web.rendering import page

pages = Pages()
PATH: Final = "/recordings"
MOST_COUNTED: Final = 10_000
MOST_SAID: Final = 1_000  # each has to be read
_SEVERAL: Final = frozenset({"staff", "window"})
_NO_FILTERS: Final = frozenset({"cursor", "limit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecordings:
    """A page of what was asked for; `hits` say where a text was said, by recording. `count` is None where unknown."""

    rows: list[RecordingOut]
    next: str | None
    count: int | None
    hits: Mapping[int, SearchHit]


_CODE: Final = re.compile("[#＃]?([0-9A-Fa-f]{8})")
_NOTHING: Final = FoundRecordings(rows=[], next=None, count=None, hits={})


@pages.get("/findings/{code}", Permission.RECORDINGS_READ)
def of_code(services: Wired, who: Visitor, code: PrintedCode) -> Response:
    """Lead from the code on a report to the finding in its recording."""
    return _lead_to(findings.find_by_code(services, who, code)[0])


def _lead_to(found: FindingOut) -> Response:
    return RedirectResponse(f"{PATH}/{found.recording_id}#finding-{found.id}", 303)


def _coded(services: Services, who: Identity, text: str) -> FindingOut | None:
    """Return the finding that a text is the code of, if it is one."""
    code = _CODE.fullmatch(text.strip())
    if not code:
        return None
    try:
        return findings.find_by_code(services, who, code[1])[0]
    except NotFoundError:  # eight digits may have been said as well
        return None


@pages.get(PATH, Permission.RECORDINGS_READ)
def show(request: Request, services: Wired, who: Visitor) -> Response:
    """Show the newest first. What cannot be asked for is said above the filters, which stay as they are."""
    asked = _asked(request)
    if coded := _coded(services, who, str(asked.get("text", ""))):
        return _lead_to(coded)
    try:
        found = _found(services, who, asked)
    except ValidationError as problem:
        return _page(request, services, who, _NOTHING, errors=forms.complaints(problem))
    except RequestError as problem:
        return _page(request, services, who, _NOTHING, problem=problem)
    return _page(request, services, who, found)


def _asked(request: Request) -> dict[str, Any]:
    """Return the filters that were filled in; the form sends the empty ones too."""
    asked: dict[str, Any] = {name: value for name, value in request.query_params.multi_items() if value.strip()}
    return asked | {name: tuple(filter(None, request.query_params.getlist(name))) for name in _SEVERAL & set(asked)}


def _found(services: Services, who: Identity, asked: dict[str, Any]) -> FoundRecordings:
    if "text" in asked:
        return _searched(services, who, SearchIn.model_validate(asked))
    chosen = Listing.model_validate({name: value for name, value in asked.items() if name != "said_by"})
    found = recordings.list_recordings(services, who, chosen)
    return FoundRecordings(rows=found.items, next=found.next, count=_count(services, who, chosen), hits={})


def _searched(services: Services, who: Identity, chosen: SearchIn) -> FoundRecordings:
    found = findings.search_text(services, who, chosen)
    rows, hits = [hit.recording for hit in found.items], {hit.recording.id: hit for hit in found.items}
    return FoundRecordings(
        rows=rows, next=found.next, count=None if chosen.said_by else _count(services, who, chosen), hits=hits
    )


def _count(services: Services, who: Identity, chosen: Listing) -> int | None:
    """Count on the first page only: it does not change while somebody turns pages."""
    if chosen.cursor:
        return None
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
        return lists.count(session, filters, MOST_SAID if filters.text else MOST_COUNTED)


def _page(
    request: Request,
    services: Services,
    who: Identity,
    found: FoundRecordings,
    *,
    errors: Mapping[str, str] | None = None,
    problem: ServiceError | None = None,
) -> Response:
    filters = {name: value for name, value in request.query_params.multi_items() if name not in _NO_FILTERS and value}
    onwards = [(name, value) for name, value in request.query_params.multi_items() if value and name != "cursor"]
    values: dict[str, Any] = {
        "found": found,
        "filters": filters,
        "errors": errors or {},
        "problem": problem,
        "first": _address(onwards) if "cursor" in request.query_params else None,
        "next": _address([*onwards, ("cursor", found.next)]) if found.next else None,
        "most_counted": MOST_SAID if filters.get("text") else MOST_COUNTED,
        "choices": _choices(services, who),
    }
    return page(request, "recordings.html", status=422 if errors or problem else 200, **values)


def _address(query: list[tuple[str, str]]) -> str:
    return PATH + (f"?{urlencode(query)}" if query else "")


def _choices(services: Services, who: Identity) -> dict[str, list[tuple[str, str]]]:
    """Return what can be chosen in each filter; people and windows only for who may know of them."""
    known = Permission.CENTRE_READ in who.permissions
    named = choices.places(services) if known else choices.Places(staff=[], windows=[])
    every = [(each.id, each.title) for each in rules.list_rules(services).rules]
    reasons: list[choices.Choice] = list(words.REASONS.items())
    return {"staff": named["staff"], "window": named["windows"], "rule": every, "reason": reasons}
