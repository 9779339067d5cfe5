"""How one person's share lies in a service: who opened it, who closed it, and when colleagues spoke."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from speechaudit.model import Evidence, Span
from speechaudit.reasons import because
from speechaudit.rules import schema
from speechaudit.rules.scene import Judgement, absence

Opening = Literal["own", "doubtful", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInService:
    """The `opening` is this person's `own`, `doubtful` or `none` of theirs. `closes` says whether they take leave.

    `others` are the times in which colleagues spoke, ordered. `window_name` is what this person's window is called,
    empty where nobody told it.
    """

    opening: Opening = "own"
    closes: bool = True
    others: tuple[Span, ...] = ()
    window_name: str = ""


ALONE: Final = PlaceInService()


def in_its_place(rule: schema.Rule, judgement: Judgement, place: PlaceInService, whole: Span) -> Judgement:
    """Return the judgement of a rule on one person's share: nobody owes an opening or a farewell that is a colleague's.

    What was said all the same is credited.
    """
    where = getattr(rule, "where", schema.Where())
    if judgement.verdict not in ("fail", "unclear"):
        return judgement
    if where.at_the_end and not place.closes:
        return Judgement(verdict="n/a", evidence=(absence(whole, rule.who, because("closed-by-another")),))
    if where.at_the_start and place.opening == "none":
        return Judgement(verdict="n/a", evidence=(absence(whole, rule.who, because("opened-by-another")),))
    if where.at_the_start and place.opening == "doubtful" and judgement.verdict == "fail":
        return replace(judgement, verdict="unclear", evidence=tuple(map(_doubted, judgement.evidence)))
    return judgement


def _doubted(evidence: Evidence) -> Evidence:
    return replace(evidence, reasons=(*evidence.reasons, because("perhaps-not-opening")))
