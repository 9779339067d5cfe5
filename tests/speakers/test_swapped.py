"""Sides that change places half way, on real calls."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.sides import Stereo, exchanged, swapped
from speechaudit.asr.sound import decode
from speechaudit.model import Segment, Span, Transcript
from speechaudit.speakers import with_voices_followed

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def call() -> Stereo:
    with decode(SAMPLES / "phone-stereo-good-left.wav") as sound:
        return np.stack([sound.read(channel, 0, 40) for channel in (0, 1)], axis=1)


def test_an_exchange_is_found_where_it_is(call: Stereo) -> None:
    found = exchanged(swapped(call))
    assert found is not None
    assert [found.start, found.end] == [pytest.approx(20, abs=4)] * 2


def test_a_call_that_keeps_its_sides_has_none(call: Stereo) -> None:
    assert exchanged(call) is None
    assert exchanged(call[:, :1]) is None


def test_voices_are_followed_across_the_exchange() -> None:
    places = ((0, 0.0), (1, 5.0), (0, 9.5), (0, 12.0), (1, 15.0))
    segments = tuple(Segment(start=at, end=at + 1.5, text="好", channel=side) for side, at in places)
    followed = with_voices_followed(Transcript(segments=segments, duration=20), Span(start=10, end=11))
    assert [segment.speaker for segment in followed.segments] == ["S1", "S2", None, "S2", "S1"]
