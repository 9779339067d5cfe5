"""Expected against found, encounter by encounter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from speechaudit.evaluation.labels import FORBIDDEN, Expectation
from speechaudit.model import Encounter, Evidence, Finding, Span, Verdict
from speechaudit.rules.rulebook import group_of

Wanted = Verdict | Literal["none"]
Found = Verdict | Literal["unjudged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One expected verdict and the one that was found.

    Expected `none` is a forbidden rule in an encounter where none may fail; it makes a row only if it failed. Found
    `unjudged` means that the encounter was not scored, or not found at all, and that nobody is sent to a place in it.
    `encounter` counts from 1, `span` is where it was found.
    """

    stem: str
    encounter: int
    rule: str
    expected: Wanted
    found: Found
    span: Span | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the labelled verdict is the one that was found."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedEncounter:
    """One encounter: its rows, and where no forbidden rule may fail the worst that one of them says (else None)."""

    stem: str
    encounter: int
    rows: tuple[Row, ...]
    innocent: Found | None


class _Answer(TypedDict):
    """The fields of a row that come from the program."""

    found: Found
    evidence: tuple[Evidence, ...]


def compare(
    stem: str, expected: Sequence[Expectation], found: Sequence[Encounter], spans: Sequence[Span] = ()
) -> tuple[ComparedEncounter, ...]:
    """Compare the encounters of one recording; `spans` say when the expected ones were, where that is known.

    Equal numbers are paired in order. Otherwise each found one is compared with the expected one that it overlaps
    most: halves of one service are compared twice, since each is judged and charged. What has no partner is unjudged.
    """
    pairs = list(_paired(len(expected), found, spans))
    lost = [(at, None) for at in range(len(expected)) if at not in {at for at, _ in pairs}]
    in_order = sorted([*pairs, *lost], key=lambda pair: pair[0])
    return tuple(_compared(stem, at + 1, expected[at], encounter) for at, encounter in in_order)


def _paired(number: int, found: Sequence[Encounter], spans: Sequence[Span]) -> Iterator[tuple[int, Encounter]]:
    if len(found) == number:
        yield from enumerate(found)
    elif number == 1:
        yield from ((0, encounter) for encounter in found)
    elif spans:
        for encounter in found:
            yield max(range(number), key=lambda at: _nearness(spans[at], encounter)), encounter


def _nearness(one: Span, other: Span) -> tuple[float, float]:
    """Seconds of overlap; without any, the nearer in time."""
    return one.overlap(other), -abs(one.start + one.end - other.start - other.end)


def _compared(stem: str, number: int, expected: Expectation, encounter: Encounter | None) -> ComparedEncounter:
    judged = encounter is not None and not (encounter.score and encounter.score.reasons)
    findings = {f.rule: f for f in encounter.findings if f.part == 0 and (judged or _is_told(f))} if encounter else {}
    forbidden = [f for f in findings.values() if group_of(f.rule) == FORBIDDEN]
    span = Span(start=encounter.start, end=encounter.end) if encounter else None
    wanted: dict[str, Wanted] = dict(expected.verdicts)
    if expected.no_forbidden:
        wanted |= {f.rule: "none" for f in forbidden if f.verdict == "fail" and f.rule not in wanted}
    return ComparedEncounter(
        stem=stem,
        encounter=number,
        rows=tuple(
            Row(stem=stem, encounter=number, rule=rule, expected=verdict, span=span, **_found(findings.get(rule)))
            for rule, verdict in wanted.items()
        ),
        innocent=None if not expected.no_forbidden else _worst(forbidden) if judged or forbidden else "unjudged",
    )


def _is_told(finding: Finding) -> bool:
    """Return whether a finding of a service without a score brings a person to a place in the sound."""
    return finding.verdict == "unclear" and bool(finding.evidence)


def _found(finding: Finding | None) -> _Answer:
    if finding is None:
        return {"found": "unjudged", "evidence": ()}
    return {"found": finding.verdict, "evidence": finding.evidence}


def _worst(findings: Sequence[Finding]) -> Found:
    verdicts = {finding.verdict for finding in findings}
    return "fail" if "fail" in verdicts else "unclear" if "unclear" in verdicts else "pass"
