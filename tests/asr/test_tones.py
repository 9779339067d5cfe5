"""Ringing, busy tones and keys are found where they are, at any loudness, and in no voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.tones import KEYS, tones
from speechaudit.model import Tone

ROOT = Path(__file__).parents[2]
NOISE = 10 ** (-55 / 20)


def tone(*pitches: float, seconds: float, level: float = 0.1) -> np.ndarray:
    at = np.arange(int(seconds * RATE)) / RATE
    return level * sum((np.sin(2 * np.pi * pitch * at) for pitch in pitches), np.zeros(at.size))


def pause(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE))


def found(folder: Path, *parts: np.ndarray) -> tuple[Tone, ...]:
    sound = np.concatenate(parts)
    sound += NOISE * np.random.default_rng(1).standard_normal(sound.size)
    soundfile.write(folder / "a.wav", sound, RATE)
    with decode(folder / "a.wav") as opened:
        return tones(opened, 0, 0)


@pytest.mark.parametrize("pitch", [425.0, 450.0])
@pytest.mark.parametrize("level", [0.02, 0.5])
def test_ringing_has_its_bursts(tmp_path: Path, pitch: float, level: float) -> None:
    burst = tone(pitch, seconds=1.0, level=level)
    heard = found(tmp_path, pause(2), burst, pause(4), burst, pause(1))
    assert [t.kind for t in heard] == ["ringing", "ringing"]
    assert [t.start for t in heard] == pytest.approx([2.0, 7.0], abs=0.06)
    assert [t.duration for t in heard] == pytest.approx([1.0, 1.0], abs=0.1)


def test_busy_and_dial_tones(tmp_path: Path) -> None:
    burst = tone(450, seconds=0.35), pause(0.35)
    assert {t.kind for t in found(tmp_path, pause(1), *burst * 4)} == {"busy"}
    assert [t.kind for t in found(tmp_path, pause(1), tone(450, seconds=3), pause(1))] == ["dial"]


def test_one_short_hum_is_no_busy_tone(tmp_path: Path) -> None:
    assert found(tmp_path, pause(1), tone(450, seconds=0.35), pause(3)) == ()


def test_each_key_is_a_key(tmp_path: Path) -> None:
    pressed = [
        part
        for row, low in enumerate((697, 770, 852, 941))
        for column, high in enumerate((1209, 1336, 1477))
        if KEYS[row][column]
        for part in (tone(low, high, seconds=0.1), pause(0.2))
    ]
    heard = found(tmp_path, pause(1), *pressed)
    assert [t.kind for t in heard] == ["key"] * 12
    assert heard[0].start == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize("name", ["phone-stereo-hold-right.wav", "phone-mono-bad.wav", "counter-good.flac"])
def test_no_voice_is_a_tone(name: str) -> None:
    with decode(ROOT / "samples" / name) as opened:
        assert [t for channel in range(opened.channels) for t in tones(opened, channel, channel)] == []


def test_the_sample_with_a_menu_has_three_rings_and_two_keys() -> None:
    with decode(ROOT / "samples" / "phone-stereo-menu-transfer-right.opus") as opened:
        citizen, staff = (tones(opened, channel, channel) for channel in range(2))
    assert [(t.kind, round(t.start)) for t in citizen] == [("key", 9), ("key", 80)]
    assert [(t.kind, round(t.start, 1)) for t in staff] == [("ringing", 15.5), ("ringing", 20.5), ("ringing", 42.1)]
