"""Review and appeal without a database: who may say what about a finding, and what this does to findings and scores.

A verdict of the program can be reviewed by a person, contested by the member of staff whom it is about, and decided by
another person, which is the end. What people decided is kept by the key of the finding, so that it outlives
later audits that find the same in the same words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Literal

from speechaudit import scoring
from speechaudit.fingerprints import chance, key_of
from speechaudit.model import SEVERITY, Audit, Encounter, Finding, Review, Setting, Verdict
from speechaudit.policy import Policy
from speechaudit.served import owner_at, rejoined, served

# reviewed → appealed → decided, which is the end; what is taken back leaves what was before.
CaseState = Literal["reviewed", "appealed", "decided", "withdrawn"]
# `mark` finds what the program missed, `undo` takes the last review or mark back, `second` is a blind second opinion.
Action = Literal["review", "mark", "undo", "second", "appeal", "withdraw", "decide", "comment"]
JUDGING: frozenset[Action] = frozenset({"review", "mark", "decide"})
# What people decided about the findings of a recording, by `fingerprints.key_of`.
Decisions = Mapping[str, tuple[Verdict, Review]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanFindings:
    """What people said of a recording: their verdicts, and what they found that the program had missed."""

    verdicts: Decisions = field(default_factory=dict)
    marks: tuple[Finding, ...] = ()


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
    `judged_at` is when it was last judged, by the program or by a person; `reviewers`, `seconders` and `appellants` are
    the users who reviewed it, gave a second opinion and contested it, in order of time. `claimed_by` is the user who
    has it on the desk just now. `last` is what was done last, comments aside, and by whom.
    """

    verdict: Verdict
    machine: Verdict
    judged_at: datetime
    staff_id: int | None = None
    state: CaseState | None = None
    reviewers: tuple[int, ...] = ()
    seconders: tuple[int, ...] = ()
    appellants: tuple[int, ...] = ()
    claimed_by: int | None = None
    last: tuple[Action, int] | None = None


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
    CLAIMED = "claimed"
    NOT_REVIEWED = "not-reviewed"
    NOTHING_TO_UNDO = "nothing-to-undo"
    REVIEW_OF_ANOTHER = "review-of-another"
    NO_CASE = "no-case"


def refuse_review(case: CaseFile, said: Statement) -> Refusal | None:
    """Say why a review is refused, or None: nobody reviews their own finding, nor one that is under or past appeal.

    Nor one that somebody else has on the desk.
    """
    if refused := _refuse_judgement(case, said) or _closed(case):
        return refused
    return None if case.claimed_by in {None, said.user_id} else Refusal.CLAIMED


def refuse_undo(case: CaseFile, said: Statement) -> Refusal | None:
    """Say why a review cannot be taken back, or None: its author alone does so, before anything else was done."""
    if case.last is None or case.last[0] not in {"review", "mark"}:
        return Refusal.NOTHING_TO_UNDO
    return None if case.last[1] == said.user_id else Refusal.REVIEW_OF_ANOTHER


def refuse_second(case: CaseFile, said: Statement) -> Refusal | None:
    """Say why a second opinion is refused, or None: one other person gives it, once, on what was reviewed."""
    if refused := _refuse_judgement(case, said):
        return refused
    if case.state != "reviewed" or case.seconders:
        return Refusal.NOT_REVIEWED
    return Refusal.TOOK_PART if said.user_id in case.reviewers else None


def refuse_comment(case: CaseFile) -> Refusal | None:
    """Say why a comment is refused, or None: people comment on what people said, until it is decided."""
    if case.state is None:
        return Refusal.NO_CASE
    return Refusal.DECIDED if case.state == "decided" else None


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
    return Refusal.TOOK_PART if said.user_id in {*case.reviewers, *case.seconders, *case.appellants} else None


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
    """Return the state of a case after an action; `decided_before` tells whether a person's verdict is left.

    Raises KeyError for an action that changes no state.
    """
    if action in {"withdraw", "undo"}:
        return "reviewed" if decided_before else "withdrawn"
    states: dict[Action, CaseState] = {
        "review": "reviewed",
        "mark": "reviewed",
        "appeal": "appealed",
        "decide": "decided",
    }
    return states[action]


def standing(actions: Sequence[Action]) -> int | None:
    """Return the place of the action whose verdict counts, or None: the last one that was not taken back."""
    words: list[int] = []
    for place, action in enumerate(actions):
        if action in JUDGING:
            words.append(place)
        elif action == "undo" and words:
            words.pop()
    return words[-1] if words else None


def second_lot(lot: str, key: str) -> float:
    """Return the chance number (0 to 1) by which a reviewed finding is drawn for a second opinion."""
    return chance(f"{lot} second {key}")


def priority(finding: Finding, lot: str) -> float:
    """Return how soon a person should look: doubtful ones above 1, by severity and doubt; clear ones 0 to 1, by lot.

    `lot` is what the chance is drawn from: nobody can foresee it, and every audit of the same words draws the same.
    """
    if finding.verdict == "unclear":
        return SEVERITY[finding.level] + 0.99 * _doubt(finding)
    return chance(f"{lot} {key_of(finding)}")


