"""Review and appeal without a database: who may say what about a finding, and what this does to findings and scores.

A verdict of the program can be reviewed by a person, contested by the member of staff whom it is about, and decided by
another person, which is the end. What people decided is kept by the fingerprint of the finding, so that it outlives
later audits that find the same in the same words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Literal

from speechaudit import scoring
from speechaudit.model import SEVERITY, Audit, Encounter, Finding, Review, Setting, Verdict
from speechaudit.policy import Policy

# reviewed → appealed → decided, which is the end; an appeal that is taken back leaves what was before.
CaseState = Literal["reviewed", "appealed", "decided", "withdrawn"]
Action = Literal["review", "appeal", "withdraw", "decide"]
# What people decided about the findings of a recording, by fingerprint.
Decisions = Mapping[str, tuple[Verdict, Review]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a person says of a finding. `verdict` is None for an appeal, which asks and does not decide.

    `staff_id` is set if the person is a member of staff, who may be the one whom the finding is about.
    """

    user_id: int
    reason: str
    verdict: Verdict | None = None
    staff_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """What is known of a finding when somebody wants to say something about it.

    `verdict` is the one that counts, `machine` the program's; `state` is None as long as nobody said anything.
    `judged_at` is when it was last judged, by the program or by a person; `reviewers` and `appellants` are the users
    who reviewed and contested it, in order of time.
    """

    verdict: Verdict
    machine: Verdict
    judged_at: datetime
    staff_id: int | None = None
    state: CaseState | None = None
    reviewers: tuple[int, ...] = ()
    appellants: tuple[int, ...] = ()


class Refusal(StrEnum):
    """Reasons why a statement is not accepted."""

    OWN_FINDING = "own-finding"
    NO_REASON = "no-reason"
    UNDER_APPEAL = "under-appeal"
    DECIDED = "decided"
    NOT_UNDER_APPEAL = "not-under-appeal"
    COSTS_NOTHING = "costs-nothing"
    TOO_LATE = "too-late"
    APPEAL_OF_ANOTHER = "appeal-of-another"
    TOOK_PART = "took-part"


def refuse_review(case: CaseFile, said: Statement) -> Refusal | None:
    """Say why a review is refused, or None: nobody reviews their own finding, nor one that is under or past appeal."""
    return _refuse_judgement(case, said) or _closed(case)


def refuse_appeal(case: CaseFile, at: datetime, days: int) -> Refusal | None:
    """Say why an appeal at a moment is refused, or None: only what costs can be contested, and for some days only."""
    if closed := _closed(case):
        return closed
    if case.verdict != "fail":
        return Refusal.COSTS_NOTHING
    return Refusal.TOO_LATE if at > deadline(case, days) else None


def refuse_withdrawal(case: CaseFile, said: Statement) -> Refusal | None:
    """Say why an appeal cannot be taken back, or None: its author alone takes it back, before it is decided."""
    if case.state != "appealed":
        return Refusal.NOT_UNDER_APPEAL
    return Refusal.APPEAL_OF_ANOTHER if case.appellants[-1] != said.user_id else None


def refuse_decision(case: CaseFile, said: Statement) -> Refusal | None:
    """Say why a decision of an appeal is refused, or None: nobody decides who reviewed or contested the finding."""
    if refused := _refuse_judgement(case, said):
        return refused
    if case.state != "appealed":
        return Refusal.NOT_UNDER_APPEAL
    return Refusal.TOOK_PART if said.user_id in {*case.reviewers, *case.appellants} else None


def _refuse_judgement(case: CaseFile, said: Statement) -> Refusal | None:
    if said.staff_id is not None and said.staff_id == case.staff_id:
        return Refusal.OWN_FINDING
    return Refusal.NO_REASON if said.verdict != case.machine and not said.reason else None


def _closed(case: CaseFile) -> Refusal | None:
    if case.state == "appealed":
        return Refusal.UNDER_APPEAL
    return Refusal.DECIDED if case.state == "decided" else None


def deadline(case: CaseFile, days: int) -> datetime:
    """Return until when a finding can be contested: so many days after it was last judged."""
    return case.judged_at + timedelta(days=days)


def state_after(action: Action, *, decided_before: bool) -> CaseState:
    """Return the state of a case after an action; `decided_before` tells whether a person gave a verdict so far."""
    if action == "withdraw":
        return "reviewed" if decided_before else "withdrawn"
    states: dict[Action, CaseState] = {"review": "reviewed", "appeal": "appealed", "decide": "decided"}
    return states[action]


def fingerprint(finding: Finding) -> str:
    """Return 16 hex digits, the same for the same verdict of the program by a rule on the same words at the same time.

    They stay the same in every later audit of a recording, and when a person decides otherwise.
    """
    machine = finding.review.machine if finding.review else finding.verdict
    said = [(f"{e.start:.1f}", f"{e.end:.1f}", e.quote) for e in finding.evidence]
    told = json.dumps([finding.rule, machine, said], ensure_ascii=False)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def priority(finding: Finding, lot: str) -> float:
    """Return how soon a person should look: doubtful ones above 1, by severity and doubt; clear ones 0 to 1, by lot.

    `lot` is what the chance is drawn from: nobody can foresee it, and every audit of the same words draws the same.
    """
    if finding.verdict == "unclear":
        return SEVERITY[finding.level] + 0.99 * _doubt(finding)
    drawn = hashlib.sha256(f"{lot} {fingerprint(finding)}".encode()).digest()
    return int.from_bytes(drawn[:6], "big") / 2**48


def _doubt(finding: Finding) -> float:
    """Return 1 where the evidence was heard half, 0 where it was heard surely or not at all."""
    heard = max((e.heard for e in finding.evidence), default=0.5)
    return 1.0 - abs(2.0 * heard - 1.0)


def with_decisions(audit: Audit, decisions: Decisions, policy: Policy) -> Audit:
    """Return the audit with what people decided, scored anew by `policy`; what could not be judged stays so."""
    setting = audit.recording.setting
    return replace(audit, encounters=tuple(_with_decisions(e, decisions, policy, setting) for e in audit.encounters))


def _with_decisions(encounter: Encounter, decisions: Decisions, policy: Policy, setting: Setting) -> Encounter:
    findings = tuple(_decided(f, decisions) for f in encounter.findings)
    if findings == encounter.findings:
        return encounter
    if encounter.score is None or encounter.score.total is None:
        return replace(encounter, findings=findings)
    charged = scoring.charge(findings, policy, setting)
    return replace(encounter, findings=charged, score=scoring.score(charged, policy, setting))


def _decided(finding: Finding, decisions: Decisions) -> Finding:
    if (decision := decisions.get(fingerprint(finding))) is None:
        return finding
    verdict, review = decision
    return replace(finding, verdict=verdict, review=review)


def total_of(audit: Audit) -> tuple[float | None, bool | None]:
    """Return the mean of the judged encounters and whether all of them passed; None where nothing was judged."""
    scores = [e.score for e in audit.encounters if e.score and e.score.total is not None]
    totals = [score.total for score in scores if score.total is not None]
    return (fmean(totals), all(score.passed for score in scores)) if totals else (None, None)
