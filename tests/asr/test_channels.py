"""Whether channels hold two parties, on a real call as bad lines and recorders lay it out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.sides import KINDS, Stereo, laid_out, told
from speechaudit.asr.condition import BLEED, Track, with_living_sides
from speechaudit.asr.crosstalk import own_speech
from speechaudit.asr.sound import FRAME, decode
from speechaudit.model import Span
from speechaudit.reasons import cause_of, in_chinese

CALL = Path(__file__).parents[2] / "samples" / "phone-stereo-good-left.wav"


@pytest.fixture(scope="module")
def call() -> Stereo:
    with decode(CALL) as sound:
        return np.stack([sound.read(channel, 0, 20) for channel in (0, 1)], axis=1)


@pytest.mark.parametrize("name", KINDS)
def test_what_the_channels_hold_is_told(call: Stereo, name: str) -> None:
    wanted, maker = KINDS[name]
    assert told(laid_out(call, maker)) == wanted


def test_the_louder_copy_is_heard_and_the_remark_says_how_they_differ(call: Stereo) -> None:
    found = laid_out(call, KINDS["copy 50 ms later"][1])
    assert found.tracks[0].source == 0
    assert in_chinese(found.limits).startswith("两个声道是同一个声音(音量差2分贝,时间差50毫秒)")
    assert cause_of(laid_out(call, KINDS["inverted"][1]).limits) == "dual-mono"


@pytest.mark.parametrize(("name", "leak"), [("leak of -12 dB", 12), ("leak of -9 dB", 9), ("leak of -5 dB", 5)])
def test_the_strength_of_a_leak_is_told(call: Stereo, name: str, leak: float) -> None:
    (reason,) = laid_out(call, KINDS[name][1]).limits
    assert reason.values["decibels"] == pytest.approx(leak, abs=1.5)


def test_a_leak_into_one_side_leaves_the_other_as_it_was(call: Stereo) -> None:
    left, right = laid_out(call, KINDS["leak of -9 dB into one side"][1]).tracks
    assert left.bleed == BLEED
    assert right.bleed == pytest.approx(3, abs=1.5)


def level(*parts: tuple[float, float], bleed: float = BLEED) -> Track:
    """A track from pairs of seconds and decibels."""
    loudness = np.concatenate([np.full(round(seconds / FRAME), own, np.float32) for seconds, own in parts])
    return Track(source=0, loudness=loudness, bleed=bleed)


def test_speech_that_leaks_in_is_not_spoken_there() -> None:
    mine = level((2, -32), (1, -70), (2, -20), bleed=6)
    other = level((2, -20), (3, -70))
    voiced = (Span(start=0.1, end=1.9), Span(start=3.0, end=4.5))
    assert own_speech(voiced, 0, [mine, other]) == (Span(start=3.0, end=4.5),)


def test_who_speaks_as_loud_as_the_other_is_heard() -> None:
    tracks = [level((2, -22), bleed=6), level((2, -20), bleed=6)]
    voiced = (Span(start=0.1, end=1.9),)
    for channel in (0, 1):
        (own,) = own_speech(voiced, channel, tracks)
        assert (own.start, own.end) == pytest.approx((0.1, 1.9))


def test_without_a_leak_speech_stays_as_it_was_found() -> None:
    voiced = (Span(start=0.123, end=1.876),)
    assert own_speech(voiced, 0, [level((2, -32)), level((2, -20))]) == voiced


@pytest.mark.parametrize(
    ("name", "codes"), [("one side silent", ["right-silent"]), ("one side hums", ["left-voiceless"])]
)
def test_with_one_voice_only_no_channel_says_who_speaks(call: Stereo, name: str, codes: list[str]) -> None:
    condition = laid_out(call, KINDS[name][1])
    live = 0 if name == "one side silent" else 1
    voiced = tuple((Span(start=1, end=2),) if side == live else () for side in (0, 1))
    found, sides = with_living_sides(condition, voiced)
    assert ([track.source for track in found.tracks], sides) == ([live], (live,))
    assert [reason.code for reason in found.limits] == [*codes, "not-by-channel"]


def test_two_living_sides_stay(call: Stereo) -> None:
    condition = laid_out(call, KINDS["as it is"][1])
    voiced = ((Span(start=1, end=2),),) * 2
    assert with_living_sides(condition, voiced) == (condition, (0, 1))