def _doubt(finding: Finding) -> float:
    """Return 1 where the evidence was heard half, 0 where it was heard surely or not at all."""
    heard = max((e.heard for e in finding.evidence), default=0.5)
    return 1.0 - abs(2.0 * heard - 1.0)


def with_marks(audit: Audit, marks: Sequence[Finding]) -> Audit:
    """Return the audit with what people found in it by ear, where the program's rule said nothing; scores stay.

    A mark counts in the service in which its words lie. Where the program found something by the same rule there, that
    is what people judge instead.
    """
    return replace(audit, encounters=tuple(_with_marks(e, marks) for e in audit.encounters)) if marks else audit


def _with_marks(encounter: Encounter, marks: Sequence[Finding]) -> Encounter:
    there = [mark for mark in marks if mark.evidence and _middle(mark) in encounter]
    mine = {(owner_at(encounter.parts, _middle(mark))[0], mark.rule): mark for mark in there}
    findings = tuple(
        replace(mine[f.part, f.rule], part=f.part) if (f.part, f.rule) in mine and is_silent(f) else f
        for f in encounter.findings
    )
    return replace(encounter, findings=findings)


def _middle(mark: Finding) -> float:
    return (mark.evidence[0].start + mark.evidence[0].end) / 2


def is_silent(finding: Finding) -> bool:
    """Return whether a finding says nothing that a person could look at: no charge, doubt, evidence or review."""
    silent = finding.verdict == "n/a" or (finding.verdict == "pass" and not finding.evidence)
    return silent and finding.review is None


def with_decisions(audit: Audit, decided: HumanFindings, policy: Policy) -> Audit:
    """Return the audit with what people found and decided, scored anew by `policy`; what was not judged stays so."""
    setting = audit.recording.setting
    marked = with_marks(audit, decided.marks).encounters
    pairs = zip(audit.encounters, marked, strict=True)
    changed = tuple(_with_decisions(before, each, decided.verdicts, policy, setting) for before, each in pairs)
    return replace(audit, encounters=changed)


def touched(audit: Audit, decided: HumanFindings) -> frozenset[int]:
    """Return the services, from 0, in which people decided or marked something; findings that say nothing may lack."""
    marks = [_middle(mark) for mark in decided.marks if mark.evidence]
    return frozenset(
        number
        for number, each in enumerate(audit.encounters)
        if any(moment in each for moment in marks) or any(key_of(f) in decided.verdicts for f in each.findings)
    )


def _with_decisions(
    before: Encounter, marked: Encounter, decisions: Decisions, policy: Policy, setting: Setting
) -> Encounter:
    findings = tuple(_decided(f, decisions) for f in marked.findings)
    if findings == before.findings:
        return before
    return rescored(before, findings, policy, setting)


def rescored(encounter: Encounter, findings: tuple[Finding, ...], policy: Policy, setting: Setting) -> Encounter:
    """Return the encounter with these findings, charged and scored anew by part unless it could not be judged."""
    own = served(replace(encounter, findings=findings))
    return rejoined(encounter, {part: _rescored(each, policy, setting) for part, each in own})


def _rescored(own: Encounter, policy: Policy, setting: Setting) -> Encounter:
    if own.score is None or own.score.total is None:
        return own
    charged = scoring.charge(own.findings, policy, setting)
    return replace(own, findings=charged, score=scoring.score(charged, policy, setting))


def _decided(finding: Finding, decisions: Decisions) -> Finding:
    if (decision := decisions.get(key_of(finding))) is None:
        return finding
    verdict, review = decision
    return replace(finding, verdict=verdict, review=review)


def stake(
    encounter: Encounter, rule: str, policy: Policy, setting: Setting, part: int = 0
) -> tuple[float, float] | None:
    """Return the totals of a part if a rule's finding failed and if it did not; None where nothing is scored."""
    own = dict(served(encounter)).get(part, encounter)
    failed = _total_with(own, rule, "fail", policy, setting)
    passed = _total_with(own, rule, "n/a", policy, setting)
    return None if failed is None or passed is None else (failed, passed)


def _total_with(encounter: Encounter, rule: str, verdict: Verdict, policy: Policy, setting: Setting) -> float | None:
    findings = tuple(replace(f, verdict=verdict) if f.rule == rule else f for f in encounter.findings)
    score = _rescored(replace(encounter, findings=findings), policy, setting).score
    return score.total if score else None


def total_of(audit: Audit) -> tuple[float | None, bool | None]:
    """Return the mean of the judged encounters and whether all of them passed; None where nothing was judged."""
    scores = [e.score for e in audit.encounters if e.score and e.score.total is not None]
    totals = [score.total for score in scores if score.total is not None]
    return (fmean(totals), all(score.passed for score in scores)) if totals else (None, None)
