"""What a second listen proves: made-up probes against made-up calls."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from speechaudit.errors import RulebookError
from speechaudit.model import Encounter, Finding, Probe, Segment, Setting, Span, Transcript, Word
from speechaudit.rules import plays, rulebook
from speechaudit.rules.judge import judge, listen_requests, scene_of
from speechaudit.rules.kinds import compile_rule
from speechaudit.rules.scene import LONGEST, Judgement
from speechaudit.rules.schema import AnyRule, Rule, Threshold
from tests.rules.test_kinds import HEADER

MODEL = "whisper-base"
CALL = """
staff @1-3: 这里是社保窗口,请讲。
citizen @4-6: 我想问一下材料。
staff @7-10: 请带身份证,好了。
"""
SURE, PERHAPS, NO = 0.9999, None, 0.1
CHANNELS = {"staff": 0, "citizen": 1}


def probe(score: float | None, *, start: float = 0.4, channel: int = 0, phrase: str = "您好") -> Probe:
    """A probe of half a second; without a score it lies between the thresholds of the embedded model."""
    limit = rulebook.load().thresholds(MODEL)[phrase]
    between = (limit.sure + limit.doubt) / 2 if score is None else score
    return Probe(start=start, end=start + 0.5, channel=channel, phrase=phrase, variant=phrase, score=between)


def call(play: str, probes: tuple[Probe, ...], *, stereo: bool = True) -> Encounter:
    said = plays.parse(play).transcript
    segments = tuple(replace(s, channel=CHANNELS.get(s.role, 0) if stereo else 0) for s in said.segments)
    transcript = Transcript(segments=segments, duration=said.duration, probes=probes)
    return Encounter(start=0.0, end=transcript.duration, transcript=transcript)


def judged(rule: str, encounter: Encounter, model: str = MODEL) -> Finding:
    return next(f for f in judge(rulebook.load(), "phone", encounter, model) if f.rule == rule)


@pytest.mark.parametrize("rule", ["words.hello", "phone.opening"])
@pytest.mark.parametrize(("score", "verdict"), [(SURE, "pass"), (PERHAPS, "unclear"), (NO, "fail")])
def test_the_score_decides_over_a_greeting_that_was_not_written_down(
    rule: str, score: float | None, verdict: str
) -> None:
    assert judged(rule, call(CALL, (probe(score),))).verdict == verdict


def test_where_nothing_could_be_listened_to_an_absence_proves_nothing() -> None:
    for rule in ("words.hello", "words.goodbye", "phone.closing", "phone.opening"):
        assert judged(rule, call(CALL, ())).verdict == "unclear"
    assert "没有可以再听一遍的声音" in judged("words.hello", call(CALL, ())).evidence[0].why


def test_without_calibration_an_absence_is_an_absence() -> None:
    assert judged("words.hello", call(CALL, (probe(SURE),)), model="another").verdict == "fail"
    assert asked(call(CALL, ()), model="another") == []


def asked(encounter: Encounter, *, setting: Setting = "phone", model: str = MODEL) -> list[tuple[str, str, int]]:
    found = listen_requests(rulebook.load(), setting, encounter, Span(start=0.0, end=60.0), model)
    return sorted({(request.place, request.phrase, request.channel) for request in found})


def test_only_what_was_not_written_down_is_listened_for_and_only_where_staff_may_speak() -> None:
    missing = [("closing", "再见", 0), ("closing", "拜拜", 0), ("closing", "谢谢", 0), ("opening", "您好", 0)]
    assert asked(call(CALL, ())) == missing
    assert asked(call(CALL, ()), setting="counter") == [missing[0], missing[1], missing[3]]
    polite = call("staff @1-4: 您好,社保窗口,请讲。\nstaff @5-6: 谢谢,再见。", ())
    assert asked(polite) == []


def test_what_lies_around_the_words_of_a_service_belongs_to_it() -> None:
    found = listen_requests(rulebook.load(), "phone", call(CALL, ()), Span(start=0.0, end=60.0), MODEL)
    assert {request.start for request in found if request.place == "opening"} == {0.0}
    assert {request.end for request in found if request.place == "closing"} == {60.0}


def test_the_finding_says_how_it_was_heard() -> None:
    (evidence,) = judged("words.hello", call(CALL, (probe(SURE),))).evidence
    assert (evidence.match, evidence.quote, evidence.role, evidence.start) == ("second-listen", "您好", "staff", 0.4)
    assert "再听一遍" in evidence.why
    assert evidence.heard == SURE


def test_an_absence_says_how_nearly_the_words_were_heard() -> None:
    for rule in ("words.hello", "phone.opening"):
        evidence = judged(rule, call(CALL, (probe(NO),))).evidence[0]
        assert (evidence.match, evidence.heard) == ("absence", NO)


@pytest.mark.parametrize(("rule", "verdict"), [("words.goodbye", "unclear"), ("phone.closing", "unclear")])
def test_what_a_second_listen_cannot_rule_out_is_no_absence(rule: str, verdict: str) -> None:
    limit = rulebook.load().thresholds(MODEL)["再见"]
    assert limit.absent is not None and limit.absent < limit.doubt
    closing = replace(probe(limit.absent, start=10.2), phrase="再见", variant="再见")
    finding = judged(rule, call(CALL, (closing,)))
    assert (finding.verdict, finding.evidence[0].match) == (verdict, "absence")
    assert "不能排除说了“再见”" in finding.evidence[0].why
    assert judged(rule, call(CALL, (replace(closing, score=limit.absent - 0.01),))).verdict == "fail"


def test_the_limit_of_absence_is_no_higher_than_that_of_doubt() -> None:
    with pytest.raises(ValueError, match="absent"):
        Threshold.model_validate({"pass": 0.9, "doubt": 0.5, "absent": 0.6})


def test_a_part_that_is_surely_missing_decides_whatever_else_is_in_doubt() -> None:
    """The unit's name may be there in words nobody knows; that nobody greeted stands all the same."""
    opening = "staff @1-3: {}宝创扣,请讲。\ncitizen @4-6: 我想问一下材料。\nstaff @7-9: 带身份证。"
    assert judged("phone.opening", call(opening.format("您好,"), ())).verdict == "unclear"
    assert judged("phone.opening", call(opening.format(""), (probe(NO),))).verdict == "fail"


