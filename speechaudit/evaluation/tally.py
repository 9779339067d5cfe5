"""From rows to shares. What each one means, and of how many, is said here and on the page in the same words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from speechaudit.evaluation.compare import ComparedEncounter, Found, Row, Wanted
from speechaudit.model import Verdict
from speechaudit.reports.intervals import Interval, wilson_interval

DECISIVE: Final = ("pass", "fail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The share of `hits` among `of`; without any there is no value."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> Interval | None:
        """95 % interval (Wilson), as if all were independent."""
        return wilson_interval(self.hits, self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFigures:
    """Precision and recall of the verdicts.

    precision of a verdict: of the found ones, those that were expected. recall: of the expected ones, those that
    were found. `unclear` and `unjudged`: of the expected `pass` and `fail`, those that were left to a person.
    """

    fail_precision: Share
    fail_recall: Share
    pass_precision: Share
    pass_recall: Share
    unclear: Share
    unjudged: Share


def figures(rows: Sequence[Row]) -> VerdictFigures:
    """Return the figures over these rows."""
    decisive = [row for row in rows if row.expected in DECISIVE]
    return VerdictFigures(
        fail_precision=_precision(rows, "fail"),
        fail_recall=_recall(rows, "fail"),
        pass_precision=_precision(rows, "pass"),
        pass_recall=_recall(rows, "pass"),
        unclear=_found(decisive, "unclear"),
        unjudged=_found(decisive, "unjudged"),
    )


def by_rule(rows: Sequence[Row]) -> dict[str, VerdictFigures]:
    """Return the figures of each rule that has a row, by rule id."""
    return {rule: figures([row for row in rows if row.rule == rule]) for rule in sorted({row.rule for row in rows})}


def confusion(rows: Sequence[Row]) -> dict[tuple[Wanted, Found], int]:
    """Return the confusion matrix by pairs of expected and found verdict; pairs that never occur are missing."""
    return dict(Counter((row.expected, row.found) for row in rows))


def innocent(compared: Sequence[ComparedEncounter], found: Found) -> Share:
    """Return the share of encounters in which no forbidden rule may fail where the worst of them says `found`."""
    asserted = [one.innocent for one in compared if one.innocent is not None]
    return Share(hits=asserted.count(found), of=len(asserted))


def rows_of(compared: Sequence[ComparedEncounter]) -> tuple[Row, ...]:
    """Return the rows of all encounters."""
    return tuple(row for one in compared for row in one.rows)


def _precision(rows: Sequence[Row], verdict: Verdict) -> Share:
    found = [row for row in rows if row.found == verdict]
    return Share(hits=sum(row.agrees for row in found), of=len(found))


def _recall(rows: Sequence[Row], verdict: Verdict) -> Share:
    return _found([row for row in rows if row.expected == verdict], verdict)


def _found(rows: Sequence[Row], found: Found) -> Share:
    return Share(hits=sum(row.found == found for row in rows), of=len(rows))
