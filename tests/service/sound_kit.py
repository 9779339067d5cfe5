"""Sound that can be told by its pitch, copies of it as a worker makes them, and what is heard in an answer."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
import soundfile

from service.jobs.work import Work
from tests.service.api_kit import Api


def sound() -> bytes:
    """Ten seconds of 400 Hz on the left and 600 Hz on the right."""
    time = np.arange(10 * 8000) / 8000
    buffer = io.BytesIO()
    both = 0.3 * np.sin(2 * np.pi * time[:, None] * np.array([400, 600]))
    soundfile.write(buffer, both, 8000, format="WAV", subtype="ALAW")
    return buffer.getvalue()


def work_of(api: Api) -> Work:
    def nobody(*_: Any) -> Any:
        raise AssertionError("nothing is heard here")

    return Work(api.db, api.services.audio, nobody, nobody, "w")


def played(content: bytes) -> Any:
    """The left side at 48 kHz."""
    with av.open(io.BytesIO(content)) as container:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48000)
        frames = [piece for frame in container.decode(audio=0) for piece in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def strongest(samples: Any) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * 48000 / len(samples))