def test_a_name_behind_a_greeting_that_was_missed_may_have_been_missed_too() -> None:
    opening = call(CALL.replace("这里是社保窗口,请讲", "宝创扣,请讲"), (probe(SURE),))
    assert judged("phone.opening", opening).verdict == "unclear"


def test_what_the_citizen_said_is_no_credit_for_staff() -> None:
    citizens, own = probe(SURE, start=4.2, channel=1), probe(NO)
    assert judged("words.hello", call(CALL, (citizens, own))).verdict == "fail"
    assert judged("words.hello", call(CALL, (replace(citizens, channel=0), own), stereo=False)).verdict == "fail"


def test_in_mono_only_a_voice_that_is_surely_staff_is_credited() -> None:
    assert judged("words.hello", call(CALL, (probe(SURE, start=1.2),), stereo=False)).verdict == "pass"
    assert judged("words.hello", call(CALL, (probe(SURE, start=0.1),), stereo=False)).verdict == "unclear"


def test_other_faults_of_the_opening_remain() -> None:
    finding = judged("phone.opening", call(CALL.replace("这里是社保窗口,请讲", "什么事"), (probe(SURE),)))
    assert finding.verdict == "fail"
    assert [(e.match, e.why.startswith("没有听到报单位")) for e in finding.evidence] == [
        ("absence", True),
        ("second-listen", False),
    ]


def test_a_probe_counts_only_in_the_part_that_is_searched() -> None:
    assert judged("words.hello", call(CALL, (probe(SURE, start=8.0),))).verdict == "pass"  # the second turn counts
    longer = CALL + "citizen @11-12: 好。\nstaff @13-14: 嗯。\n"
    assert judged("words.hello", call(longer, (probe(SURE, start=13.2), probe(NO)))).verdict == "fail"


def test_a_farewell_after_all_that_was_written_down_is_heard() -> None:
    assert judged("words.goodbye", call(CALL, (probe(SURE, start=10.5, phrase="再见"),))).verdict == "pass"


def test_every_service_keeps_its_own_probes() -> None:
    from speechaudit.encounters import split
    from speechaudit.model import Recording

    said = tuple(
        Segment(start=t, end=t + 2, text=text, role="staff", channel=0)
        for t, text in [(1.0, "您好"), (5.0, "再见"), (100.0, "您好"), (104.0, "再见")]
    )
    probes = tuple(
        probe(SURE, start=start, phrase=phrase)
        for start, phrase in [(0.2, "您好"), (7.5, "再见"), (99.0, "您好"), (106.0, "再见")]
    )
    one, two = split(Transcript(segments=said, duration=106.5, probes=probes), Recording(file="x")).encounters
    assert (one.transcript.probes, two.transcript.probes) == (probes[:2], probes[2:])


RUDE = """
staff @1-3: 您好,社保窗口,请讲。
citizen @4-6: 我想问一下材料。
staff @7-11: 这个不知道,找领导去,别来问我。
staff @12-13: 谢谢,再见。
"""
WORDS = {"id": "forbidden.leader", "kind": "forbidden", "phrases": ["找领导去"], "sounds_like": True}


