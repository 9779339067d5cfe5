"""How probable written words are where they were written down twice, and what that decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from speechaudit.model import Encounter, Finding, ListenRequest, Probe, Span, Transcript, Word
from speechaudit.model.speech import with_words
from speechaudit.rules import plays, rulebook
from speechaudit.rules.judge import judge, listen_requests
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.surety import Surety

MODEL = "whisper-base"
SURETY = Surety(intercept=-3.0, confidence=1.0, agreement=4.0, score=0.0, stretches=500)
NO_FAREWELL = "staff @1-3: 您好,社保窗口,请讲。\ncitizen @4-6: 我想问一下材料。\nstaff @7-10: 请带身份证原件。"
RUDE = "staff @1-3: 您好,请讲。\ncitizen @4-6: 我想问一下材料。\nstaff @7-10: 你问我我问谁。"


def book(surety: Surety | None = SURETY, least: float = 0.5) -> Rulebook:
    """The rulebook in force, with these coefficients and this limit."""
    loaded = rulebook.load()
    calibration = loaded.calibrations[MODEL].model_copy(update={"words": surety})
    policy = loaded.policy.model_copy(update={"minimum_surety": least})
    return replace(loaded, calibrations={**loaded.calibrations, MODEL: calibration}, policy=policy)


def heard(play: str, confidence: float) -> Encounter:
    """A call whose words all have this confidence."""
    said = plays.parse(play).transcript
    segments = tuple(
        with_words(s, [Word(start=s.start, end=s.end, text=s.text, confidence=confidence)]) for s in said.segments
    )
    transcript = Transcript(segments=segments, duration=said.duration)
    return Encounter(start=0.0, end=said.duration, transcript=transcript)


def requests(encounter: Encounter, rules: Rulebook) -> tuple[ListenRequest, ...]:
    return listen_requests(rules, "phone", encounter, Span(start=0.0, end=60.0), MODEL)


def answered(encounter: Encounter, agreement: float | None) -> Encounter:
    """The call with an answer to each request: greetings and farewells are not heard, written words fit the sound."""
    probes = tuple(
        Probe(
            start=request.start if request.place != "closing" else encounter.end - 0.5,
            end=request.end if request.place == "words" else encounter.end,
            channel=request.channel,
            phrase=request.phrase,
            variant=request.variants[0],
            score=0.9 if request.place == "words" else 0.01,
            agreement=agreement if request.again else None,
        )
        for request in requests(encounter, book())
    )
    return replace(encounter, transcript=replace(encounter.transcript, probes=probes))


def judged(rule: str, encounter: Encounter, rules: Rulebook) -> Finding:
    return next(each for each in judge(rules, "phone", encounter, MODEL) if each.rule == rule)


def test_it_grows_with_each_figure_and_stays_a_share_at_their_ends() -> None:
    surety = Surety(intercept=-1.0, confidence=1.0, agreement=2.0, score=0.5, stretches=500)
    told = [
        surety.of(confidence=c, agreement=a, score=s)
        for c, a, s in ((0, 0, 0), (0.5, 0, 0.5), (0.5, 1, 0.5), (1, 1, 1))
    ]
    assert told == sorted(told)
    assert 0.0 < told[0] < 0.01
    assert 0.99 < told[-1] < 1.0
    assert told[1] == pytest.approx(0.2689, abs=1e-4)


@pytest.mark.parametrize(
    ("confidence", "agreement", "verdict"),
    [(0.65, 1.0, "fail"), (0.65, 0.5, "unclear"), (0.9, 0.0, "unclear"), (0.95, 0.9, "fail")],
)
def test_what_two_decodings_agree_on_is_heard_well_and_else_an_absence_proves_nothing(
    confidence: float, agreement: float, verdict: str
) -> None:
    found = judged("words.goodbye", answered(heard(NO_FAREWELL, confidence), agreement), book())
    assert found.verdict == verdict
    assert ("结尾录音听不清(识别成“带身份证原件”)" in found.evidence[0].why) == (verdict == "unclear")


@pytest.mark.parametrize(("confidence", "verdict"), [(0.65, "unclear"), (0.75, "fail")])
def test_without_a_second_decoding_confidence_decides_as_before(confidence: float, verdict: str) -> None:
    once = answered(heard(NO_FAREWELL, confidence), None)
    assert judged("words.goodbye", once, book()).verdict == verdict
    assert judged("words.goodbye", answered(heard(NO_FAREWELL, confidence), 1.0), book(None)).verdict == verdict


def test_without_a_limit_in_the_policy_coefficients_decide_nothing() -> None:
    """Any probability is 0 or more: coefficients alone would take every place for well heard."""
    badly = answered(heard(NO_FAREWELL, 0.3), 0.0)
    assert judged("words.goodbye", badly, book(least=0.0)).verdict == "unclear"
    assert not any(request.again for request in requests(badly, book(least=0.0)))


@pytest.mark.parametrize(("agreement", "verdict"), [(1.0, "fail"), (0.3, "unclear")])
def test_words_that_do_not_come_again_are_no_charge(agreement: float, verdict: str) -> None:
    found = judged("forbidden.counter-question", answered(heard(RUDE, 0.7), agreement), book())
    assert found.verdict == verdict
    assert ("换一种方式再识别" in found.evidence[0].why) == (verdict == "unclear")


def test_a_place_is_written_down_again_only_where_a_verdict_hangs_on_it() -> None:
    def again(play: str, rules: Rulebook) -> set[str]:
        return {request.phrase for request in requests(heard(play, 0.9), rules) if request.again}

    assert again(NO_FAREWELL, book()) == {"带身份证原件"}
    assert again(NO_FAREWELL, book(None)) == set()
    polite = "staff @1-4: 您好,社保窗口,请讲。\ncitizen @4-5: 谢谢。\nstaff @5-6: 谢谢您的来电,再见。"
    assert again(polite, book()) == set()
    assert again(RUDE, book()) >= {"你问我我问谁"}
