"""试验室: a rule is written or changed, checked as one types, and tried on what was heard."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from service import rule_files
from service.api import laboratory, learning, rules
from service.api.laboratory import DraftIn, StandingIn, TrialIn, WrittenIn
from service.api.schemas import In, Number
from service.auth.permissions import Permission
from service.errors import ConflictError, ServiceError
from service.store import trials
from service.store.base import now
from service.store.trials import TrialProgress
from service.web import messages, words
from service.web.differing import difference
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page, part
from service.web.rule_words import CHANGES, PARTS, TRIALS
from service.web.visit import Visit, Visiting
from speechaudit.rules.drafts import RULE_ID, DraftCheck, rule_file

pages = Pages()
_NEW: Final = """\
id: words.example
title: 名称
topics: [照抄台账里条款的 topic]
level: minor                     # 轻重:minor、major、critical
status: trial                    # 先试行:只列出,不扣分
sources:
  - {document: 规范, clause: 条款编号}
kind: forbidden                  # 不许说;必须说写 required,其余见 docs/rules.md
setting: [counter, phone]
phrases:
  - "(不|没)说过的话"
except: []
message: 写出该怎么说。
examples:
  match:
    - "不说过的话。"
  no_match:
    - "请您稍等。"
"""


class Opened(In):
    """Which rule is to be changed; none: a new one."""

    rule: laboratory.RuleId = ""


@pages.get("/rules/lab", Permission.RULES_WRITE, noted=False)
def open_rule(visit: Visiting, opened: Annotated[Opened, Query()]) -> Response:
    """Show a rule to be changed, or the frame of a new one."""
    if not opened.rule:
        return _page(visit, "", _NEW)
    known = rules.rule_of(visit.services, opened.rule)
    return _page(visit, known.id, rules.text_of(visit.services, known.id))


@pages.post("/rules/lab/check", Permission.RULES_WRITE, noted=False)
def check_draft(visit: Visiting, form: Sent) -> Response:
    """Say what is wrong with a rule and which examples fail: a part for scripts, else the page."""
    alone = "hx-request" in visit.request.headers
    try:
        found = laboratory.checked(visit.services, _draft(form))
    except REFUSED as problem:
        return _part(visit, None, problem) if alone else _page(visit, *_typed(form), problem=problem, seen=form["seen"])
    return _part(visit, found) if alone else _page(visit, *_typed(form), found=found, seen=form["seen"])


@pages.post("/rules/lab/try", Permission.RULES_WRITE)
def try_draft(visit: Visiting, form: Sent) -> Response:
    """Start a trial of a rule, and lead to it."""
    rule_id, text = _typed(form)
    try:
        given = read_told(TrialIn, {"rule_id": rule_id, "text": text, "days": form["days"] or 30})
        begun = laboratory.begun(*visit.asked, given)
    except REFUSED as problem:
        return _page(visit, rule_id, text, problem=problem, seen=form["seen"])
    return RedirectResponse(f"/rules/lab/trials/{begun.id}", 303)


@pages.post("/rules/lab/save", Permission.RULES_WRITE)
def save_rule(visit: Visiting, form: Sent) -> Response:
    """Write a rule whose examples all come out; what somebody else changed meanwhile is shown, and nothing lost."""
    rule_id, text = _typed(form)
    try:
        given = read_told(WrittenIn, {"text": text, "seen": form["seen"]})
        laboratory.write_rule(*visit.asked, rule_id, given)
    except ConflictError as problem:
        return _page(visit, rule_id, text, problem=problem)
    except REFUSED as problem:
        return _page(visit, rule_id, text, problem=problem, seen=form["seen"])
    response = RedirectResponse(f"/rules/{rule_id}", 303)
    messages.say(response, "rule-written")
    return response


@pages.post("/rules/{rule_id}/status", Permission.RULES_WRITE)
def set_status(visit: Visiting, rule_id: str, form: Sent) -> Response:
    """Put a rule on trial, in force or out of use; what hinders is shown in the laboratory, with the text as wanted."""
    try:
        given = read_told(StandingIn, {"status": form["status"]})
        laboratory.set_rule_status(*visit.asked, rule_id, given)
    except REFUSED as problem:
        known = rules.rule_of(visit.services, rule_id)
        return _page(visit, known.id, rules.text_of(visit.services, known.id), problem=problem)
    response = RedirectResponse(f"/rules/{rule_id}", 303)
    messages.say(response, "rule-written")
    return response


@pages.get("/rules/{rule_id}/history", Permission.RULES_WRITE, noted=False)
def show_history(visit: Visiting, rule_id: str) -> Response:
    """Show who changed a rule when, with the difference, and a way back."""
    found = laboratory.list_rule_changes(visit.services, rule_id)
    told = [(each, difference(each.before, each.after)) for each in found]
    return page(visit.request, "rule_history.html", rule_id=rule_id, changes=told)


@pages.get("/rules/lab/trials/{trial_id}", Permission.RULES_WRITE)
def show_trial(visit: Visiting, trial_id: Number) -> Response:
    """Show what a trial found so far."""
    return page(visit.request, "rule_trial.html", **_trial(visit, trial_id))


@pages.get("/rules/lab/trials/{trial_id}/progress", Permission.RULES_WRITE, noted=False)
def watch_trial(visit: Visiting, trial_id: Number) -> Response:
    """Give the part of the page that changes while the trial runs."""
    return part(visit.request, "part_trial.html", **_trial(visit, trial_id))


def _trial(visit: Visit, trial_id: int) -> dict[str, Any]:
    trial = laboratory.shown(*visit.asked, trial_id)
    return {"trial": trial, "left": _left(trial), "changes": CHANGES, "trial_states": TRIALS}


def _left(trial: TrialProgress) -> str:
    """Return how long the rest takes by what was done so far; "" while nothing tells, and at the end."""
    if trial.state != "running" or not trial.done:
        return ""
    taken = (now() - trial.started_at).total_seconds()
    return words.lasting(taken / trial.done * (trial.total - trial.done))


@pages.post("/rules/lab/trials/{trial_id}/cancel", Permission.RULES_WRITE)
def cancel_trial(visit: Visiting, trial_id: Number) -> Response:
    """Stop a trial; what it found stays."""
    laboratory.cancel_trial(visit.services, visit.who, trial_id)
    return RedirectResponse(f"/rules/lab/trials/{trial_id}", 303)


@pages.get("/rules/lab/lines", Permission.LEARNING)
def give_lines(visit: Visiting) -> Response:
    """Give what people decided of what was said, masked, as the file that `speechaudit learn` reads."""
    return learning.get_lines(visit.services)


@pages.post("/rules/lab", Permission.RULES_WRITE, noted=False)
def take_up(visit: Visiting, form: Sent) -> Response:
    """Show a rule that was tried in the form again, to be changed further."""
    return _page(visit, *_typed(form))


def _typed(form: Form) -> tuple[str, str]:
    """Return id and text as a browser sends them: with the line ends of its own."""
    return form["rule_id"], form.raw("text").replace("\r\n", "\n")


def _draft(form: Form) -> DraftIn:
    rule_id, text = _typed(form)
    return read_told(DraftIn, {"rule_id": rule_id, "text": text})


def _part(visit: Visit, found: DraftCheck | None, problem: ServiceError | None = None) -> Response:
    return part(visit.request, "part_draft.html", found=found, problem=problem, parts=PARTS)


def _page(
    visit: Visit,
    rule_id: str,
    text: str,
    *,
    found: DraftCheck | None = None,
    problem: ServiceError | None = None,
    seen: str | None = None,
) -> Response:
    """Show the form. `seen` is the digest of the file that its author began with; None: the file as it is now."""
    there = _file(visit, rule_id)
    changed = isinstance(problem, ConflictError) and there and there != text
    with visit.services.database.read() as session:
        tried = trials.kept(session)
    known: dict[str, Any] = {
        "rule_id": rule_id,
        "text": text,
        "found": found,
        "problem": problem,
        "parts": PARTS,
        "trials": tried,
        "trial_states": TRIALS,
        "seen": rule_files.digest_of(there) if seen is None else seen,
        "writable": rule_files.writable(visit.services.settings),
        "not_writable": laboratory.NOT_WRITABLE,
        "difference": difference(there, text) if changed else (),
    }
    return page(visit.request, "laboratory.html", status=422 if problem else 200, **known)


def _file(visit: Visit, rule_id: str) -> str:
    """Return the file of a rule as it is now; empty for a new one, or what is no id of a rule."""
    if not RULE_ID.fullmatch(rule_id):
        return ""
    return rule_files.read(rules.folder_of(visit.services), rule_file(rule_id))