def charged(score: float | None, text: str = RUDE) -> Judgement:
    """The judgement on words that fit the sound with this score; None: nobody listened."""
    rule = TypeAdapter[Rule](AnyRule).validate_python(HEADER | WORDS)
    judge_one = compile_rule(rule, {})
    scene = replace(scene_of(rulebook.load(), call(text, ())), least_charge=0.8)
    found = judge_one(scene)
    if score is None:
        return found
    (request,) = found.requests
    heard = Probe(
        start=request.end - 1, end=request.end, channel=0, phrase=request.phrase, variant=request.phrase, score=score
    )
    return judge_one(replace(scene, probes=(heard,)))


def test_words_that_are_held_against_somebody_are_listened_for_with_what_led_up_to_them() -> None:
    (request,) = charged(None).requests
    assert (request.before, request.phrase, request.channel, request.place) == ("这个不知道", "找领导去", 0, "words")
    assert 7 <= request.start < request.end < 11
    (longer,) = charged(None, RUDE.replace("@7-11", "@7-21")).requests
    assert longer.end - longer.start <= LONGEST
    assert longer.phrase == "找领导去"[: len(longer.phrase)]


@pytest.mark.parametrize(("score", "verdict"), [(None, "fail"), (0.9, "fail"), (0.5, "unclear")])
def test_a_charge_stands_only_where_its_words_fit_the_sound(score: float | None, verdict: str) -> None:
    judgement = charged(score)
    assert judgement.verdict == verdict
    assert ("再听一遍不像" in judgement.evidence[0].why) is (verdict == "unclear")


@pytest.mark.parametrize(("score", "verdict"), [(None, "unclear"), (0.5, "unclear"), (SURE, "fail")])
def test_a_second_listen_may_decide_between_ni_and_nin(score: float | None, verdict: str) -> None:
    rule = TypeAdapter[Rule](AnyRule).validate_python(HEADER | {"kind": "forbidden", "phrases": ["你找谁"]})
    word = Word(start=1.0, end=2.0, text="你找谁", confidence=0.9)
    segment = Segment(start=1.0, end=2.0, text="你找谁", words=(word,), role="staff")
    encounter = Encounter(start=0.0, end=5.0, transcript=Transcript(segments=(segment,), duration=5.0))
    limits = {"你/您": Threshold.model_validate({"pass": 0.95, "doubt": 0.5})}
    scene = replace(scene_of(rulebook.load(), encounter), thresholds=limits)
    (request,) = compile_rule(rule, {})(scene).requests
    assert (request.phrase, request.variants, request.against) == ("你找谁/您找谁", ("你找谁",), "您找谁")
    heard = Probe(start=1.0, end=2.0, channel=0, phrase=request.phrase, variant="你找谁", score=score or 0.0)
    judgement = compile_rule(rule, {})(replace(scene, probes=(heard,) if score else ()))
    assert judgement.verdict == verdict


def test_without_a_calibration_of_charges_nobody_listens_to_them() -> None:
    rule = TypeAdapter[Rule](AnyRule).validate_python(HEADER | WORDS)
    scene = replace(scene_of(rulebook.load(), call(RUDE, ())), least_charge=None)
    judgement = compile_rule(rule, {})(scene)
    assert (judgement.verdict, judgement.requests) == ("fail", ())


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [("listen: [您好]", "listen: [您嚎]", "listen.yml"), ("where: {first_turns: 2}", "where: {}", "first_")],
)
def test_a_listen_that_cannot_work_is_refused(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    folder = shutil.copytree(rulebook.default_folder(), tmp_path / "lexicons")
    rule = folder / "rules" / "words" / "hello.yml"
    rule.write_text(rule.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(RulebookError, match=complaint):
        rulebook.load(folder)


def misheard(end: str, sure: float, opening: str = "您好,社保窗口,请讲。") -> Encounter:
    """A call of which the staff's last words were recognised with this confidence, each character of them."""
    said = call(f"staff @1-4: {opening}\ncitizen @5-8: 我想问一下社保。\nstaff @9-12: {end}", ())
    *before, last = said.transcript.segments
    step = last.duration / len(end)
    words = tuple(
        Word(start=last.start + i * step, end=last.start + (i + 1) * step, text=char, confidence=sure)
        for i, char in enumerate(end)
    )
    return replace(said, transcript=replace(said.transcript, segments=(*before, replace(last, words=words))))


@pytest.mark.parametrize(("sure", "verdict"), [(0.95, "fail"), (0.71, "fail"), (0.6, "unclear"), (0.36, "unclear")])
def test_a_farewell_is_missed_only_where_the_end_was_heard_well(sure: float, verdict: str) -> None:
    finding = judged("words.goodbye", misheard("材料放这里就可以了。", sure), model="")
    assert finding.verdict == verdict
    assert ("结尾录音听不清(识别成“这里就可以了”)" in finding.evidence[0].why) == (verdict == "unclear")


def test_how_the_end_was_heard_says_nothing_of_the_beginning() -> None:
    assert (
        judged("words.hello", misheard("材料放这里就可以了。", 0.4, opening="什么事,说吧。"), model="").verdict
        == "fail"
    )
