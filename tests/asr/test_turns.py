"""Segments: cut at pauses, short, ordered, and losing nothing."""

from __future__ import annotations

import pytest
from hypothesis import given

from speechaudit.asr.turns import LONGEST, merged, segments
from speechaudit.model import Word
from tests.asr.words import spoken, word_lists


def texts(words: list[Word]) -> list[str]:
    return [segment.text for segment in segments(words, 0)]


def test_a_long_pause_cuts() -> None:
    assert texts(spoken("您好 请讲")) == ["您好", "请讲"]


def test_a_sentence_without_pause_goes_on() -> None:
    assert texts(spoken("您好。请讲。")) == ["您好。请讲。"]


def test_a_sentence_cuts_at_half_the_pause() -> None:
    assert texts(spoken("您好。") + spoken("请讲。", start=1.0)) == ["您好。", "请讲。"]
    assert texts(spoken("您好,") + spoken("请讲。", start=1.0)) == ["您好,请讲。"]


def test_two_equal_words_in_a_row_do_not_cut() -> None:
    assert texts(spoken("谢谢。") + spoken("谢", start=0.5)) == ["谢谢。谢"]


def test_confidence_is_the_geometric_mean() -> None:
    words = spoken("您", confidence=0.9) + spoken("好", start=0.25, confidence=0.4)
    assert segments(words, 1)[0].confidence == pytest.approx(0.6)
    assert segments(words, 1)[0].channel == 1


@given(word_lists())
def test_segments_hold_every_word_once_in_order_and_are_short(words: list[Word]) -> None:
    found = segments(words, 0)
    assert [word for segment in found for word in segment.words] == words
    assert all(segment.end - segment.start <= LONGEST or len(segment.words) == 1 for segment in found)
    assert all(0 <= (segment.confidence or 0) <= 1 for segment in found)


def test_channels_are_merged_by_time() -> None:
    left, right = segments(spoken("您好 请讲"), 0), segments(spoken("喂", start=0.8), 1)
    assert [(segment.channel, segment.text) for segment in merged([left, right])] == [
        (0, "您好"),
        (1, "喂"),
        (0, "请讲"),
    ]
