"""Real sound made in the test: tones, noise and containers of many kinds."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

from speechaudit.model import Span

Samples = npt.NDArray[np.float32]


def tone(frequency: float, seconds: float, rate: int = 8000, level: float = 0.3) -> Samples:
    return (level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def noise(seconds: float, rate: int = 8000, level: float = 0.1, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).normal(0, level, int(seconds * rate)).astype(np.float32)


def ringback(seconds: float, rate: int = 8000) -> Samples:
    """The ringing of Chinese networks: 450 Hz, one second on, four seconds off."""
    return tone(450, seconds, rate) * (np.arange(int(seconds * rate)) / rate % 5 < 1)


def tune(seconds: float, rate: int = 8000) -> Samples:
    """A plucked scale with chords: music without a voice."""
    time = np.arange(int(seconds * rate)) / rate
    pitch = 2 ** (np.floor(time * 2) % 7 / 12)
    chord = sum(np.sin(2 * np.pi * base * pitch * time) for base in (220, 330, 440))
    return (0.1 * chord * np.exp(-3 * (time * 2 % 1))).astype(np.float32)


def stereo(left: Samples, right: Samples) -> Samples:
    return np.stack([left, right], axis=1)


def save(path: Path, samples: Samples, rate: int = 8000, subtype: str | None = None) -> Path:
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def save_aac(path: Path, samples: Samples, rate: int = 16000, codec: str = "aac") -> Path:
    """Encode with FFmpeg into the container that the suffix names; `samples` has the shape (n,) or (n, channels)."""
    planes = np.ascontiguousarray(np.atleast_2d(samples.T), np.float32)
    layout = "mono" if len(planes) == 1 else "stereo"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = 64_000
        for start in range(0, planes.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(planes[:, start : start + 1024].copy(), format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def save_timed(
    path: Path, samples: Samples, codec: str, *, offset: float, gaps: Sequence[Span], rate: int = 48000
) -> Path:
    """Encode mono sound whose times begin at `offset`, without what lies in the gaps, as phones and browsers do."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 64_000
        stream.codec_context.open()
        size = stream.codec_context.frame_size or 960
        for start in range(0, len(samples) - size, size):
            if any(gap.start <= start / rate < gap.end for gap in gaps):
                continue
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + size].copy(), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start + round(offset * rate), Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def pitch(samples: Samples, rate: int = 16000) -> float:
    """The strongest frequency in Hz."""
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * rate / len(samples))
