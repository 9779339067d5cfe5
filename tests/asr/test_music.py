"""Hold music is found, and nothing else is taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.music import KINDS, QUIET, between, found_in
from speechaudit.asr.condition import Track
from speechaudit.asr.crosstalk import audible_words, own_speech
from speechaudit.asr.sound import FRAME, decode
from speechaudit.encounters.marks import marks
from speechaudit.model import Segment, Span, Word
from tests.asr.sounds import Samples

CALL = Path(__file__).parents[2] / "samples" / "phone-mono-good.wav"


@pytest.fixture(scope="module")
def call() -> Samples:
    with decode(CALL) as sound:
        return sound.read(0, 0, 24)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("decibels", [-12, 0])
def test_music_in_a_call_is_found_where_it_is(call: Samples, name: str, decibels: float) -> None:
    made, place = between(call, KINDS[name], decibels)
    found = found_in(made)
    assert sum(span.overlap(place) for span in found) >= 0.85 * place.duration
    assert sum(span.duration - span.overlap(place) for span in found) <= 2


@pytest.mark.parametrize("name", QUIET)
def test_noise_is_no_music(call: Samples, name: str) -> None:
    assert found_in(between(call, QUIET[name], -10)[0]) == ()


def test_a_call_holds_no_music(call: Samples) -> None:
    assert found_in(call) == ()


TRACK = Track(source=0, loudness=np.full(round(30 / FRAME), -20, np.float32), music=(Span(start=10, end=20),))


def test_nobody_speaks_in_music() -> None:
    voiced = Span(start=2, end=4), Span(start=9, end=14)
    first, second = own_speech(voiced, 0, [TRACK])
    assert (first.start, first.end, second.start) == pytest.approx((2, 4, 9))
    assert second.end == pytest.approx(11, abs=FRAME)


def test_words_in_music_or_where_sound_was_lost_are_nobodys() -> None:
    track = Track(source=0, loudness=TRACK.loudness, music=TRACK.music, gaps=(Span(start=5, end=6),))
    quiet = np.append(track.loudness, np.full(200, -70, np.float32))
    track = Track(source=0, loudness=quiet, music=track.music, gaps=track.gaps)
    words = [Word(start=at, end=at + 0.4, text="好", confidence=0.9) for at in (2.0, 5.3, 9.5, 14.0, 19.5)]
    assert [word.start for word in audible_words(words, 0, [track])] == [2.0, 9.5, 19.5]


def said(start: float, end: float, text: str = "好的") -> Segment:
    return Segment(start=start, end=end, text=text, role="staff")


@pytest.mark.parametrize(("seconds", "kinds"), [(6, ["hold", "return"]), (2, [])])
def test_music_makes_a_pause_of_any_length_a_hold(seconds: float, kinds: list[str]) -> None:
    segments = said(0, 2), said(2.5 + seconds, 5 + seconds)
    found = marks(segments, "phone", music=(Span(start=2.2, end=2.2 + seconds),))
    assert [mark.kind for mark in found] == kinds
