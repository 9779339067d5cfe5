"""Plays: what they say, and how a mistake in them is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.errors import TranscriptError
from speechaudit.rules.plays import parse

PLAY = """# 一个例子
setting: phone
staff: 工号1017
ring_seconds: 6
staff @0.5-3.9: 您好,这里是不动产登记窗口,请讲。
citizen @4.5-9.0: 我想问一下:过户要带什么?
"""


def test_a_play_has_a_header_and_turns() -> None:
    play = parse(PLAY)
    assert play.header == {"setting": "phone", "staff": "工号1017", "ring_seconds": "6"}
    assert (play.setting, parse("staff: 您好").setting) == ("phone", "counter")
    assert [(s.role, s.start, s.end) for s in play.transcript.segments] == [("staff", 0.5, 3.9), ("citizen", 4.5, 9.0)]
    assert play.transcript.segments[1].text == "我想问一下:过户要带什么?"
    assert play.transcript.duration == 9.0


def test_without_times_turns_follow_each_other() -> None:
    first, second = parse("citizen: 在这里办吗\nstaff: 我不管").transcript.segments
    assert (first.start, first.end) == (0.0, 1.25)
    assert (second.start, second.end) == (1.75, 2.5)
    assert (first.role, second.role) == ("citizen", "staff")


def test_unknown_stays_unknown() -> None:
    (segment,) = parse("unknown @0-1: 喂").transcript.segments
    assert segment.role == "unknown"
    assert segment.role_confidence is None


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("", "x", "没有一句话"),
        ("setting: phone\n", "x", "没有一句话"),
        ("staff @0-1: 您好\nsetting: phone", "第2行", "看不懂"),
        ("staff @0-1: 您好\nstaff: 再见", "第2行", "看不懂"),
        ("setting: phone\nsetting: phone\nstaff @0-1: 您好", "第2行", "两次"),
        ("staff @3-1: 您好", "第1行", "早于"),
        ("staff @1.2.3-4: 您好", "第1行", "不是数字"),
        ("staff @0-1:   ", "第1行", "不完整"),
        ("staff @0: 您好", "第1行", "不完整"),
        ("随便写写", "第1行", "看不懂"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, place: str, problem: str) -> None:
    with pytest.raises(TranscriptError, match=problem) as caught:
        parse(text, "x")
    assert place in str(caught.value)


@given(st.text(st.sampled_from("staffciizen @0.123-9:您好\n#"), max_size=60))
def test_any_text_is_a_play_or_refused(text: str) -> None:
    try:
        play = parse(text)
    except TranscriptError:
        return
    starts = [s.start for s in play.transcript.segments]
    assert starts == sorted(starts)
