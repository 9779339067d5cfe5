"""Behind the gate: no score, with the figure and the limit, findings kept and nothing charged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speechaudit.gate import not_to_be_scored, nothing_to_judge
from speechaudit.model import Acoustics, Audit, Encounter, Recording, Segment, Transcript, Verdict
from speechaudit.pipeline import BY_HAND, judge_transcript
from speechaudit.policy import Gate
from speechaudit.reasons import in_chinese
from speechaudit.rules import rulebook
from speechaudit.rules.plays import parse

BOOK = rulebook.load()
STRICT = Gate(
    minimum_staff_seconds=2,
    minimum_signal_to_noise=6,
    maximum_clipped_share=0.1,
    maximum_low_confidence_share=0.4,
)
POLICY = BOOK.policy.model_copy(update={"gate": STRICT})
BRUSH_OFF = """
staff @0-4: 您好,请问您要办什么事?
citizen @5-9: 我想办证。
staff @10-14: 这不归我管,你去问别人。
"""
SPOKEN = Transcript(segments=(Segment(start=0, end=8, text="您好", role="staff"),), duration=8.0)
FIT = {"staff_seconds": 8.0, "signal_to_noise": 20.0, "clipped_share": 0.0, "low_confidence_share": 0.1}


def encounter(**measures: float) -> Encounter:
    return Encounter(start=0, end=8, transcript=SPOKEN, measures=FIT | measures)


def test_what_was_heard_well_is_scored() -> None:
    assert nothing_to_judge(encounter()) is not_to_be_scored(encounter(), POLICY) is None


def test_what_nobody_measured_closes_no_gate() -> None:
    assert not_to_be_scored(replace(encounter(), measures={}), POLICY) is None


@pytest.mark.parametrize(
    ("measures", "reason"),
    [
        ({"staff_seconds": 1.4}, "工作人员只说了1.4秒,不足2秒"),
        ({"signal_to_noise": 5.3}, "录音太嘈杂:信噪比5.3分贝,低于6分贝"),
        ({"clipped_share": 0.234}, "录音削波失真:23.4%的样本到顶,超过10.0%"),
        ({"low_confidence_share": 0.52}, "听不清:52%的字识别得不可靠,超过40%"),
    ],
)
def test_each_limit_gives_its_reason_with_figure_and_limit(measures: dict[str, float], reason: str) -> None:
    assert (found := not_to_be_scored(encounter(**measures), POLICY))
    assert in_chinese((found,)) == reason
    assert not_to_be_scored(encounter(**measures), POLICY.model_copy(update={"gate": Gate()})) is None


@pytest.mark.parametrize("name", ["signal_to_noise", "clipped_share", "low_confidence_share", "staff_seconds"])
def test_at_the_limit_the_gate_is_open(name: str) -> None:
    limit = next(value for key, value in STRICT.model_dump().items() if key.endswith(name))
    assert not_to_be_scored(encounter(**{name: limit}), POLICY) is None


def judged(noise: float) -> Audit:
    """A play with a brush-off, recorded with so much noise (decibels below full scale)."""
    said = parse(
        "staff @0-4: 您好,请问您要办什么事?\ncitizen @5-9: 我想办证。\nstaff @10-14: 这不归我管,你去问别人。"
    ).transcript
    sound = Acoustics(loudness=-30.0, level=-30.0, noise=noise, clipped=0.0)
    noisy = replace(said, segments=tuple(replace(s, acoustics=sound) for s in said.segments))
    book = replace(BOOK, policy=POLICY)
    return judge_transcript(book, Recording(file="a.wav", setting="counter"), noisy, BY_HAND)


def test_behind_the_gate_nobody_is_accused_or_credited_and_a_person_may_listen() -> None:
    (clear,), (noisy,) = judged(-60).encounters, judged(-31).encounters
    assert clear.score and noisy.score
    assert clear.score.total is not None
    assert (noisy.score.total, noisy.score.passed, noisy.score.deductions) == (None, None, ())
    assert noisy.score.not_judged == "录音太嘈杂:信噪比-5.9分贝,低于6分贝"
    assert [f.rule for f in noisy.findings] == [f.rule for f in clear.findings]
    assert sum(f.points for f in clear.findings) > 0
    assert sum(f.points for f in noisy.findings) == 0
    for before, after in zip(clear.findings, noisy.findings, strict=True):
        credited = before.verdict == "pass" and any(e.quote for e in before.evidence)
        assert after.verdict == ("unclear" if before.verdict == "fail" else "n/a" if credited else before.verdict)
        told = [e.why.endswith(f",这次服务不予评分:{noisy.score.not_judged}") for e in after.evidence]
        assert told == [before.verdict == "fail"] * (0 if credited else len(before.evidence))
    assert {"fail", "pass"} <= {f.verdict for f in clear.findings}


def told(encounter: Encounter) -> dict[str, Verdict]:
    return {f.rule: f.verdict for f in encounter.findings if f.verdict in ("fail", "unclear")}


def test_forbidden_words_in_what_is_too_short_to_be_a_service_wait_for_a_person() -> None:
    play = "citizen @0-1: 请问二楼怎么走?\nstaff @1.2-3.0: 这不归我管,你去问别人。"
    (short,) = judge_transcript(BOOK, Recording(file="a.wav", setting="counter"), parse(play).transcript).encounters
    assert short.score
    assert (short.score.total, short.score.not_judged) == (None, "只有3.0秒,不足5秒")
    assert told(short) == {"forbidden.ask-others": "unclear"}  # nobody owes a greeting in three seconds
    (place,) = next(f for f in short.findings if f.rule == "forbidden.ask-others").evidence
    assert place.why.endswith("属于“推诿”,这次服务不予评分:只有3.0秒,不足5秒")
    assert 1.2 <= place.start < place.end <= 3.0


def test_the_policy_that_is_shipped_closes_the_gate() -> None:
    assert BOOK.policy.gate != Gate()
