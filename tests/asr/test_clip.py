"""A stretch of a recording to be listened to, with a tone over what is personal."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechaudit.asr.clip import wav_clip
from speechaudit.errors import AudioError
from speechaudit.model import Span

RATE = 8000


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    """Ten seconds: a constant in one channel, its opposite in the other."""
    samples = np.full((10 * RATE, 2), 0.25, np.float32) * np.array([1, -1], np.float32)
    soundfile.write(tmp_path / "a.wav", samples, RATE)
    return tmp_path / "a.wav"


def test_a_tone_covers_all_channels_exactly_where_it_should(stereo: Path) -> None:
    samples, rate = soundfile.read(
        BytesIO(wav_clip(stereo, 2.0, 6.0, [Span(start=3.0, end=4.5), Span(start=0, end=1)]))
    )
    assert (rate, samples.shape) == (RATE, (4 * RATE, 2))
    covered = samples[RATE : int(2.5 * RATE)]
    clear = np.concatenate([samples[:RATE], samples[int(2.5 * RATE) :]])
    assert np.allclose(clear, [0.25, -0.25], atol=1e-3)
    assert np.array_equal(covered[:, 0], covered[:, 1])
    spectrum = np.abs(np.fft.rfft(covered[:, 0]))
    assert np.argmax(spectrum) * RATE / len(covered) == pytest.approx(1000, abs=1)
    assert np.abs(covered).max() < 0.1


def test_nothing_is_covered_without_being_asked(stereo: Path) -> None:
    samples, _ = soundfile.read(BytesIO(wav_clip(stereo, 0.0, 1.0)))
    assert np.allclose(samples, [0.25, -0.25], atol=1e-3)


def test_beyond_the_end_there_is_nothing(stereo: Path) -> None:
    with pytest.raises(AudioError, match="没有声音"):
        wav_clip(stereo, 20.0, 21.0)
