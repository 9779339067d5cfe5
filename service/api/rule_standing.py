"""How the rules fare in this centre: how often each is found, and what people said of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from service.api.services import Services
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.store import sums
from service.store.base import now
from service.store.reviews import queues
from speechaudit.reports.figures import RateFigure

DAYS: Final = 28
_NOBODY: Final = RateFigure.of(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStanding:
    """How often a rule was found within `DAYS` days, by verdict; and what reviewers overruled, ever.

    `charges` is the share that people overruled of the charges that they looked at, `doubts` that of the doubts.
    """

    failed: int = 0
    unclear: int = 0
    passed: int = 0
    charges: RateFigure = _NOBODY
    doubts: RateFigure = _NOBODY


def standings(services: Services, who: Identity, rules: Collection[str]) -> Mapping[str, RuleStanding] | None:
    """Return how each of these rules fares, by its id; None for who may not see figures of the whole centre."""
    if Permission.REPORTS_CENTRE not in who.permissions:
        return None
    with services.database.read() as session:
        counted = sums.verdicts(session, now() - timedelta(days=DAYS), rules)
        reviewed = {(row.rule, row.machine): row for row in queues.by_rule(session)}
    rates = {each: RateFigure.of(row.overruled, row.reviewed) for each, row in reviewed.items()}
    return {
        rule: RuleStanding(
            failed=counted.get(rule, {}).get("fail", 0),
            unclear=counted.get(rule, {}).get("unclear", 0),
            passed=counted.get(rule, {}).get("pass", 0),
            charges=rates.get((rule, "fail"), _NOBODY),
            doubts=rates.get((rule, "unclear"), _NOBODY),
        )
        for rule in {*counted, *(rule for rule, _ in reviewed)}
    }
