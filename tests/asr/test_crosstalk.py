"""Words count where their channel has a voice's energy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from speechaudit.asr.condition import Track
from speechaudit.asr.crosstalk import audible_words, own_speech
from speechaudit.asr.sound import FRAME
from speechaudit.model import Span, Word
from tests.asr.words import spoken, text, word_lists


def track(*levels: tuple[float, float]) -> Track:
    """A track from pairs of seconds and decibels."""
    parts = [np.full(round(seconds / FRAME), level, np.float32) for seconds, level in levels]
    return Track(source=0, loudness=np.concatenate(parts))


def credited(words: list[Word], channel: int, tracks: list[Track]) -> tuple[Word, ...]:
    return tuple(audible_words(words, channel, tracks))


SPEECH = spoken("您好请讲", start=1.0)
PAUSE = (3, -80)


def test_words_over_a_voice_count() -> None:
    assert text(credited(SPEECH, 0, [track((5, -20), PAUSE)])) == "您好请讲"


def test_words_over_silence_do_not() -> None:
    assert credited(SPEECH, 0, [track((3, -80), (5, -20))]) == ()


def test_words_over_line_noise_far_below_the_voice_do_not() -> None:
    assert credited(SPEECH, 0, [track((3, -58), (5, -20))]) == ()


def test_cross_talk_does_not_count_for_the_quiet_side() -> None:
    quiet, loud = track((3, -45), (5, -20), PAUSE), track((8, -18), PAUSE)
    assert credited(SPEECH, 0, [quiet, loud]) == ()
    assert text(credited(SPEECH, 1, [quiet, loud])) == "您好请讲"


def test_both_may_speak_at_once() -> None:
    assert text(credited(SPEECH, 0, [track((8, -35), PAUSE), track((8, -18), PAUSE)])) == "您好请讲"


def test_a_word_in_a_pause_of_the_other_counts_however_faint_the_line() -> None:
    assert text(credited(SPEECH, 0, [track((8, -50), PAUSE), track((3, -80), (5, -15), PAUSE)])) == "您好请讲"


def test_a_word_at_the_very_end_is_judged_by_what_is_there() -> None:
    assert text(credited(spoken("好", start=7.9), 0, [track(PAUSE, (5, -20))])) == "好"


def test_a_word_timed_from_the_pause_before_it_begins_with_the_sound() -> None:
    early = [Word(start=1.0, end=3.2, text="您", confidence=0.9)]
    (word,) = credited(early, 0, [track((3, -80), (5, -20))])
    assert (word.start, word.end) == pytest.approx((3.0, 3.2))


@given(word_lists())
def test_a_word_is_never_widened(words: list[Word]) -> None:
    mixed = track((2, -20), (1, -80), (4, -30), (2, -62), (300, -25))
    kept = credited(words, 0, [mixed])
    assert all(any(w.start <= k.start <= k.end <= w.end and w.text == k.text for w in words) for k in kept)


def test_words_over_steady_noise_do_not_count() -> None:
    assert credited(SPEECH, 0, [track((9, -40), (0.1, -10))]) == ()


def test_a_faint_voice_over_steady_noise_counts_where_it_stands_out() -> None:
    assert text(credited(SPEECH, 0, [track((1, -40), (1, -36), (7, -40))])) == "您好请讲"


def test_the_soft_parts_of_a_word_are_no_leak_of_its_own_leak() -> None:
    """再见 with a stop in the middle, heard 12 dB quieter in the other channel too."""
    loud, soft = -21.0, -46.0
    parts = ((2.0, -60.0), (0.2, loud), (0.15, soft), (0.2, -27.0), (2.0, -60.0))
    mine, leak = (replace(track(*own), bleed=6.0) for own in (parts, tuple((s, max(-60.0, d - 12)) for s, d in parts)))
    word = Span(start=1.9, end=2.65)
    (whole,) = own_speech([word], 0, [mine, leak])
    assert (whole.start, whole.end) == pytest.approx((word.start, word.end), abs=FRAME)
    assert own_speech([word], 1, [mine, leak]) == ()
