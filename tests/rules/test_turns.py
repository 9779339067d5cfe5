"""Turns: joined by role, each character with its time."""

from __future__ import annotations

from speechaudit.model import Segment, Transcript, Word
from speechaudit.rules.phrases import Phrases
from speechaudit.rules.turns import turns_of


def said(role: str, start: float, end: float, text: str, words: tuple[Word, ...] = ()) -> Segment:
    return Segment(start=start, end=end, text=text, role=role, words=words)  # type: ignore[arg-type]


def transcript(*segments: Segment) -> Transcript:
    return Transcript(segments=segments, duration=segments[-1].end)


def test_segments_of_one_role_are_one_turn_until_a_long_pause() -> None:
    turns = turns_of(
        transcript(
            said("staff", 0, 1, "您好"),
            said("staff", 1.5, 2, "请坐"),
            said("citizen", 3, 4, "我问"),
            said("citizen", 20, 21, "喂"),
        )
    )
    assert [(t.role, t.folded.chars) for t in turns] == [("staff", "您好请坐"), ("citizen", "我问"), ("citizen", "喂")]


def test_the_joint_of_two_segments_parts_clauses() -> None:
    (turn,) = turns_of(transcript(said("staff", 0, 1, "不知道"), said("staff", 1.5, 2, "您坐")))
    assert turn.folded.clause(0) == (0, 3)


def test_word_times_are_the_times_of_a_hit() -> None:
    words = (
        Word(start=1.0, end=1.4, text="您好,", confidence=0.9),
        Word(start=5.0, end=5.6, text="请讲。", confidence=0.5),
    )
    (turn,) = turns_of(transcript(said("staff", 1.0, 6.0, "您好,请讲。", words)))
    (hit,) = Phrases(["请讲"], {}).find(turn.folded)
    span = turn.span(hit)
    assert 5.0 <= span.start < span.end <= 5.6
    assert turn.confidence(hit) == 0.5


def test_without_word_times_the_characters_share_the_segment() -> None:
    (turn,) = turns_of(transcript(said("staff", 10.0, 14.0, "您好请讲")))
    (hit,) = Phrases(["请讲"], {}).find(turn.folded)
    assert (turn.span(hit).start, turn.span(hit).end) == (12.0, 14.0)


def test_words_that_do_not_spell_the_segment_are_not_trusted_with_times() -> None:
    words = (Word(start=0.0, end=0.1, text="别的", confidence=0.9),)
    (turn,) = turns_of(transcript(said("staff", 10.0, 14.0, "您好请讲", words)))
    assert turn.times[0][0] == 10.0


def test_a_turn_of_nothing_but_punctuation_is_no_turn() -> None:
    assert turns_of(transcript(said("staff", 0, 1, "……"))) == ()
