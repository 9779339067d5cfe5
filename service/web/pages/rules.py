"""规则: what is judged and by what right, how it fares in this centre, the ledger of clauses, and the profiles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

from fastapi import Query, Response
from pydantic import Field

from service import rule_files
from service.api import laboratory, rules
from service.api.rule_standing import DAYS, RuleStanding, standings
from service.api.schemas import In
from service.auth.permissions import Permission
from service.errors import NotFoundError
from service.web.guard import Pages
from service.web.rendering import page
from service.web.rule_words import FIELDS, KINDS, PARTS, STATUSES, VALUES
from service.web.visit import Visiting
from speechaudit.rules import drafts, ledger
from speechaudit.rules.measured import FEW, SOURCES
from speechaudit.rules.rulebook import Rulebook, group_of
from speechaudit.rules.schema import Rule

pages = Pages()
_NOTHING: Final = RuleStanding()
_WORDS: Final[dict[str, Any]] = {"kinds": KINDS, "statuses": STATUSES, "parts": PARTS, "days": DAYS}
_Name = Annotated[str, Field(max_length=60)]


class Wanted(In):
    """Which rules of the book."""

    text: _Name = ""
    group: _Name = ""
    kind: _Name = ""
    status: _Name = ""


@pages.get("/rules", Permission.RULES_READ, noted=False)
def show_book(visit: Visiting, wanted: Annotated[Wanted, Query()]) -> Response:
    """List the rules that are wanted, with how each fares."""
    book = rules.book_of(visit.services)
    groups = {each.group: each.title for each in book.policy.dimensions}
    found = [rule for rule in book.rules if _wanted(book, rule, wanted)]
    known: dict[str, Any] = {"book": book, "groups": groups, "found": found, "wanted": wanted, "group_of": group_of}
    known["standings"] = standings(*visit.asked, [rule.id for rule in found])
    return page(visit.request, "rules.html", nothing=_NOTHING, **known, **_WORDS)


def _wanted(book: Rulebook, rule: Rule, wanted: Wanted) -> bool:
    told = (wanted.group, group_of(rule.id)), (wanted.kind, rule.kind), (wanted.status, rule.status)
    if any(asked not in {"", own} for asked, own in told):
        return False
    return not wanted.text or any(wanted.text in each for each in _texts(book, rule))


def _texts(book: Rulebook, rule: Rule) -> Iterable[str]:
    """Return what somebody may look for in a rule: its name and advice, its clauses and its examples."""
    yield from (rule.id, rule.title, rule.message)
    yield from (clause.quote for clause in book.clauses(rule))
    for name in PARTS:
        yield from getattr(rule.examples, name)


@pages.get("/rules/ledger", Permission.RULES_READ, noted=False)
def show_ledger(visit: Visiting) -> Response:
    """Show every clause that could be heard, with the rules that check it or the reason why none does."""
    book = rules.book_of(visit.services)
    known: dict[str, Any] = {"counts": ledger.coverage(book), "wrong": tuple(ledger.disagreements(book))}
    return page(visit.request, "rule_ledger.html", book=book, titles={r.id: r.title for r in book.rules}, **known)


@pages.get("/rules/profiles", Permission.RULES_READ, noted=False)
def show_profiles(visit: Visiting) -> Response:
    """Show each profile with what it chooses otherwise."""
    settings = visit.services.settings
    known: dict[str, Any] = {
        "current": settings.profile,
        "limit": settings.ring_limit,
        "fields": FIELDS,
        "values": VALUES,
        "statuses": STATUSES,
    }
    return page(visit.request, "rule_profiles.html", profiles=rules.profiles_of(visit.services), **known)


@pages.get("/rules/{rule_id}", Permission.RULES_READ, noted=False)
def show_rule(visit: Visiting, rule_id: str) -> Response:
    """Show one rule: clauses in full, examples, its file, and how it fares."""
    book = rules.book_of(visit.services)
    found = next((rule for rule in book.rules if rule.id == rule_id), None)
    if found is None:
        raise NotFoundError(f"规则 {rule_id[:80]}", "不存在", "请从规则的列表进入")
    known: dict[str, Any] = {
        "rule": found,
        "clauses": book.clauses(found),
        "text": (text := rules.text_of(visit.services, found.id)),
        "own_status": drafts.status_of(text),
        "profile": book.profile,
        "writable": rule_files.writable(visit.services.settings),
        "not_writable": laboratory.NOT_WRITABLE,
        "measured": rules.measured_of(visit.services),
        "sources": SOURCES,
        "few": FEW,
    }
    fares = standings(*visit.asked, [rule_id])
    return page(
        visit.request, "rule.html", fares=None if fares is None else fares.get(rule_id, _NOTHING), **known, **_WORDS
    )
