"""What counts in the end: the machine's verdicts, with those that people decided in their place."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean

from speechaudit import scoring
from speechaudit.model import SEVERITY, Audit, Encounter, Finding, Review, Setting, Verdict
from speechaudit.policy import Policy

Decisions = Mapping[str, tuple[Verdict, Review]]


def key_of(finding: Finding) -> str:
    """The same for the same verdict of a rule on the same words, in this and in every later audit of a recording."""
    machine = finding.review.machine if finding.review else finding.verdict
    said = [(f"{e.start:.1f}", f"{e.end:.1f}", e.quote) for e in finding.evidence]
    told = json.dumps([finding.rule, machine, said], ensure_ascii=False)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def priority(finding: Finding, lot: str) -> float:
    """How soon a person should look: doubtful ones above 1, by severity and doubt; clear ones 0 to 1, by lot.

    `lot` is what the chance is drawn from: nobody can foresee it, and every audit of the same words draws the same.
    """
    if finding.verdict == "unclear":
        return SEVERITY[finding.level] + 0.99 * _doubt(finding)
    drawn = hashlib.sha256(f"{lot} {key_of(finding)}".encode()).digest()
    return int.from_bytes(drawn[:6], "big") / 2**48


def _doubt(finding: Finding) -> float:
    """1 where the evidence was heard half, 0 where it was heard surely or not at all."""
    heard = max((e.heard for e in finding.evidence), default=0.5)
    return 1.0 - abs(2.0 * heard - 1.0)


def final(audit: Audit, decisions: Decisions, policy: Policy) -> Audit:
    """The audit with what people decided, and scores that follow; what could not be judged stays so."""
    setting = audit.recording.setting
    return replace(audit, encounters=tuple(_final(e, decisions, policy, setting) for e in audit.encounters))


def _final(encounter: Encounter, decisions: Decisions, policy: Policy, setting: Setting) -> Encounter:
    findings = tuple(_decided(f, decisions) for f in encounter.findings)
    if findings == encounter.findings:
        return encounter
    if encounter.score is None or encounter.score.total is None:
        return replace(encounter, findings=findings)
    charged = scoring.charge(findings, policy, setting)
    return replace(encounter, findings=charged, score=scoring.score(charged, policy, setting))


def _decided(finding: Finding, decisions: Decisions) -> Finding:
    if (decision := decisions.get(key_of(finding))) is None:
        return finding
    verdict, review = decision
    return replace(finding, verdict=verdict, review=review)


def total_of(audit: Audit) -> tuple[float | None, bool | None]:
    """The mean of the judged encounters and whether all of them passed; None where nothing was judged."""
    scores = [e.score for e in audit.encounters if e.score and e.score.total is not None]
    totals = [score.total for score in scores if score.total is not None]
    return (fmean(totals), all(score.passed for score in scores)) if totals else (None, None)
