"""A stretch of a recording to be listened to, with a tone over what is personal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile

from speechaudit.asr.clip import write_clip
from speechaudit.asr.clock import RATE
from speechaudit.errors import AudioError
from speechaudit.model import Span
from tests.asr.sounds import save, stereo


def clip_of(path: Path, start: float, end: float, beeps: Sequence[Span] = ()) -> np.ndarray:
    buffer = BytesIO()
    write_clip(path, buffer, start, end, beeps)
    buffer.seek(0)
    samples, rate = soundfile.read(buffer)
    assert rate == RATE
    return np.asarray(samples)


@pytest.fixture
def constant(tmp_path: Path) -> Path:
    """Ten seconds at 8 kHz: a constant in one channel, its opposite in the other."""
    level = np.full(10 * 8000, 0.25, np.float32)
    return save(tmp_path / "a.wav", stereo(level, -level))


def test_a_tone_covers_all_channels_exactly_where_it_should(constant: Path) -> None:
    samples = clip_of(constant, 2.0, 6.0, [Span(start=3.0, end=4.5), Span(start=0, end=1)])
    assert samples.shape == (4 * RATE, 2)
    covered = samples[RATE : int(2.5 * RATE)]
    clear = np.concatenate([samples[:RATE], samples[int(2.5 * RATE) :]])
    assert np.allclose(clear, [0.25, -0.25], atol=1e-3)
    assert np.array_equal(covered[:, 0], covered[:, 1])
    spectrum = np.abs(np.fft.rfft(covered[:, 0]))
    assert np.argmax(spectrum) * RATE / len(covered) == pytest.approx(1000, abs=1)
    assert np.abs(covered).max() < 0.1


def test_nothing_is_covered_without_being_asked(constant: Path) -> None:
    assert np.allclose(clip_of(constant, 0.5, 1.0), [0.25, -0.25], atol=1e-3)


def test_beyond_the_end_there_is_nothing(constant: Path) -> None:
    with pytest.raises(AudioError, match="没有声音"):
        clip_of(constant, 20.0, 21.0)


MEASURE = """
import resource, sys, tempfile
from pathlib import Path
import av, numpy
from speechaudit.asr.clip import write_clip
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with tempfile.TemporaryFile() as file:
    write_clip(Path(sys.argv[1]), file, 0, 120)
    assert file.tell() == 44 + 120 * 16_000 * 2 * 2
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_minutes_at_any_rate_take_little_memory(tmp_path: Path) -> None:
    """Two of 384 kHz stereo are 184 MB as 16-bit samples, from a file of 0.1 MB."""
    path = tmp_path / "a.flac"
    with soundfile.SoundFile(path, "w", 384_000, 2, "PCM_16") as file:
        for _ in range(13):
            file.write(np.zeros((3_840_000, 2), np.int16))
    result = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, timeout=300, check=True
    )
    assert int(result.stdout) < 60
