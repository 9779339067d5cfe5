"""Points: charged once for the same words, capped by dimension, shown as a sum."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.model import Evidence, Finding, Verdict
from speechaudit.policy import Dimension, Policy, Veto
from speechaudit.reasons import because
from speechaudit.scoring import charge, score, unjudged
from tests.sentences import legacy

POLICY = Policy(
    points={"minor": 2, "major": 5, "critical": 15},
    each_time=("forbidden",),
    same_act=(("phone.closing", "sounds.farewell"),),
    dimensions=(
        Dimension(group="sounds", title="三声", full={"phone": 20, "counter": 40}),
        Dimension(group="forbidden", title="服务忌语", full={"phone": 60, "counter": 60}),
        Dimension(group="phone", title="电话规范", full={"phone": 20}),
    ),
    veto=Veto(rules=("forbidden.insult",), cap=59),
    pass_mark=80,
    minimum_confidence=0.35,
    minimum_label=0.7,
    minimum_seconds=5,
    minimum_encounters=10,
    worst_moments=10,
)


def heard(start: float, end: float) -> Evidence:
    return Evidence(start=start, end=end, role="staff", quote="…", reasons=legacy("为何"), match="exact")


def found(rule: str, verdict: Verdict, *evidence: Evidence, level: str = "major", kind: str = "forbidden") -> Finding:
    return Finding(
        rule=rule,
        title=rule,
        topics=(),
        kind=kind,
        dimension=rule.partition(".")[0],
        level=level,  # type: ignore[arg-type]
        status="active",
        verdict=verdict,
        message="",
        evidence=evidence,
    )


def total(*findings: Finding) -> float | None:
    return score(charge(findings, POLICY, "phone"), POLICY, "phone").total


def test_nothing_wrong_is_full_marks() -> None:
    assert total(found("sounds.greet", "pass", heard(0, 1))) == 100


def test_a_forbidden_phrase_costs_each_time_and_an_omission_once() -> None:
    assert total(found("forbidden.a", "fail", heard(0, 1), heard(5, 6))) == 90
    assert total(found("sounds.greet", "fail", heard(0, 1), heard(5, 6), kind="required")) == 95


def test_the_same_words_are_charged_once_under_the_dearer_rule() -> None:
    findings = (
        found("forbidden.a", "fail", heard(0, 2)),
        found("forbidden.b", "fail", heard(0.5, 2), level="critical"),
    )
    charged = {f.rule: f for f in charge(findings, POLICY, "phone")}
    assert charged["forbidden.b"].points == 15
    assert charged["forbidden.a"].points == 0
    assert charged["forbidden.a"].evidence[0].covered_by == "forbidden.b"


def test_one_act_is_charged_once_whatever_rules_speak_of_it() -> None:
    findings = (
        found("sounds.farewell", "fail", heard(0, 9), kind="required", level="minor"),
        found("phone.closing", "fail", heard(0, 9), kind="required"),
        found("sounds.greet", "fail", heard(0, 9), kind="required"),
    )
    charged = {f.rule: f for f in charge(findings, POLICY, "phone")}
    assert [charged[f.rule].points for f in findings] == [0, 5, 5]
    assert charged["sounds.farewell"].evidence[0].covered_by == "phone.closing"


def test_unclear_trial_and_foreign_dimensions_cost_nothing() -> None:
    assert total(found("sounds.greet", "unclear", heard(0, 1)), found("sounds.x", "pass")) == 100
    trial = replace(found("sounds.greet", "fail", heard(0, 1)), status="trial")
    assert total(trial, found("sounds.x", "pass")) == 100
    at_counter = charge([found("phone.ring", "fail", heard(0, 0))], POLICY, "counter")
    assert at_counter[0].points == 0


def test_a_dimension_loses_no_more_than_it_has() -> None:
    findings = [found(f"phone.{i}", "fail", heard(i, i), level="critical", kind="measure") for i in range(3)]
    scored = score(charge(findings, POLICY, "phone"), POLICY, "phone")
    assert scored.total == 80
    assert [(d.name, d.deducted, d.score) for d in scored.by_dimension if d.deducted] == [("phone", 20, 0)]


def test_a_veto_caps_the_total_and_is_named() -> None:
    scored = score(charge([found("forbidden.insult", "fail", heard(0, 1))], POLICY, "phone"), POLICY, "phone")
    assert (scored.total, scored.passed, scored.vetoed_by) == (59, False, ("forbidden.insult",))


@pytest.mark.parametrize("verdict", ["unclear", "n/a"])
def test_nothing_judged_is_no_score(verdict: Verdict) -> None:
    scored = score([found("sounds.greet", verdict)], POLICY, "phone")
    assert (scored.total, scored.passed) == (None, None)
    assert scored.not_judged
    assert unjudged(because("nothing-said")).not_judged == "没有听到说话"


FINDINGS = st.lists(
    st.builds(
        found,
        st.sampled_from(["sounds.a", "sounds.b", "forbidden.a", "forbidden.b", "phone.a"]),
        st.sampled_from(["pass", "fail", "unclear", "n/a"]),
        st.builds(heard, st.floats(0, 10), st.floats(10, 20)),
        st.builds(heard, st.floats(0, 10), st.floats(10, 20)),
        level=st.sampled_from(["minor", "major", "critical"]),
        kind=st.sampled_from(["forbidden", "required"]),
    ),
    unique_by=lambda f: f.rule,
)


@given(FINDINGS)
def test_the_sum_is_the_sum(findings: list[Finding]) -> None:
    charged = charge(findings, POLICY, "phone")
    scored = score(charged, POLICY, "phone")
    assert [f.rule for f in charged] == [f.rule for f in findings]
    assert all(f.points == sum(e.points for e in f.evidence) for f in charged)
    if scored.total is not None:
        assert scored.total == sum(d.score for d in scored.by_dimension)
        assert sum(d.points for d in scored.deductions) >= 100 - scored.total
        assert 0 <= scored.total <= 100


def test_charging_again_after_a_finding_fell_charges_what_it_had_covered() -> None:
    both = (found("phone.closing", "fail", heard(0, 9)), found("sounds.farewell", "fail", heard(0, 9), level="minor"))
    first = charge(both, POLICY, "phone")
    assert [f.points for f in first] == [5, 0]
    assert charge(first, POLICY, "phone") == first
    fallen = (replace(first[0], verdict="pass"), first[1])
    closing, farewell = charge(fallen, POLICY, "phone")
    assert (closing.points, farewell.points, farewell.evidence[0].covered_by) == (0, 2, None)
