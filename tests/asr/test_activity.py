"""Spans of speech: thresholds, joining, and what is no speech."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.asr.activity import joined, spans, speech
from speechaudit.asr.condition import inspect
from speechaudit.asr.sound import decode
from speechaudit.model import Span
from tests.asr.sounds import Samples, noise, ringback, save, tone, tune

times = st.lists(st.floats(0, 100), max_size=30).map(sorted)


def test_a_span_holds_on_a_little_below_the_threshold() -> None:
    found = list(spans([0.1, 0.41, 0.35, 0.31, 0.29, 0.35, 0.1], offset=30.0))
    assert found == [Span(start=30.032, end=30.128)]


def test_a_span_may_end_with_the_piece() -> None:
    assert list(spans([0.0, 0.9, 0.9], offset=0.0)) == [Span(start=0.032, end=0.096)]


@given(st.lists(st.floats(0, 1), max_size=60))
def test_spans_are_ordered_apart_and_begin_above_the_threshold(likely: list[float]) -> None:
    found = list(spans(likely, offset=0.0))
    for span in found:
        assert likely[round(span.start / 0.032)] >= 0.4
        assert span.duration > 0
    assert all(a.end < b.start for a, b in pairwise(found))


@given(times, st.floats(0.01, 5))
def test_joined_spans_are_further_apart_than_the_gap_and_cover_the_same(edges: list[float], gap: float) -> None:
    before = [Span(start=a, end=b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    after = joined(before, gap)
    assert all(b.start - a.end >= gap for a, b in pairwise(after))
    assert all(any(span.start >= whole.start and span.end <= whole.end for whole in after) for span in before)


MUTE = {
    "white noise": noise(30),
    "hum": tone(50, 30) + tone(150, 30, level=0.05),
    "ringback": ringback(30),
    "dial tone": tone(450, 30),
}


@pytest.mark.parametrize("name", MUTE)
def test_no_speech_where_there_is_none(tmp_path: Path, name: str) -> None:
    assert _speech(tmp_path, MUTE[name]) == ()


def test_music_is_nearly_no_speech(tmp_path: Path) -> None:
    assert sum(span.duration for span in _speech(tmp_path, tune(60))) < 1.5


def _speech(tmp_path: Path, samples: Samples) -> tuple[Span, ...]:
    with decode(save(tmp_path / "a.wav", samples, subtype="ALAW")) as sound:
        return speech(sound, inspect(sound).tracks[0])
