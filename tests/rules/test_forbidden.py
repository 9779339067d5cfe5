"""Forbidden words: what is charged, what only when said alone, and what only an ear can tell."""

from __future__ import annotations

from typing import Any

from speechaudit.model import Encounter, Verdict
from speechaudit.rules import plays
from speechaudit.rules.judge import scene_of
from speechaudit.rules.kinds.forbidden import ForbiddenJudge
from speechaudit.rules.rulebook import load
from speechaudit.rules.scene import Judgement
from speechaudit.rules.schema import Forbidden

LISTS = {"fillers": ("啊", "我", "这个")}


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


def judged(rule: Forbidden, play: str) -> Judgement:
    """What the rule says of a play."""
    transcript = plays.parse(play).transcript
    encounter = Encounter(start=0.0, end=transcript.duration, transcript=transcript)
    return ForbiddenJudge(rule, LISTS)(scene_of(load(), encounter))


def verdict(rule: Forbidden, play: str) -> Verdict:
    return judged(rule, play).verdict


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
    asked = "staff: 不知道。\ncitizen: 那怎么办?\nstaff: 我帮您问一下。"
    assert verdict(no, asked) == "pass"
    assert verdict(no, asked.replace("我帮您问一下", "等着")) == "fail"


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
