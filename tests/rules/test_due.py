"""What is due: near words, words after a hold, and absences in what was badly heard."""

from dataclasses import replace

import pytest

from speechaudit.model import Encounter
from speechaudit.rules import plays
from speechaudit.rules.kinds import compile_rule
from speechaudit.rules.scene import Scene
from speechaudit.rules.schema import Required, Sequence, Situation
from speechaudit.rules.turns import turns_of

HEADER = {
    "id": "words.x",
    "title": "试",
    "topics": ["t"],
    "level": "minor",
    "status": "active",
    "sources": [{"document": "d", "clause": "c"}],
    "setting": ["phone"],
    "message": "请说。",
    "examples": {"match": ["再见"], "no_match": ["好"]},
}


def verdict(rule, play, confidence=None):
    transcript = plays.parse(play).transcript
    segments = tuple(replace(s, confidence=confidence) for s in transcript.segments)
    encounter = Encounter(start=0.0, end=transcript.duration, transcript=replace(transcript, segments=segments))
    scene = Scene(
        start=0.0,
        end=encounter.end,
        turns=turns_of(encounter.transcript),
        measures={},
        minimum_confidence=0.35,
        minimum_label=0.7,
    )
    return compile_rule(rule, {})(scene).verdict


GOODBYE = Required.model_validate(HEADER | {"kind": "required", "phrases": ["再见"], "perhaps": ["拜拜"]})
SORRY = Situation.model_validate(
    HEADER
    | {
        "kind": "situation",
        "when": {"phrases": ["办不了"]},
        "phrases": ["对不起"],
        "perhaps": ["我帮您"],
        "within": 1,
    }
)
RETURN = Situation.model_validate(
    HEADER
    | {"kind": "situation", "when": {"phrases": ["请稍等"]}, "phrases": ["久等"], "within": 1, "if_continued": True}
)
UNASKED = SORRY.model_copy(update={"unasked": True})
HELD = Situation.model_validate(
    HEADER
    | {
        "kind": "situation",
        "when": {"phrases": ["接个电话"], "before_silence": ["稍等"], "silence": 20},
        "phrases": ["久等"],
        "within": 1,
    }
)
OPENING = Sequence.model_validate(
    HEADER
    | {
        "kind": "sequence",
        "anchor": "unit",
        "slots": [
            {"name": "hello", "title": "问候", "phrases": ["您好"]},
            {"name": "unit", "title": "单位", "phrases": ["窗口"]},
        ],
    }
)


@pytest.mark.parametrize(
    ("rule", "play", "expected"),
    [
        (GOODBYE, "staff: 再见", "pass"),
        (GOODBYE, "staff: 拜拜", "unclear"),
        (GOODBYE, "staff: 拜拜,再见", "pass"),
        (GOODBYE, "staff: 好了", "fail"),
        (SORRY, "staff: 办不了,对不起", "pass"),
        (SORRY, "staff: 这个办不了,我帮您问问别的窗口", "unclear"),
        (SORRY, "staff: 这个办不了", "fail"),
        (SORRY, "staff: 好的", "n/a"),
        (SORRY, "staff: 对不起,请稍等", "n/a"),
        (UNASKED, "staff: 对不起,请稍等", "pass"),
        (UNASKED, "staff: 请稍等", "n/a"),
        (UNASKED, "staff: 对不起,请稍等\ncitizen: 好\nstaff: 嗯\ncitizen: 怎样\nstaff: 办不了", "fail"),
        (RETURN, "staff: 请稍等\ncitizen: 好\nstaff: 让您久等了", "pass"),
        (RETURN, "staff: 请稍等\ncitizen: 好\nstaff: 查到了", "fail"),
        (RETURN, "staff: 请稍等\ncitizen: 不用了,我挂了", "n/a"),
        (HELD, "staff @0-2: 请稍等\nstaff @22-24: 查到了", "fail"),
        (HELD, "staff @0-2: 请稍等\nstaff @22-24: 让您久等了", "pass"),
        (HELD, "staff @0-2: 请稍等\nstaff @12-14: 查到了", "n/a"),
        (HELD, "staff @0-2: 请稍等\ncitizen @2-3: 好\nstaff @23-24: 查到了", "fail"),
        (HELD, "staff @0-2: 请稍等\ncitizen @3-22: 我先说说\nstaff @23-24: 查到了", "n/a"),
        (HELD, "staff @0-2: 我接个电话\nstaff @12-14: 继续吧", "fail"),
    ],
)
def test_near_words_and_words_after_a_hold(rule, play, expected):
    assert verdict(rule, play) == expected


@pytest.mark.parametrize("rule", [GOODBYE, OPENING])
def test_an_absence_in_badly_recognised_words_accuses_nobody(rule):
    assert verdict(rule, "staff: 窗口", confidence=0.9) == "fail"
    assert verdict(rule, "staff: 窗口", confidence=0.2) == "unclear"


def test_a_courtesy_missing_in_badly_recognised_words_accuses_nobody():
    play = "staff: 这个真的办不了"
    assert verdict(SORRY, play, confidence=0.9) == "fail"
    assert verdict(SORRY, play, confidence=0.2) == "unclear"
