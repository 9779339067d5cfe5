"""方案的取法: how telephones are answered and calls ended, how each rule stands and its limits, as a form."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final

from fastapi import Response
from fastapi.responses import RedirectResponse

from service.api import laboratory, profiles, rules
from service.api.profiles import BackIn, ProfileChoicesIn, ProfileChoicesOut
from service.auth.permissions import Permission
from service.errors import ServiceError
from service.web import messages
from service.web.differing import difference
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.rule_words import STATUSES
from service.web.visit import Visit, Visiting
from speechaudit.rules.rulebook import DEFAULT_PROFILE

pages = Pages()
CLOSINGS: Final = {
    "file": "再见、谢谢都算（照规则文件）",
    "farewell": "要道别；只说谢谢的请人判断",
    "none": "不评",
}
LIMITS: Final = {"minimum": "最低", "maximum": "最高", "seconds": "时限"}
RINGING: Final = {"file": "照规则文件", "rings": "按声数", "seconds": "按秒数", "none": "不评"}


@pages.get("/rules/profiles/{name}", Permission.RULES_WRITE, noted=False)
def show_profile(visit: Visiting, name: str) -> Response:
    """Show what a profile chooses, to be changed or kept under another name."""
    return _page(visit, name)


@pages.post("/rules/profiles/{name}", Permission.RULES_WRITE)
def save_profile(visit: Visiting, name: str, form: Sent) -> Response:
    """Write what was chosen, under the same name or as a profile of its own."""
    own = form["own"] or name
    try:
        profiles.write_profile(*visit.asked, own, read_told(ProfileChoicesIn, _told(form, name, own)))
    except REFUSED as problem:
        return _page(visit, name, form, problem)
    return _written(own)


@pages.get("/rules/profiles/{name}/history", Permission.RULES_WRITE, noted=False)
def show_profile_history(visit: Visiting, name: str) -> Response:
    """Show who changed a profile when, with the difference, and a way back."""
    return _history(visit, name)


@pages.post("/rules/profiles/{name}/back", Permission.RULES_WRITE)
def take_back(visit: Visiting, name: str, form: Sent) -> Response:
    """Write a profile as it was before a change."""
    try:
        profiles.bring_back(*visit.asked, name, read_told(BackIn, {"at": form["at"], "seen": form["seen"]}))
    except REFUSED as problem:
        return _history(visit, name, problem)
    return _written(name)


def _written(name: str) -> Response:
    response = RedirectResponse(f"/rules/profiles/{name}", 303)
    messages.say(response, "profile-written")
    return response


def _told(form: Form, name: str, own: str) -> dict[str, Any]:
    """Return what was filled in; one that is kept under another name is new."""
    counted = form["ringing"] in {"rings", "seconds"}
    return {
        "title": form["title"],
        "base": name,
        "ringing": form["ringing"],
        "within": (form["within"] or None) if counted else None,
        "ordered": form["ordered"] != "no",
        "required": list(form.all("required")),
        "units": [each.strip() for each in form.raw("units").splitlines() if each.strip()],
        "seen": form["seen"] if own == name else "",
        "tone": form["tone"] or None,
        "pause": form["pause"] or None,
        "closing": form["closing"] or None,
        **_rules_told(form),
    }


def _rules_told(form: Form) -> dict[str, dict[str, Any]]:
    """Return what was chosen of each rule: fields `status RULE` and `limit RULE NAME`, empty as its file says."""
    statuses: dict[str, str] = {}
    limits: dict[str, dict[str, str | None]] = {}
    for name, value in form.fields():
        match name.split(" "):
            case ["status", rule]:
                statuses[rule] = value or "file"
            case ["limit", rule, limit]:
                limits.setdefault(rule, {})[limit] = value.strip() or None
    return {"statuses": statuses, "limits": limits}


def _page(visit: Visit, name: str, form: Form | None = None, problem: ServiceError | None = None) -> Response:
    found = profiles.get_profile(visit.services, name)
    known: dict[str, Any] = {
        "found": found,
        "typed": _typed(found) if form is None else _told(form, name, name) | {"own": form["own"]},
        "problem": problem,
        "ringing": RINGING,
        "closings": CLOSINGS | ({"own": "照方案里另写的"} if found.closing == "own" else {}),
        "limit_names": LIMITS,
        "statuses": STATUSES,
        "groups": {group: list(own) for group, own in groupby(found.rules, key=lambda each: each.group)},
        "titles": {each.group: each.title for each in rules.book_of(visit.services).policy.dimensions},
        "whole": name == DEFAULT_PROFILE,
        "current": visit.services.settings.profile,
        "ruled": visit.services.settings.ring_limit,
        "not_writable": laboratory.NOT_WRITABLE,
    }
    return page(visit.request, "profile.html", status=422 if problem else 200, **known)


def _typed(found: ProfileChoicesOut) -> dict[str, Any]:
    required = [each.name for each in found.parts if each.required]
    chosen = {
        "statuses": {each.rule: each.chosen or "file" for each in found.rules},
        "limits": {each.rule: {limit.name: limit.chosen for limit in each.limits} for each in found.rules},
    }
    return found.model_dump() | {"required": required, "own": ""} | chosen


def _history(visit: Visit, name: str, problem: ServiceError | None = None) -> Response:
    found = profiles.list_profile_changes(visit.services, name)
    changes = [(each, difference(each.before, each.after)) for each in found]
    seen = profiles.get_profile(visit.services, name).seen
    known: dict[str, Any] = {"name": name, "changes": changes, "seen": seen, "problem": problem}
    return page(visit.request, "profile_history.html", status=422 if problem else 200, **known)
