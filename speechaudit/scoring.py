"""Findings and policy in, points and score out. The sum is shown, not only its result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from speechaudit.model import Deduction, DimensionScore, Evidence, Finding, Score, Setting, Span
from speechaudit.policy import Dimension, Policy
from speechaudit.reasons import Reason, because

_SAME_WORDS = 0.5  # two pieces of evidence that share half of the shorter one are about the same words


def charge(findings: Iterable[Finding], policy: Policy, setting: Setting) -> tuple[Finding, ...]:
    """Return the same findings with the points that each costs, whatever they cost before, and which rule covers them.

    Only `fail` of active rules costs points. The same words are charged once, under the rule that costs most (or hears
    more of them). A rule whose dimension does not count in this setting costs nothing.
    """
    given = tuple(_uncharged(f) for f in findings)
    counted = {d.group for d in policy.dimensions if setting in d.full}
    costly = (f for f in given if _costs(f, counted))
    dearest_first = sorted(costly, key=lambda f: (policy.points[f.level], _longest(f)), reverse=True)
    charged: dict[str, Finding] = {}
    taken: list[tuple[Span, str]] = []
    for finding in dearest_first:
        if same := _same_act(finding, charged.values(), policy):
            charged[finding.rule] = _covered(finding, same)
        else:
            evidence = tuple(_priced(finding, policy, taken))
            charged[finding.rule] = replace(finding, evidence=evidence, points=sum(e.points for e in evidence))
    return tuple(charged.get(f.rule, f) for f in given)


def _uncharged(finding: Finding) -> Finding:
    evidence = tuple(replace(e, points=0.0, covered_by=None) for e in finding.evidence)
    return replace(finding, evidence=evidence, points=0.0)


def _longest(finding: Finding) -> float:
    """Seconds of the longest piece of evidence: of two rules that cost the same, the one that hears more is right."""
    return max((e.duration for e in finding.evidence), default=0.0)


def _same_act(finding: Finding, charged: Iterable[Finding], policy: Policy) -> str:
    """The rule about the same act that has been charged before; empty if there is none."""
    acts = {rule for group in policy.same_act if finding.rule in group for rule in group}
    return next((f.rule for f in charged if f.rule in acts and f.points), "")


def _covered(finding: Finding, other: str) -> Finding:
    first, *rest = finding.evidence
    return replace(finding, evidence=(replace(first, covered_by=other), *rest))


def _costs(finding: Finding, counted: set[str]) -> bool:
    return finding.verdict == "fail" and finding.status == "active" and finding.dimension in counted


def _priced(finding: Finding, policy: Policy, taken: list[tuple[Span, str]]) -> Iterator[Evidence]:
    each_time = finding.kind in policy.each_time
    for number, evidence in enumerate(finding.evidence):
        if number and not each_time:
            yield evidence
        elif each_time and (other := _charged_before(evidence, taken)):
            yield replace(evidence, covered_by=other)
        else:
            taken.append((evidence, finding.rule))
            yield replace(evidence, points=policy.points[finding.level])


def _charged_before(evidence: Evidence, taken: list[tuple[Span, str]]) -> str:
    for span, rule in taken:
        shorter = min(span.duration, evidence.duration)
        if shorter > 0 and span.overlap(evidence) >= _SAME_WORDS * shorter:
            return rule
    return ""


def score(findings: Iterable[Finding], policy: Policy, setting: Setting) -> Score:
    """Return the sum over charged findings. `total` is None, with the reason, if no rule could say pass or fail."""
    active = tuple(f for f in findings if f.status == "active")
    if not any(f.verdict in ("pass", "fail") for f in active):
        return unjudged(because("no-rule-judged"))
    columns = tuple(_column(d, active, d.full[setting]) for d in policy.dimensions if setting in d.full)
    vetoed_by = tuple(f.rule for f in active if f.verdict == "fail" and f.rule in policy.veto.rules)
    total = sum(c.score for c in columns)
    if vetoed_by:
        total = min(total, policy.veto.cap)
    return Score(
        total=total,
        passed=total >= policy.pass_mark,
        by_dimension=columns,
        deductions=tuple(
            Deduction(rule=f.rule, title=f.title, dimension=f.dimension, points=f.points) for f in active if f.points
        ),
        vetoed_by=vetoed_by,
    )


def unjudged(reason: Reason) -> Score:
    """Return a score without a total, and the reason."""
    return Score(total=None, passed=None, reasons=(reason,))


def _column(dimension: Dimension, findings: Iterable[Finding], full: float) -> DimensionScore:
    deducted = min(full, sum(f.points for f in findings if f.dimension == dimension.group))
    return DimensionScore(
        name=dimension.group, title=dimension.title, full=full, deducted=deducted, score=full - deducted
    )
