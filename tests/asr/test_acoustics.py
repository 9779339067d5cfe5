"""How segments sound: loudness as the standard has it, background, clipping, and nothing guessed without sound."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.asr.acoustics import (
    QUIETEST,
    ChannelLevels,
    acoustics,
    channel_levels,
    loudness,
    momentary,
    with_acoustics,
)
from speechaudit.asr.condition import inspect
from speechaudit.asr.sound import RATE, decode
from speechaudit.model import Acoustics, Segment, Span, Transcript
from tests.asr.sounds import Samples, noise, save, tone


def traced(folder: Path, samples: Samples, *speech: Span, subtype: str = "PCM_16") -> ChannelLevels:
    with decode(save(folder / "a.wav", samples, RATE, subtype)) as sound:
        return channel_levels(sound, inspect(sound).tracks[0], speech)


def silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), np.float32)


def heard(levels: ChannelLevels, start: float, end: float) -> Acoustics:
    return acoustics(levels, Segment(start=start, end=end, text="您好"))


def test_a_sine_of_full_scale_is_at_minus_3_lufs(tmp_path: Path) -> None:
    """ITU-R BS.1770-4: 0 dBFS at 997 Hz in one channel reads -3.01 LUFS."""
    found = heard(traced(tmp_path, tone(997, 5, RATE, 0.1)), 1, 4)
    assert found.loudness == pytest.approx(-23.0, abs=0.1)
    assert found.level == pytest.approx(-23.0, abs=0.1)


def test_low_hum_is_less_loud_than_its_power(tmp_path: Path) -> None:
    found = heard(traced(tmp_path, tone(50, 5, RATE, 0.1)), 1, 4)
    assert found.loudness < found.level - 3


def test_silence_inside_a_span_does_not_lower_its_loudness(tmp_path: Path) -> None:
    found = traced(tmp_path, np.concatenate([tone(997, 2, RATE, 0.1), silence(6), tone(997, 2, RATE, 0.1)]))
    assert loudness(found, Span(start=0, end=10)) == pytest.approx(-23.0, abs=0.5)


def test_a_word_shorter_than_the_window_is_measured_around_its_middle(tmp_path: Path) -> None:
    found = traced(tmp_path, np.concatenate([silence(2), tone(997, 0.4, RATE, 0.1), silence(2)]))
    assert loudness(found, Span(start=2.1, end=2.3)) == pytest.approx(-23.0, abs=0.3)


@pytest.mark.parametrize("span", [(0.0, 0.1), (4.9, 5.0), (5.0, 5.0), (7.0, 9.0)])
def test_edges_and_times_beyond_the_end_have_figures(tmp_path: Path, span: tuple[float, float]) -> None:
    found = heard(traced(tmp_path, noise(5, RATE)), *span)
    assert found.level == pytest.approx(-20, abs=1)
    assert all(type(value) is float for value in astuple(found))


def test_where_there_is_nothing_loudness_is_at_the_absolute_gate(tmp_path: Path) -> None:
    found = traced(tmp_path, np.concatenate([tone(997, 2, RATE), silence(3)]))
    assert loudness(found, Span(start=3, end=5)) == QUIETEST


def test_noise_is_the_level_of_the_pauses_around(tmp_path: Path) -> None:
    """A voice of -23 dB in the middle, hiss of -50 dB before it and of -40 dB half a minute later."""
    parts = [noise(4, RATE, 10**-2.5), tone(400, 4, RATE, 0.1), noise(40, RATE, 10**-2.5), noise(40, RATE, 0.01)]
    found = traced(tmp_path, np.concatenate(parts), Span(start=4, end=8))
    assert heard(found, 4, 8).noise == pytest.approx(-50, abs=0.5)
    assert heard(found, 60, 80).noise == pytest.approx(-40, abs=0.5)


def test_without_a_pause_the_quietest_moments_stand_for_the_noise(tmp_path: Path) -> None:
    beats = np.tile(np.concatenate([tone(400, 0.8, RATE, 0.1), noise(0.2, RATE, 10**-2.5)]), 10)
    found = heard(traced(tmp_path, beats, Span(start=0, end=10)), 0, 10)
    assert found.noise == pytest.approx(-50, abs=1.5)


@pytest.mark.parametrize("subtype", ["PCM_16", "ALAW", "ULAW"])
def test_clipping_shows_in_every_coding(tmp_path: Path, subtype: str) -> None:
    clean = noise(4, RATE, 0.2)
    clipped = np.clip(clean * 3, -1, 1)
    expected = float(np.mean(np.abs(clean * 3) >= 0.97))
    assert heard(traced(tmp_path, clipped, subtype=subtype), 0, 4).clipped == pytest.approx(expected, abs=0.02)
    assert heard(traced(tmp_path, clean, subtype=subtype), 0, 4).clipped < 0.001


def test_a_clipped_sound_that_was_turned_down_later_is_still_clipped(tmp_path: Path) -> None:
    assert heard(traced(tmp_path, 0.5 * np.clip(noise(4, RATE, 0.6), -1, 1)), 0, 4).clipped > 0.05


def test_the_steps_of_a_faint_recording_are_no_clipping(tmp_path: Path) -> None:
    assert heard(traced(tmp_path, noise(4, RATE, 0.01), subtype="PCM_U8"), 0, 4).clipped == 0.0


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
@pytest.mark.slow
def test_pieces_are_measured_as_one_sound(tenths: list[int]) -> None:
    whole = noise(sum(tenths) / 10, RATE)
    ends = np.cumsum(tenths) * RATE // 10
    assert np.array_equal(momentary(np.split(whole, ends[:-1])), momentary([whole]))
    assert len(momentary([whole])) == sum(tenths)


def test_each_segment_gets_the_figures_of_its_channel(tmp_path: Path) -> None:
    loud, quiet = traced(tmp_path, noise(5, RATE, 0.1)), traced(tmp_path, noise(5, RATE, 0.01, seed=1))
    said = Transcript(
        segments=(Segment(start=1, end=2, text="您好"), Segment(start=3, end=4, text="你好", channel=1)), duration=5.0
    )
    levels = [s.acoustics.level for s in with_acoustics(said, (loud, quiet)).segments if s.acoustics]
    assert levels == pytest.approx([-20, -40], abs=1)


def test_without_sound_nothing_is_guessed() -> None:
    said = Transcript(segments=(Segment(start=0, end=1, text="您好"),), duration=1.0)
    assert with_acoustics(said, ()) is said
