"""An answer answers its question: what a question met with, and whether it is asked again."""

from __future__ import annotations

import pytest

from speechaudit.model import Encounter, Finding
from speechaudit.rules import plays, rulebook
from speechaudit.rules.judge import judge

BOOK = rulebook.load()


def answer(*lines: str) -> Finding:
    play = plays.parse("\n".join(lines))
    encounter = Encounter(start=0.0, end=play.transcript.duration, transcript=play.transcript)
    return next(f for f in judge(BOOK, "counter", encounter) if f.rule == "sounds.answer")


def test_a_question_that_met_with_empty_words_and_is_asked_again_goes_to_a_person_with_all_three_quotes() -> None:
    found = answer(
        "citizen @0-2: 这个多久能办好?",
        "staff @3-5: 你先把字签了。",
        "citizen @6-8: 那到底多久能好?",
        "staff @9-10: 下一位。",
    )
    assert found.verdict == "unclear"
    assert [(e.quote, e.why) for e in found.evidence] == [
        ("多久", "应了“你先把字签了。”,对方在00:06又问“那到底多久能好?”,可能没有答到所问")
    ]


@pytest.mark.parametrize(
    "said",
    [
        "五个工作日。",
        "今天就能好。",
        "这个我给您查一下。",
        "您办的是哪一种?",
        "不好意思,这个我暂时不清楚。",
        "到二楼去办。",
    ],
)
def test_what_holds_an_answer_or_a_step_towards_it_is_one_however_often_somebody_asks(said: str) -> None:
    found = answer("citizen: 这个多久能办好?", f"staff: {said}", "citizen: 这个多久能办好?", "staff: 好。")
    assert found.verdict == "pass"


def test_another_question_is_no_repetition() -> None:
    found = answer("citizen: 这个多久能办好?", "staff: 先把字签了。", "citizen: 要带什么材料?", "staff: 身份证。")
    assert found.verdict == "pass"


def test_a_nod_between_two_halves_of_a_question_is_no_answer_and_no_fault() -> None:
    half = ("citizen @0-2: 我这个要多少钱,", "staff @2-2.5: 嗯。", "citizen @2.5-5: 我这个要多少钱?")
    assert answer(*half, "staff @6-7: 五块。").verdict == "pass"
    assert answer(*half, "staff @6-7: 签字。").verdict == "unclear"


def test_who_is_told_that_nothing_was_answered_is_asked_about_it() -> None:
    lines = ("citizen @0-2: 在哪里交钱?", "staff @3-5: 您先看看身份证。", "citizen @6-8: 你还没回答我呢。")
    (evidence,) = answer(*lines, "staff @9-10: 哦。").evidence
    assert evidence.why == "对方在00:06说“你还没回答我”,可能没有答到所问"


def test_words_of_somebody_unknown_may_be_the_answer() -> None:
    lines = ("citizen: 这个多久能办好?", "staff: 先签字。", "unknown: 快。", "citizen: 这个多久能办好?", "staff: 好。")
    assert answer(*lines).verdict == "pass"


def test_after_a_minute_it_is_a_new_question() -> None:
    asked = ("citizen @0-2: 这个多久能办好?", "staff @3-5: 先把字签了。")
    assert answer(*asked, "citizen @61-63: 这个多久能办好?", "staff @64-65: 快。").verdict == "unclear"
    assert answer(*asked, "citizen @63-65: 这个多久能办好?", "staff @66-67: 快。").verdict == "pass"


def test_silence_still_fails_beside_a_doubtful_answer() -> None:
    found = answer(
        "citizen @0-2: 这个多久能办好?",
        "staff @3-5: 先把字签了。",
        "citizen @6-8: 到底多久能办好?",
        "staff @9-10: 下一位。",
        "citizen @12-14: 在哪里交钱?",
        "staff @40-42: 下一位。",
    )
    assert (found.verdict, [e.quote for e in found.evidence]) == ("fail", ["在哪里"])
