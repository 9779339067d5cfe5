"""Each kind of rule: pass, fail, unclear and n/a, on small plays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from speechaudit.model import Evidence, Label, Role, Segment, Span, Transcript, Verdict, Word
from speechaudit.rules.guards import CompiledGuard
from speechaudit.rules.kinds import compile_rule
from speechaudit.rules.plays import parse
from speechaudit.rules.scene import Judgement, Scene
from speechaudit.rules.schema import AnyRule, Guard, Rule
from speechaudit.rules.turns import turns_of

LISTS = {"fillers": ("我", "啊", "那个"), "应声": ("嗯",), "窗口": ("社保", "不动产")}
HEADER = {
    "id": "group.name",
    "title": "题目",
    "topics": ["topic"],
    "level": "major",
    "status": "active",
    "sources": [{"document": "d", "clause": "c"}],
    "setting": ["phone"],
    "message": "建议",
    "examples": {"match": ["x"], "no_match": ["y"]},
}
RULE: TypeAdapter[Rule] = TypeAdapter(AnyRule)


def rule(**fields: Any) -> Rule:
    return RULE.validate_python(HEADER | fields)


def judged(transcript: Transcript, measures: dict[str, float] | None = None, **fields: Any) -> Judgement:
    scene = Scene(
        start=0.0,
        end=transcript.duration,
        turns=turns_of(transcript),
        measures=measures or {},
        minimum_confidence=0.35,
        minimum_label=0.7,
        cut_off=transcript.cut_off,
        gaps=transcript.gaps,
    )
    return compile_rule(rule(**fields), LISTS)(scene)


def play(text: str) -> Transcript:
    return parse(text).transcript


def verdict(text: str, **fields: Any) -> Verdict:
    return judged(play(text), **fields).verdict


def with_confidence(transcript: Transcript, confidence: float) -> Transcript:
    return replace(transcript, segments=tuple(replace(s, confidence=confidence) for s in transcript.segments))


BRUSH_OFF: dict[str, Any] = {
    "kind": "forbidden",
    "phrases": ["不归我管", "找领导去"],
    "sounds_like": True,
    "unless": ["我帮您问"],
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("staff: 这不归我管", "fail"),
        ("staff: 照领到去", "fail"),
        ("citizen: 这不归我管", "n/a"),
        ("citizen: 这不归我管\nstaff: 您别着急", "pass"),
        ("unknown: 这不归我管", "unclear"),
        ("staff: 这不归我管,我帮您问一下", "pass"),
        ("staff: 这不归我管\ncitizen: 嗯\nstaff: 我帮您问一下", "pass"),
        ("staff: 这不归我管\ncitizen: 那怎么办\nstaff: 我帮您问一下", "fail"),
        ("staff: 这不归我管\ncitizen: 啊\nstaff: 走吧\ncitizen: 啊\nstaff: 我帮您问一下", "fail"),
    ],
)
def test_forbidden(text: str, expected: Verdict) -> None:
    assert verdict(text, **BRUSH_OFF) == expected


def test_the_evidence_of_a_forbidden_phrase_is_its_quote_and_its_time() -> None:
    (evidence,) = judged(play("staff @10-14: 您好,这不归我管"), **BRUSH_OFF).evidence
    assert evidence.quote == "不归我管"
    assert 11 < evidence.start < evidence.end <= 14
    assert evidence.match == "exact"


def test_evidence_says_how_surely_it_was_heard() -> None:
    (exact,) = judged(with_confidence(play("staff: 这不归我管"), 0.8), **BRUSH_OFF).evidence
    (alike,) = judged(with_confidence(play("staff: 照领到去"), 0.8), **BRUSH_OFF).evidence
    assert (exact.match, exact.heard) == ("exact", 0.8)
    assert alike.match == "sounds-like"
    assert 0.5 < alike.heard < 0.8
    assert judged(play("staff: 这不归我管"), **BRUSH_OFF).evidence[0].heard == 1.0
    (absent,) = judged(play("staff: 材料。"), kind="required", phrases=["您好"]).evidence
    assert (absent.match, absent.heard) == ("absence", 0.0)


def written(transcript: Transcript) -> Transcript:
    """As a recogniser writes it: every character is a word."""
    return replace(
        transcript,
        segments=tuple(
            replace(s, words=tuple(Word(start=s.start, end=s.end, text=c, confidence=0.9) for c in s.text))
            for s in transcript.segments
        ),
    )


RUDE: dict[str, Any] = {"kind": "forbidden", "phrases": ["你找谁"]}
GREET: dict[str, Any] = {"kind": "required", "phrases": ["您要办什么"]}
SIGN: dict[str, Any] = {
    "kind": "situation",
    "when": {"who": "staff", "phrases": ["签字"]},
    "phrases": ["请"],
    "perhaps": ["您"],
}


@pytest.mark.parametrize(
    ("fields", "text", "expected"),
    [
        (RUDE, "staff: 你找谁", "unclear"),
        (RUDE | {"nin_too": True}, "staff: 你找谁", "fail"),
        (RUDE | {"phrases": ["(你|您)找谁"]}, "staff: 你找谁", "fail"),
        (RUDE | {"unless": ["您先坐"]}, "staff: 你找谁?你先坐。", "unclear"),
        (GREET, "staff: 你要办什么", "unclear"),
        (GREET, "staff: 办什么", "fail"),
        (SIGN, "staff: 你在这里签字。", "unclear"),
        (SIGN, "staff: 在这里签字。", "fail"),
    ],
)
def test_a_recognisers_ni_accuses_nobody_where_nin_would_be_right(
    fields: dict[str, Any], text: str, expected: Verdict
) -> None:
    assert judged(written(play(text)), **fields).verdict == expected


def test_in_a_text_written_by_hand_ni_is_ni() -> None:
    assert verdict("staff: 你找谁", **RUDE) == "fail"
    assert verdict("staff: 你要办什么", **GREET) == "fail"
    assert verdict("staff: 你在这里签字。", **SIGN) == "fail"


def test_ni_hao_for_nin_hao_is_a_remark_and_no_fault() -> None:
    for text, remarked in (("staff: 你好,请讲。", True), ("staff: 您好,请讲。", False)):
        found = judged(play(text), kind="required", phrases=["您好", "你好"])
        assert found.verdict == "pass"
        assert ("不扣分" in found.evidence[0].why) is remarked


def test_one_outburst_is_one_piece_of_evidence() -> None:
    (evidence,) = judged(play("staff: 这不归我管,你呀,找领导去吧"), **BRUSH_OFF).evidence
    assert evidence.quote == "不归我管,你呀,找领导去"


@pytest.mark.parametrize(("confidence", "expected"), [(0.9, "unclear"), (0.6, "pass")])
def test_a_meaning_goes_to_a_person_and_accuses_nobody(confidence: float, expected: Verdict) -> None:
    labels = (Label(name="forbid-ask-others", confidence=confidence),)
    segment = Segment(start=0.0, end=3.0, text="楼下多的是人,您随便找一个", role="staff", labels=labels)
    transcript = Transcript(segments=(segment,), duration=3.0)
    judgement = judged(transcript, **BRUSH_OFF, meaning=["forbid-ask-others"])
    assert judgement.verdict == expected
    assert [e.match for e in judgement.evidence] == ["label"] * (expected == "unclear")


FAULT = Label(name="forbid-ask-others", confidence=0.96)


def meant(
    text: str = "楼下多的是人,您随便找一个",
    *labels: Label,
    accusing_label: float | None = 0.95,
    of: str = "group.name",
    **changed: Any,
) -> Judgement:
    segment = Segment(start=0.0, end=3.0, text=text, role="staff", labels=labels or (FAULT,))
    transcript = Transcript(segments=(replace(segment, **changed),), duration=3.0)
    scene = Scene(
        start=0.0,
        end=3.0,
        turns=turns_of(transcript),
        measures={},
        minimum_confidence=0.35,
        minimum_edge_confidence=0.7,
        minimum_label=0.8,
        accusing_label=accusing_label,
        vetoes=frozenset({"forbidden.veto"}),
    )
    guards = [CompiledGuard(guard, LISTS) for guard in (ALOUD,)]
    return compile_rule(rule(**BRUSH_OFF, id=of, meaning=["forbid-ask-others"]), LISTS, guards)(scene)


ALOUD = Guard.model_validate(
    {
        "id": "aloud",
        "title": "念出来的",
        "verdict": "pass",
        "ways": [{"before": ["他说"]}],
        "examples": {"guarded": {"forbidden.x": ["他说"]}, "charged": {"forbidden.x": ["说"]}},
    }
)


def test_a_meaning_beyond_the_policys_limit_is_charged_with_its_own_reason() -> None:
    judgement = meant()
    assert (judgement.verdict, [e.match for e in judgement.evidence]) == ("fail", ["label"])
    assert [reason.code for reason in judgement.evidence[0].reasons] == ["meaning-forbidden"]
    assert (judgement.evidence[0].quote, judgement.evidence[0].heard) == ("楼下多的是人,您随便找一个", 0.96)


@pytest.mark.parametrize(
    "judgement",
    [
        meant(accusing_label=None),
        meant(accusing_label=0.97),
        meant(of="forbidden.veto"),
        meant(role="unknown"),
        meant(confidence=0.2),
        meant(confidence=0.6),
        meant("他说楼下多的是人,您随便找一个"),
    ],
    ids=["no limit", "below it", "a veto", "by nobody knows whom", "badly heard", "not heard well", "guarded"],
)
def test_a_doubtful_meaning_goes_to_a_person(judgement: Judgement) -> None:
    assert judgement.verdict == "unclear"
    assert judgement.evidence[0].reasons[0].code == "meaning-alike"


def test_a_guard_turns_a_weak_meaning_aside_and_a_question_hides_no_fault() -> None:
    assert meant("他说楼下多的是人", Label(name="forbid-ask-others", confidence=0.9)).verdict == "pass"
    assert meant("楼下多的是人", FAULT, Label(name="question", confidence=0.99)).verdict == "fail"


def test_the_same_words_are_charged_once_by_phrase_and_by_meaning() -> None:
    judgement = meant("这不归我管,您随便找一个")
    assert [e.match for e in judgement.evidence] == ["exact"]


def test_what_was_recognised_badly_accuses_nobody() -> None:
    heard = with_confidence(play("staff: 这不归我管"), 0.2)
    assert judged(heard, **BRUSH_OFF).verdict == "unclear"


def test_a_short_homophone_accuses_nobody() -> None:
    rushed = {"kind": "forbidden", "phrases": ["急什么"], "sounds_like": True}
    assert verdict("staff: 即什么", **rushed) == "unclear"
    assert verdict("staff: 急什么", **rushed) == "fail"


@pytest.mark.parametrize(
    ("whole", "text", "expected"),
    [
        ("clause", "staff: 不行", "fail"),
        ("clause", "staff: 啊那个,不行啊。", "fail"),
        ("clause", "staff: 今天不行", "pass"),
        ("turn", "staff: 不行。我啊。", "fail"),
        ("turn", "staff: 不行。材料不齐。", "pass"),
    ],
)
def test_whole(whole: str, text: str, expected: Verdict) -> None:
    assert verdict(text, kind="forbidden", phrases=["不行"], whole=whole) == expected


def test_except_protects_words_that_contain_the_phrase() -> None:
    refusal = {"kind": "forbidden", "phrases": ["不行"], "except": ["不行的话", "行不行"]}
    assert verdict("staff: 不行的话您再来", **refusal) == "pass"
    assert verdict("staff: 不行", **refusal) == "fail"


GREETING: dict[str, Any] = {"kind": "required", "phrases": ["您好"], "where": {"first_seconds": 5}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("staff @0-1: 您好", "pass"),
        ("staff @0-1: 什么事\nstaff @9-10: 您好", "fail"),
        ("citizen @0-1: 您好", "n/a"),
        ("citizen @0-1: 您好\nstaff @2-3: 什么事", "fail"),
        ("unknown @0-1: 您好\nstaff @2-3: 什么事", "unclear"),
        ("unknown @0-1: 喂\nstaff @2-3: 什么事", "unclear"),
    ],
)
def test_required(text: str, expected: Verdict) -> None:
    assert verdict(text, **GREETING) == expected


def test_an_absence_shows_the_span_that_was_searched() -> None:
    (evidence,) = judged(play("staff @2-3: 什么事\ncitizen @4-20: 我问"), **GREETING).evidence
    assert (evidence.start, evidence.end, evidence.match, evidence.quote) == (2.0, 7.0, "absence", "")


def test_an_absence_in_badly_recognised_speech_is_unclear() -> None:
    assert judged(with_confidence(play("staff: 什么事"), 0.2), **GREETING).verdict == "unclear"


def test_what_a_cut_off_recording_lacks_at_its_end_is_unclear() -> None:
    ended = replace(play("staff: 什么事\ncitizen: 我问\nstaff: 好的"), cut_off=True)
    farewell: dict[str, Any] = {"kind": "required", "phrases": ["再见"]}
    assert judged(ended, **farewell, where={"last_turns": 1}).verdict == "unclear"
    assert judged(ended, **farewell, where={"first_turns": 1}).verdict == "fail"


def with_gap(text: str, start: float, end: float) -> Transcript:
    return replace(play(text), gaps=(Span(start=start, end=end),))


@pytest.mark.parametrize(
    ("gap", "where", "wanted"),
    [
        ((0.0, 0.5), {"first_turns": 1}, "unclear"),  # before the first word
        ((0.0, 0.1), {"first_turns": 1}, "fail"),  # too short for a word
        ((19.0, 20.0), {"first_turns": 1}, "fail"),  # elsewhere
        ((19.0, 20.0), {"last_turns": 1}, "unclear"),
        ((9.0, 10.0), {}, "unclear"),
    ],
)
def test_what_is_not_said_where_sound_was_lost_is_unclear(
    gap: tuple[float, float], where: dict[str, Any], wanted: Verdict
) -> None:
    lost = with_gap("staff @0.0-2.0: 什么事\ncitizen @3.0-9.0: 我问\nstaff @16.0-20.0: 好的", *gap)
    assert judged(lost, kind="required", phrases=["再见"], where=where).verdict == wanted


def test_an_answer_that_may_be_lost_is_not_missed() -> None:
    asked = "staff @0.0-2.0: 什么事\ncitizen @3.0-5.0: 这个怎么办\nstaff @40.0-41.0: 好的"
    reply: dict[str, Any] = {"kind": "reply", "seconds": 8, "when": {"who": "citizen", "phrases": ["怎么办"]}}
    assert verdict(asked, **reply) == "fail"
    assert judged(with_gap(asked, 6, 9), **reply).verdict == "unclear"
    assert judged(with_gap(asked, 20, 30), **reply).verdict == "fail"


def test_where_counts_turns_of_the_role() -> None:
    farewell: dict[str, Any] = {"kind": "required", "phrases": ["再见"], "where": {"last_turns": 1}}
    assert verdict("staff: 再见\ncitizen: 等等\nstaff: 什么", **farewell) == "fail"
    assert verdict("staff: 好的\ncitizen: 谢谢\nstaff: 再见\ncitizen: 再见", **farewell) == "pass"


PLEASE: dict[str, Any] = {
    "kind": "situation",
    "phrases": ["请", "麻烦"],
    "whole_words": True,
    "when": {"phrases": ["填一下", "出示"]},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("staff: 请您填一下", "pass"),
        ("staff: 填一下申请表", "fail"),
        ("staff: 您好", "n/a"),
        ("citizen: 填一下", "n/a"),
        ("staff: 请您填一下\ncitizen: 好\nstaff: 出示身份证", "fail"),
        ("unknown: 填一下", "unclear"),
    ],
)
def test_situation(text: str, expected: Verdict) -> None:
    assert verdict(text, **PLEASE) == expected


def test_once_may_be_enough() -> None:
    text = "staff: 请您填一下\ncitizen: 好\nstaff: 出示身份证"
    assert verdict(text, **PLEASE, once_is_enough=True) == "pass"


def test_a_courtesy_may_be_due_in_the_next_turn_after_the_other_side() -> None:
    thanks = {
        "kind": "situation",
        "phrases": ["谢谢"],
        "when": {"who": "citizen", "phrases": ["给你身份证"]},
        "within": 1,
    }
    assert verdict("citizen: 给你身份证\nstaff: 谢谢", **thanks) == "pass"
    assert verdict("citizen: 给你身份证\nstaff: 嗯\ncitizen: 好\nstaff: 谢谢", **thanks) == "fail"


OPENING: dict[str, Any] = {
    "kind": "sequence",
    "anchor": "unit",
    "where": {"first_seconds": 15},
    "slots": [
        {"name": "hello", "title": "问候", "phrases": ["您好"]},
        {"name": "unit", "title": "单位", "phrases": ["这里是<窗口>窗口"]},
        {"name": "invite", "title": "请讲", "phrases": ["请讲"], "optional": True},
    ],
}


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("staff: 您好,这里是社保窗口,请讲", "pass", ""),
        ("staff: 您好,这里是社保窗口", "pass", ""),
        ("staff: 这里是社保窗口,您好", "fail", "顺序"),
        ("staff: 您好,什么事", "fail", "没有听到单位"),
        ("staff: 喂", "fail", "没有听到问候"),
        ("citizen: 您好", "n/a", ""),
        ("unknown @0-1: 您好\nstaff @2-3: 这里是社保窗口", "unclear", ""),
        ("staff @0-1: 喂\nstaff @20-24: 您好,这里是社保窗口", "fail", "没有听到"),
    ],
)
def test_sequence(text: str, expected: Verdict, why: str) -> None:
    judgement = judged(play(text), **OPENING)
    assert judgement.verdict == expected
    assert why in "".join(e.why for e in judgement.evidence)


REPLY: dict[str, Any] = {"kind": "reply", "when": {"who": "citizen", "phrases": ["吗"]}, "seconds": 5}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("citizen @0-2: 在这办吗\nstaff @4-5: 是的", "pass"),
        ("citizen @0-2: 在这办吗\nstaff @9-10: 是的", "fail"),
        ("staff @0-1: 您好\ncitizen @2-4: 在这办吗", "unclear"),
        ("citizen @0-2: 在这办吗\nunknown @4-5: 是\nstaff @20-21: 好", "unclear"),
        ("citizen @0-2: 我来办证\nstaff @4-5: 好", "n/a"),
    ],
)
def test_reply(text: str, expected: Verdict) -> None:
    assert verdict(text, **REPLY) == expected


def asked(text: str, confidence: float, answer_at: float) -> Judgement:
    """A question that only the classifier takes for one, and when it was answered."""
    question = replace(
        play(f"citizen @0-2: {text}").segments[0], labels=(Label(name="question", confidence=confidence),)
    )
    answer = play(f"staff @{answer_at}-{answer_at + 1}: 三号窗口").segments
    rest = {**REPLY, "when": {**REPLY["when"], "except": ["态度"]}}
    return judged(Transcript(segments=(question, *answer), duration=60.0), meaning=["question"], **rest)


def test_a_question_by_its_meaning_counts_where_it_is_answered_and_accuses_nobody() -> None:
    assert asked("该问谁", 0.9, 4.0).verdict == "pass"
    unanswered = asked("该问谁", 0.9, 20.0)
    assert unanswered.verdict == "unclear"
    (evidence,) = unanswered.evidence
    assert (evidence.quote, evidence.match, evidence.heard, evidence.start) == ("该问谁", "label", 0.9, 0.0)


def test_a_doubtful_meaning_or_an_exception_is_no_question() -> None:
    assert asked("该问谁", 0.6, 20.0).verdict == "n/a"
    assert asked("你什么态度", 0.9, 20.0).verdict == "n/a"
    assert asked("在这办吗", 0.9, 20.0).verdict == "fail"


def test_a_question_that_was_badly_heard_accuses_nobody() -> None:
    transcript = with_confidence(play("citizen @0-2: 在这办吗\nstaff @20-21: 好"), 0.2)
    assert judged(transcript, **REPLY).verdict == "unclear"


WAIT: dict[str, Any] = {"kind": "wait", "seconds": 30, "before": 2, "phrases": ["稍等"], "own": ["我找"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("staff @0-2: 请稍等\nstaff @40-41: 好了", "pass"),
        ("staff @0-2: 请稍等\ncitizen @3-4: 好\nstaff @5-6: 嗯\nstaff @40-41: 好了", "pass"),
        ("staff @0-2: 嗯\nstaff @40-41: 好了", "fail"),
        ("staff @0-2: 请稍等\nstaff @20-21: 嗯\nstaff @30-31: 嗯\nstaff @70-71: 好了", "fail"),
        ("staff @0-2: 嗯\nstaff @31-32: 好了", "n/a"),
        ("staff @0-2: 嗯\ncitizen @40-41: 好了吗", "n/a"),
        ("staff @0-2: 证呢\ncitizen @2-4: 我找找\nstaff @40-41: 好了", "n/a"),
        ("staff @0-2: 我找找\nstaff @40-41: 好了", "fail"),
        ("unknown @0-2: 稍等\nstaff @40-41: 好了", "pass"),
        ("unknown @0-2: 嗯\nstaff @40-41: 好了", "unclear"),
        ("staff @0-2: 嗯", "n/a"),
    ],
)
def test_wait(text: str, expected: Verdict) -> None:
    assert verdict(text, **WAIT) == expected


def test_the_evidence_of_a_wait_is_the_silence() -> None:
    (evidence,) = judged(play("staff @0-2: 嗯\nstaff @40-41: 好了"), **WAIT).evidence
    assert (evidence.start, evidence.end, evidence.match) == (2.0, 40.0, "absence")


@pytest.mark.parametrize(("seconds", "expected"), [(10.0, "pass"), (10.1, "fail"), (None, "n/a")])
def test_measure(seconds: float | None, expected: Verdict) -> None:
    limit = {"kind": "measure", "measure": "ring_seconds", "unit": "秒", "maximum": 10}
    measures = {} if seconds is None else {"ring_seconds": seconds}
    assert judged(play("staff: 您好"), measures, **limit).verdict == expected


RATE: dict[str, Any] = {"kind": "measure", "measure": "staff_characters_per_minute", "unit": "字/分钟"}


@pytest.mark.parametrize(
    ("limits", "expected", "why"),
    [
        ({}, "n/a", ""),
        ({"minimum": 150}, "pass", "200字/分钟,下限150字/分钟"),
        ({"minimum": 210}, "fail", "200字/分钟,下限210字/分钟"),
        ({"maximum": 199}, "fail", "200字/分钟,上限199字/分钟"),
        ({"minimum": 200, "maximum": 200}, "pass", "200字/分钟,下限200字/分钟,上限200字/分钟"),
    ],
)
def test_a_measured_figure_against_the_limits_that_are_set(
    limits: dict[str, float], expected: Verdict, why: str
) -> None:
    judgement = judged(play("staff: 您好"), {"staff_characters_per_minute": 200.0}, **RATE, **limits)
    assert judgement.verdict == expected
    assert [(e.why, e.match) for e in judgement.evidence] == ([(why, "measured")] if why else [])


@pytest.mark.parametrize("role", ["staff", "citizen", "unknown"])
def test_evidence_carries_the_role_that_spoke(role: Role) -> None:
    segment = Segment(start=0.0, end=2.0, text="这不归我管", role=role)
    judgement = judged(Transcript(segments=(segment,), duration=2.0), **BRUSH_OFF)
    assert all(isinstance(e, Evidence) and e.role == role for e in judgement.evidence)
