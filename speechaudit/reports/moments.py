"""Findings of one verdict, laid out one piece of evidence at a time, so that each can be checked and contested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from speechaudit.fingerprints import code_of
from speechaudit.model import SEVERITY, Encounter, Evidence, Finding, Recording, Score, Verdict
from speechaudit.reasons import cause_of, outline
from speechaudit.reports import words
from speechaudit.reports.figures import Moment, ServedPart


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedEncounter:
    """An encounter with where it comes from; `number` counts from 1 in its recording, `parts` are who served in it."""

    recording: Recording
    number: int
    encounter: Encounter
    begun_at: datetime | None
    parts: tuple[ServedPart, ...] = ()


def is_scored(finding: Finding) -> bool:
    """Return whether the rule is active: a rule on trial is reported apart."""
    return finding.status == "active"


def scored_total(score: Score | None) -> float | None:
    """Return the total, or None if the encounter was not scored or could not be judged."""
    return score.total if score else None


def is_judged(case: NumberedEncounter) -> bool:
    """Return whether the service counts: it has a score, or nobody has scored anything yet."""
    return not (case.encounter.score and case.encounter.score.reasons)


def moments_of(cases: Sequence[NumberedEncounter], verdict: Verdict) -> tuple[Moment, ...]:
    """Return all evidence of scored findings with this verdict: vetoes first, then by points, level and time.

    What failed in a service that was not scored, as in audits of older versions, is unclear.
    """
    found = [
        moment
        for case in cases
        for finding in case.encounter.findings
        if _shown(case, finding) == verdict and is_scored(finding)
        for moment in _moments(case, finding)
    ]
    return tuple(sorted(found, key=lambda moment: order_of(weight_of(moment))))


Weight = tuple[bool, float, int]
"""How much a moment weighs: whether it caps the total, its points, the severity of its level."""


def weight_of(moment: Moment) -> Weight:
    """Return what moments are ordered by."""
    return moment.veto, moment.points, SEVERITY[moment.level]


def order_of(weight: Weight) -> tuple[bool, float, int]:
    """Return the key that puts what weighs most first."""
    veto, points, severity = weight
    return not veto, -points, -severity


def doubt_of(moment: Moment) -> str:
    """Return what is said of a doubt wherever it occurs; the title of the rule where nobody gave a reason."""
    cause = cause_of(moment.reasons)
    told = outline(cause).strip(":：,，…") if cause else ""
    return told or f"“{moment.title}”无法确定"


def _shown(case: NumberedEncounter, finding: Finding) -> Verdict:
    return "unclear" if finding.verdict == "fail" and not is_judged(case) else finding.verdict


def _moments(case: NumberedEncounter, finding: Finding) -> list[Moment]:
    if finding.evidence:
        return [_moment(case, finding, evidence) for evidence in finding.evidence]
    whole = _moment(case, finding, _whole(case.encounter, finding))  # it stands on its whole encounter
    return [replace(whole, match=None)]


def _moment(case: NumberedEncounter, finding: Finding, evidence: Evidence) -> Moment:
    score = case.encounter.score
    return Moment(
        id=code_of(case.recording.file, finding.rule, evidence),
        file=case.recording.file,
        encounter=case.number,
        start=evidence.start,
        end=evidence.end,
        begun_at=case.begun_at,
        rule=finding.rule,
        title=finding.title,
        dimension=finding.dimension,
        level=finding.level,
        veto=finding.verdict == "fail" and score is not None and finding.rule in score.vetoed_by,
        points=evidence.points,
        role=evidence.role,
        quote=evidence.quote,
        why=words.why(evidence, case.encounter.findings),
        reasons=evidence.reasons,
        covered_by=evidence.covered_by,
        match=evidence.match,
        heard=evidence.heard,
        message=finding.message,
        clauses=finding.clauses,
        review=finding.review,
    )


def _whole(span: Encounter, finding: Finding) -> Evidence:
    return Evidence(
        start=span.start, end=span.end, role="unknown", quote="", reasons=(), match="absence", points=finding.points
    )


def codes_of(file: str, encounter: Encounter, finding: Finding) -> tuple[str, ...]:
    """Return the codes under which reports print the evidence of a finding, one for each piece."""
    return tuple(code_of(file, finding.rule, each) for each in finding.evidence or (_whole(encounter, finding),))
