"""Forbidden words: what is charged, what only when said alone, and what only an ear can tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from speechaudit.model import NO_FAULT, SOME_FAULT, Encounter, Label, Verdict
from speechaudit.rules import plays
from speechaudit.rules.examples import utterance
from speechaudit.rules.judge import judge, scene_of
from speechaudit.rules.kinds.forbidden import ForbiddenJudge
from speechaudit.rules.phrases import Lists
from speechaudit.rules.rulebook import load
from speechaudit.rules.scene import Judgement
from speechaudit.rules.schema import Forbidden

LISTS: Lists = {"fillers": ("啊", "我", "这个"), "应声": ("嗯",)}


def rule(**fields: Any) -> Forbidden:
    """A rule with everything that does not matter here filled in."""
    header = {
        "id": "forbidden.test",
        "title": "测试",
        "topics": ["test"],
        "level": "major",
        "status": "active",
        "sources": [{"document": "d", "clause": "c"}],
        "setting": ["phone", "counter"],
        "message": "换一种说法",
        "examples": {"match": ["x"], "no_match": ["y"]},
        "kind": "forbidden",
    }
    return Forbidden.model_validate(header | {"phrases": ["不归我管"]} | fields)


def judged(rule: Forbidden, play: str, lists: Lists = LISTS) -> Judgement:
    """What the rule says of a play."""
    transcript = plays.parse(play).transcript
    encounter = Encounter(start=0.0, end=transcript.duration, transcript=transcript)
    return ForbiddenJudge(rule, lists)(scene_of(load(), encounter))


def verdict(rule: Forbidden, play: str, lists: Lists = LISTS) -> Verdict:
    return judged(rule, play, lists).verdict


def test_alone_counts_only_as_a_whole_turn() -> None:
    no = rule(alone=["不行"])
    assert verdict(no, "staff: 这个不行啊") == "fail"
    assert verdict(no, "staff: 复印件不行,请您带原件。") == "pass"


def test_alone_is_searched_by_sound_from_three_syllables_on_and_accuses_from_four() -> None:
    no, never, shut = rule(alone=["不行"]), rule(alone=["不知道"]), rule(alone=["我不知道"])
    assert verdict(no, "staff: 布行。") == "pass"
    assert verdict(never, "staff: 不知到。") == "unclear"
    assert verdict(never, "staff: 门卫不知到。") == "pass"
    assert verdict(shut, "staff: 我不知到。") == "fail"
    assert verdict(rule(by_ear=["我知道"]), "staff: 我知到。") == "unclear"


def test_alone_is_excused_like_a_phrase() -> None:
    no = rule(alone=["不知道"], unless=["帮您问"])
    asked = "staff: 不知道。\ncitizen: 嗯。\nstaff: 我帮您问一下。"
    assert verdict(no, asked) == "pass"
    assert verdict(no, asked.replace("我帮您问一下", "等着")) == "fail"


EXCUSED: dict[str, Any] = {"phrases": ["爱办不办"], "unless": ["帮您"]}


@pytest.mark.parametrize(
    ("play", "tone", "content"),
    [
        ("staff: 爱办不办,我帮您办。", "pass", "pass"),
        ("staff @0-2: 爱办不办。\nstaff @15-17: 我帮您办。", "pass", "pass"),
        ("staff: 爱办不办。\ncitizen: 嗯,好的好的。\nstaff: 我帮您办。", "pass", "pass"),
        ("staff: 爱办不办。\nmachine: 请A12号到三号窗口。\nstaff: 我帮您办。", "pass", "pass"),
        ("staff: 爱办不办。\nunknown: 你这什么态度?\nstaff: 我帮您办。", "fail", "fail"),
        ("unknown: 爱办不办。\ncitizen: 你这什么态度?\nunknown: 我帮您办。", "pass", "pass"),
        ("staff: 爱办不办。\ncitizen: 你这什么态度?\nstaff: 我帮您办。", "fail", "unclear"),
        ("staff: 爱办不办。\ncitizen: 好?\nstaff: 我帮您办。", "fail", "unclear"),
        ("staff: 爱办不办。\ncitizen: 好,那我走。\nstaff: 我帮您办。", "fail", "unclear"),
        ("staff: 爱办不办。\ncitizen: 啊?\nstaff: 走吧。\ncitizen: 唉。\nstaff: 我帮您办。", "fail", "fail"),
    ],
    ids=[
        "in it",
        "cut in two",
        "嗯 between",
        "announced",
        "unknown",
        "by unknown",
        "late",
        "asked",
        "more",
        "too late",
    ],
)
def test_a_kind_word_once_the_other_side_spoke_makes_nothing_unsaid(play: str, tone: Verdict, content: Verdict) -> None:
    assert verdict(rule(**EXCUSED), play, load().lists) == tone
    assert verdict(rule(**EXCUSED, made_good_later=True), play, load().lists) == content


def test_help_that_came_late_is_named_to_who_decides() -> None:
    late = "staff: 不归我管。\ncitizen: 那我找谁?\nstaff: 那我帮您问。"
    judgement = judged(rule(unless=["我帮您问"], made_good_later=True), late)
    assert [reason.code for reason in judgement.evidence[0].reasons] == ["may-have-said", "helped-late"]
    assert judgement.evidence[0].reasons[1].values == {"quote": "我帮您问"}
    assert "“我帮您问”" in judgement.evidence[0].why


@pytest.mark.parametrize(("made_good_later", "doubted"), [(True, "pass"), (False, "unclear")], ids=["content", "tone"])
def test_help_that_came_late_lets_go_of_what_is_doubtful_where_no_help_was_the_fault(
    made_good_later: bool, doubted: Verdict
) -> None:
    late = "staff: 这不归我管。\ncitizen: 那我找谁?\nstaff: 我帮您问。"
    helped: dict[str, Any] = {"unless": ["帮您问"], "made_good_later": made_good_later}
    assert labelled(rule(**helped), late, NO_FAULT).verdict == doubted
    assert labelled(rule(**helped), late.replace("帮您问", "不晓得"), NO_FAULT).verdict == "unclear"
    meant = rule(phrases=["x"], meaning=["forbid-ask-others"], **helped)
    assert labelled(meant, late, "forbid-ask-others", 0.9).verdict == doubted
    assert labelled(meant, late, "forbid-ask-others", 0.99).verdict == ("unclear" if made_good_later else "fail")
    heard = late.replace("这不归我管", "我知道")
    assert labelled(rule(by_ear=["我知道"], **helped), heard, NO_FAULT).verdict == doubted


def test_by_ear_is_left_to_a_person() -> None:
    known = rule(by_ear=["我知道"])
    judgement = judged(known, "staff: 我知道。")
    assert judgement.verdict == "unclear"
    assert "要听语气" in judgement.evidence[0].why
    assert verdict(known, "staff: 我知道您着急。") == "pass"


def test_same_words_count_once() -> None:
    judgement = judged(rule(phrases=["不归我管"], alone=["不归我管"]), "staff: 不归我管。")
    assert [e.quote for e in judgement.evidence] == ["不归我管"]


def test_what_the_citizen_says_costs_nothing() -> None:
    assert verdict(rule(alone=["不行"]), "citizen: 不归我管。\nstaff: 请您稍等。\ncitizen: 不行。") == "pass"


def test_by_sound_only_the_phrases_that_are_named() -> None:
    both = rule(phrases=["不归我管", "你真笨啊"], sounds_like=["不归我管"])
    assert verdict(both, "staff: 不规我管。") == "fail"
    assert verdict(both, "staff: 你正本啊。") == "pass"


def test_a_rule_that_only_an_ear_can_decide_never_accuses() -> None:
    mocking = rule(phrases=["好大的架子"], verdict="unclear")
    judgement = judged(mocking, "staff: 好大的架子。")
    assert judgement.verdict == "unclear"
    assert [reason.code for reason in judgement.evidence[0].reasons] == ["tone-to-be-heard"]
    assert verdict(mocking, "staff: 您这架子拿好。") == "pass"


FAMILIES = {
    "嚷什么嚷": {"forbidden.scold"},
    "跟你说话呢,听见没有": {"forbidden.scold"},
    "吼那么大声给谁听": {"forbidden.scold"},
    "放那儿,等着叫": {"forbidden.command"},
    "一边去": {"forbidden.command"},
    "信不信我给你卡着": {"forbidden.threat"},
    "信不信我让你今天办不成": {"forbidden.threat"},
    "着急你就换一家办去": {"forbidden.indifferent"},
    "你爱办不办": {"forbidden.indifferent"},
    "我骗你我有什么好处": {"forbidden.counter-question"},
    "你怎么什么也不懂": {"forbidden.insult-ability"},
    "催什么催": {"forbidden.hurry-up"},
    "你他妈到底办不办": {"forbidden.profanity"},
}


@pytest.mark.parametrize(("text", "families"), FAMILIES.items())
def test_words_are_charged_under_the_family_that_they_are_of_and_no_other(text: str, families: set[str]) -> None:
    findings = judge(load(), "counter", utterance(text))
    assert {f.rule for f in findings if f.kind == "forbidden" and f.verdict == "fail"} == families


@pytest.mark.parametrize("text", ["您这么懂,您来坐这儿办", "哟,还挺横", "您去告,我等着看"])
def test_mockery_is_for_a_person_and_costs_nothing(text: str) -> None:
    findings = judge(load(), "counter", utterance(text))
    assert {f.rule: f.verdict for f in findings if f.kind == "forbidden" and f.verdict != "pass"} == {
        "forbidden.mock": "unclear"
    }


def test_the_families_without_printed_words_are_no_veto() -> None:
    families = {f"forbidden.{n}" for n in ("scold", "command", "threat", "indifferent", "counter-question", "mock")}
    rules = {rule.id: rule for rule in load().rules if isinstance(rule, Forbidden)}
    assert families <= rules.keys()
    assert families.isdisjoint(load().policy.veto.rules)
    assert all(len(rules[name].phrases) <= 25 for name in families)


def labelled(rule: Forbidden, play: str, name: str, confidence: float = 0.9) -> Judgement:
    """What the rule says of a play whose segments all carry this label."""
    transcript = plays.parse(play).transcript
    label = Label(name=name, confidence=confidence)
    segments = tuple(replace(segment, labels=(label,)) for segment in transcript.segments)
    encounter = Encounter(start=0.0, end=transcript.duration, transcript=replace(transcript, segments=segments))
    return ForbiddenJudge(rule, LISTS)(scene_of(load(), encounter))


def test_words_of_a_sentence_that_reads_like_no_fault_go_to_a_person() -> None:
    judgement = labelled(rule(), "staff: 这不归我管,可我带您去。", NO_FAULT)
    assert judgement.verdict == "unclear"
    assert [reason.code for reason in judgement.evidence[0].reasons] == ["may-have-said", "meaning-otherwise"]
    assert labelled(rule(), "staff: 这不归我管。", "forbid-ask-others").verdict == "fail"


def test_words_accuse_only_where_their_meaning_would_bring_them_to_a_person_too() -> None:
    """As sure as `minimum_label`; of which fault is not asked. Who never read the words cannot say they are fair."""
    play, least = "staff: 这不归我管。", load().policy.minimum_label
    assert labelled(rule(), play, "forbid-indifferent", least - 0.01).verdict == "unclear"
    assert labelled(rule(), play, "forbid-indifferent", least).verdict == "fail"
    assert labelled(rule(), play, "question").verdict == "fail"


def test_what_is_written_otherwise_than_it_sounds_is_not_weighed_by_its_meaning() -> None:
    assert labelled(rule(sounds_like=True), "staff: 这不鬼我管。", NO_FAULT).verdict == "fail"


def test_what_a_person_must_judge_anyway_needs_no_second_doubt() -> None:
    judgement = labelled(rule(verdict="unclear"), "staff: 这不归我管。", NO_FAULT)
    assert [reason.code for reason in judgement.evidence[0].reasons] == ["tone-to-be-heard"]


PRINTED = "你的记性真差"


def test_printed_words_accuse_as_a_whole_clause_whatever_the_classifier_reads() -> None:
    printed = rule(phrases=["记性真差"], outright=[PRINTED])
    assert labelled(printed, f"staff: {PRINTED},还来问。", NO_FAULT).verdict == "fail"
    assert labelled(printed, f"staff: 不能说{PRINTED}这样的话。", NO_FAULT).verdict == "unclear"
    assert labelled(rule(phrases=["记性真差"]), f"staff: {PRINTED}。", NO_FAULT).verdict == "unclear"


def charged(play: str, *labels: Label) -> dict[str, Verdict]:
    """The rules on forbidden words that say something of a play whose turns of the staff carry these labels."""
    transcript = plays.parse(play).transcript
    told = tuple(replace(own, labels=labels if own.role != "citizen" else ()) for own in transcript.segments)
    encounter = Encounter(start=0.0, end=transcript.duration, transcript=replace(transcript, segments=told))
    findings = judge(load(), "counter", encounter)
    return {f.rule: f.verdict for f in findings if f.kind == "forbidden" and f.verdict != "pass"}


SURE = Label(name=SOME_FAULT, confidence=0.96)
PERHAPS = Label(name="forbid-authority-taunt", confidence=0.9)


def test_a_sure_fault_of_an_unsure_family_is_charged_as_what_is_true_for_each() -> None:
    """A veto stays with a person."""
    assert charged("staff: 我点头你才办得成。", SURE, PERHAPS) == {
        "forbidden.rude": "fail",
        "forbidden.authority-taunt": "unclear",
    }


@pytest.mark.parametrize(
    ("play", "why"),
    [
        ("unknown: 我点头你才办得成。", "nobody knows who spoke"),
        ("staff: 他原话是我点头你才办得成。", "it is quoted"),
        ("staff: 我点头你才办得成。\ncitizen: 嗯。\nstaff: 对不起,我不该这么说。", "it is excused"),
    ],
)
def test_a_sure_fault_is_not_charged_where(play: str, why: str) -> None:
    assert "forbidden.rude" not in charged(play, SURE), why


def test_a_sure_fault_is_charged_though_a_kind_word_came_later_unless_that_is_left_to_a_person() -> None:
    late = "staff: 我点头你才办得成。\ncitizen: 你说什么?\nstaff: 对不起,我不该这么说。"
    assert charged(late, SURE) == {"forbidden.rude": "fail"}
    asked = "staff: 这不归我管。\ncitizen: 那我找谁?\nstaff: 我帮您问一下。"
    assert charged(asked, SURE) == {"forbidden.ask-others": "unclear"}


@pytest.mark.parametrize(
    ("words", "faults"),
    [
        ("……什么?", set()),
        ("非洲?去非洲啊?", set()),
        ("去非洲啊。", {"forbidden.rude"}),
        ("你去月亮啊?", {"forbidden.rude"}),
    ],
)
def test_to_ask_back_what_was_just_said_is_no_fault_by_its_meaning_alone(words: str, faults: set[str]) -> None:
    play = f"citizen: 初八我人都在非洲了。\nstaff: {words}"
    assert charged(play, SURE).keys() == faults
    asked = charged(play, SURE, Label(name="question", confidence=0.9)).keys()
    assert asked == ({"forbidden.rude"} if "月亮" in words else set())


def test_what_is_not_sure_enough_is_left_to_the_rule_of_its_family() -> None:
    assert charged("staff: 盖章的是我。", replace(SURE, confidence=0.94), PERHAPS) == {
        "forbidden.authority-taunt": "unclear"
    }


def test_words_that_another_rule_charges_are_not_charged_again() -> None:
    assert charged("staff: 嚷什么嚷。", SURE) == {"forbidden.scold": "fail"}


@pytest.mark.parametrize(
    "fields",
    [
        {"phrases": []},
        {"catch_all": True},
        {"phrases": [], "catch_all": True},
        {"phrases": [], "catch_all": True, "meaning": [SOME_FAULT], "alone": ["不行"]},
        {"examples": {"no_match": ["y"]}},
    ],
)
def test_a_rule_either_has_phrases_with_examples_or_catches_all_by_its_meaning(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**fields)


def test_a_label_is_excused_by_the_next_turn_as_words_are() -> None:
    meant = rule(meaning=["forbid-ask-others"], unless=["帮您问"])
    play = "staff: 这个归别处。\ncitizen: 嗯。\nstaff: 我帮您问一下。"
    assert labelled(meant, play, "forbid-ask-others", 0.99).verdict == "pass"


def test_private_talk_tells_how_long_the_citizen_waited() -> None:
    chat = rule(phrases=["今晚吃什么"], verdict="unclear", tell_length=True)
    play = (
        "citizen @0-2: 我办社保卡。\nstaff @3-5: 喂,今晚吃什么呀?\nstaff @15-45: 嗯,好的好的。\ncitizen @60-62: 好了吗?"
    )
    (evidence,) = judged(chat, play).evidence
    assert [reason.code for reason in evidence.reasons] == ["tone-to-be-heard", "went-on"]
    assert evidence.reasons[1].values["seconds"] == pytest.approx(41.75, abs=0.5)
    assert "其间群众没有说话" in evidence.why
    alone = judged(chat, "staff @3-5: 喂,今晚吃什么呀?\nstaff @15-45: 嗯,好的好的。")
    assert [reason.code for reason in alone.evidence[0].reasons] == ["tone-to-be-heard"]
