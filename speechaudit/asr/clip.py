"""A stretch of a recording as a wav file, to be listened to: at its own rate, with all its channels."""

from __future__ import annotations

import wave
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from speechaudit.asr.audio import describe, opened
from speechaudit.errors import AudioError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_SAMPLE_BYTES = 2


def wav_clip(path: Path, start: float, end: float) -> bytes:
    """The sound of `path` from `start` to `end` (seconds) as 16-bit wav. Raises AudioError if there is none."""
    with opened(path) as (container, stream):
        info = describe(path, container, stream)
        first, last = round(start * info.sample_rate), round(end * info.sample_rate)
        buffer = BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(info.channels)
            file.setsampwidth(_SAMPLE_BYTES)
            file.setframerate(info.sample_rate)
            for at, block in _blocks(container, stream, start):
                if at >= last:
                    break
                file.writeframes(block[max(0, first - at) : last - at].tobytes())
            if not file.getnframes():
                raise AudioError(path, f"第 {start:.1f} 到 {end:.1f} 秒没有声音", "录音可能不完整,请重新导出")
    return buffer.getvalue()


def _blocks(
    container: InputContainer, stream: AudioStream, start: float
) -> Iterator[tuple[int, npt.NDArray[np.int16]]]:
    """(first sample, samples of shape (n, channels)) from shortly before `start` on."""
    import av

    rate = stream.codec_context.sample_rate
    resampler = av.AudioResampler(format="s16", layout=stream.codec_context.layout, rate=rate)
    if start > 1:
        container.seek(int((start - 1) * av.time_base))
    at: int | None = None
    for frame in container.decode(stream):
        at = round((frame.time or 0.0) * rate) if at is None else at
        for piece in resampler.resample(frame):
            block = piece.to_ndarray().reshape(-1, len(piece.layout.channels))
            yield at, block
            at += len(block)
