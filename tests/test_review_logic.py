"""Who may say what about a finding, and what it does to findings and scores: without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from speechaudit import scoring
from speechaudit.fingerprints import key_of
from speechaudit.model import Audit, Encounter, Evidence, Finding, MadeBy, Recording, Review, Score, Transcript, Verdict
from speechaudit.policy import Dimension, Policy, Veto
from speechaudit.reasons import because
from speechaudit.reviews import (
    Action,
    CaseFile,
    CaseState,
    HumanFindings,
    Refusal,
    Statement,
    priority,
    refuse_appeal,
    refuse_decision,
    refuse_review,
    refuse_withdrawal,
    state_after,
    total_of,
    with_decisions,
)

POLICY = Policy(
    points={"minor": 2, "major": 5, "critical": 15},
    each_time=("forbidden",),
    dimensions=(Dimension(group="d", title="全部", full={"phone": 100, "counter": 100}),),
    veto=Veto(cap=59),
    pass_mark=80,
    minimum_confidence=0.35,
    minimum_label=0.8,
    minimum_seconds=5,
    minimum_encounters=10,
    worst_moments=10,
)
AUDITED = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHARGED = CaseFile(verdict="fail", machine="fail", judged_at=AUDITED, staff_id=17)
REVIEWED = replace(CHARGED, state="reviewed", reviewers=(1,))
CONTESTED = replace(REVIEWED, state="appealed", appellants=(8, 9))
CLOSED = replace(CONTESTED, state="decided", verdict="pass")
OVERRULE = Statement(user_id=2, reason="是转述", verdict="pass")
CONFIRM = Statement(user_id=2, reason="", verdict="fail")


def finding(rule: str, verdict: Verdict, quote: str, heard: float = 1.0, start: float = 1.0) -> Finding:
    said = Evidence(start=start, end=start + 1.0, role="staff", quote=quote, reasons=(), match="exact", heard=heard)
    return Finding(
        rule=rule, verdict=verdict, evidence=(said,), title=rule, topics=(), kind="forbidden", dimension="d",
        level="major", status="active", message="",
    )  # fmt: skip


DOES_NOT_KNOW, HURRIES = (
    finding("forbidden.know", "fail", "不知道"),
    finding("forbidden.hurry", "fail", "快点", start=5.0),
)


def audit(*findings: Finding, judged: bool = True) -> Audit:
    charged = scoring.charge(findings, POLICY, "phone")
    score = (
        scoring.score(charged, POLICY, "phone")
        if judged
        else Score(total=None, passed=None, reasons=(because("nothing-said"),))
    )
    silent = Transcript(segments=(), duration=9.0)
    made_by = MadeBy(program="", transcriber="", model="", model_sha256="", device="", compute_type="")
    return Audit(
        recording=Recording(file="call.wav", setting="phone"), duration=9.0, made_by=made_by, profile="default",
        rulebook_version="v1",
        encounters=(Encounter(start=0.0, end=9.0, transcript=silent, findings=charged, score=score),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("case", "said", "refusal"),
    [
        (CHARGED, OVERRULE, None),
        (CHARGED, CONFIRM, None),
        (REVIEWED, OVERRULE, None),
        (replace(CHARGED, state="withdrawn"), OVERRULE, None),
        (CHARGED, replace(OVERRULE, reason=""), Refusal.NO_REASON),
        (replace(CHARGED, verdict="pass"), replace(CONFIRM, verdict="pass"), Refusal.NO_REASON),
        (CHARGED, replace(CONFIRM, staff_id=17), Refusal.OWN_FINDING),
        (CHARGED, replace(CONFIRM, staff_id=18), None),
        (replace(CHARGED, staff_id=None), CONFIRM, None),
        (CONTESTED, OVERRULE, Refusal.UNDER_APPEAL),
        (CLOSED, OVERRULE, Refusal.DECIDED),
    ],
)
def test_who_may_review(case: CaseFile, said: Statement, refusal: Refusal | None) -> None:
    assert refuse_review(case, said) == refusal


@pytest.mark.parametrize(
    ("case", "days_later", "refusal"),
    [
        (CHARGED, 15.0, None),
        (CHARGED, 15.001, Refusal.TOO_LATE),
        (REVIEWED, 0.0, None),
        (replace(REVIEWED, verdict="pass"), 0.0, Refusal.COSTS_NOTHING),
        (replace(CHARGED, verdict="unclear"), 0.0, Refusal.COSTS_NOTHING),
        (CONTESTED, 0.0, Refusal.UNDER_APPEAL),
        (CLOSED, 99.0, Refusal.DECIDED),
    ],
)
def test_what_may_be_contested(case: CaseFile, days_later: float, refusal: Refusal | None) -> None:
    assert refuse_appeal(case, AUDITED + timedelta(days=days_later), days=15) == refusal


@pytest.mark.parametrize(
    ("case", "user", "refusal"),
    [
        (CONTESTED, 9, None),
        (CONTESTED, 8, Refusal.APPEAL_OF_ANOTHER),
        (REVIEWED, 9, Refusal.NOT_UNDER_APPEAL),
        (CHARGED, 9, Refusal.NOT_UNDER_APPEAL),
        (CLOSED, 9, Refusal.NOT_UNDER_APPEAL),
    ],
)
def test_who_may_take_an_appeal_back(case: CaseFile, user: int, refusal: Refusal | None) -> None:
    assert refuse_withdrawal(case, Statement(user_id=user, reason="")) == refusal


@pytest.mark.parametrize(
    ("case", "said", "refusal"),
    [
        (CONTESTED, OVERRULE, None),
        (CONTESTED, CONFIRM, None),
        (CONTESTED, replace(OVERRULE, user_id=1), Refusal.TOOK_PART),
        (CONTESTED, replace(OVERRULE, user_id=8), Refusal.TOOK_PART),
        (CONTESTED, replace(OVERRULE, staff_id=17), Refusal.OWN_FINDING),
        (CONTESTED, replace(OVERRULE, reason=""), Refusal.NO_REASON),
        (REVIEWED, OVERRULE, Refusal.NOT_UNDER_APPEAL),
        (CLOSED, OVERRULE, Refusal.NOT_UNDER_APPEAL),
    ],
)
def test_who_may_decide(case: CaseFile, said: Statement, refusal: Refusal | None) -> None:
    assert refuse_decision(case, said) == refusal


@pytest.mark.parametrize(
    ("action", "decided_before", "state"),
    [
        ("review", False, "reviewed"),
        ("appeal", False, "appealed"),
        ("appeal", True, "appealed"),
        ("decide", True, "decided"),
        ("withdraw", True, "reviewed"),
        ("withdraw", False, "withdrawn"),
    ],
)
def test_what_follows_an_action(action: Action, decided_before: bool, state: CaseState) -> None:
    assert state_after(action, decided_before=decided_before) == state


def test_fingerprints_tell_findings_apart_and_know_them_again() -> None:
    assert key_of(DOES_NOT_KNOW) == key_of(scoring.charge([DOES_NOT_KNOW], POLICY, "phone")[0])
    overruled = replace(DOES_NOT_KNOW, verdict="pass", review=Review(machine="fail", reason="", at=AUDITED, final=True))
    assert key_of(overruled) == key_of(DOES_NOT_KNOW)
    others = (
        HURRIES,
        finding("forbidden.know", "fail", "不晓得"),
        finding("forbidden.know", "unclear", "不知道"),
        replace(DOES_NOT_KNOW, evidence=(replace(DOES_NOT_KNOW.evidence[0], start=1.5),)),
    )
    assert len({key_of(each) for each in (DOES_NOT_KNOW, *others)}) == 5


def test_what_people_decided_changes_points_and_score_and_nothing_else() -> None:
    before = audit(DOES_NOT_KNOW, HURRIES)
    assert total_of(before) == (90.0, True)
    review = Review(machine="fail", reason="是转述", at=AUDITED, final=False)
    after = with_decisions(before, HumanFindings(verdicts={key_of(DOES_NOT_KNOW): ("pass", review)}), POLICY)
    assert total_of(after) == (95.0, True)
    told = {f.rule: (f.verdict, f.points, f.review) for f in after.encounters[0].findings}
    assert told == {"forbidden.know": ("pass", 0.0, review), "forbidden.hurry": ("fail", 5.0, None)}
    assert with_decisions(before, HumanFindings(verdicts={"of another finding": ("pass", review)}), POLICY) == before


def test_a_service_that_was_not_judged_gets_no_score_by_a_review() -> None:
    review = Review(machine="fail", reason="", at=AUDITED, final=False)
    after = with_decisions(
        audit(HURRIES, judged=False), HumanFindings(verdicts={key_of(HURRIES): ("pass", review)}), POLICY
    )
    assert (total_of(after), after.encounters[0].findings[0].verdict) == ((None, None), "pass")


def test_doubt_is_looked_at_by_severity_and_then_by_how_doubtful_it_is() -> None:
    half, sure = finding("a", "unclear", "x", heard=0.5), finding("a", "unclear", "x", heard=1.0)
    minor = replace(half, level="minor")
    assert [priority(each, "lot") for each in (half, sure, minor)] == pytest.approx([2.99, 2.0, 1.99])
    drawn = [priority(finding("a", "fail", str(n)), "lot") for n in range(200)]
    assert (min(drawn) < 0.1, max(drawn) > 0.9) == (True, True)
    assert all(0 <= each < 1 for each in drawn)
    assert priority(DOES_NOT_KNOW, "lot") == priority(DOES_NOT_KNOW, "lot") != priority(DOES_NOT_KNOW, "another lot")
