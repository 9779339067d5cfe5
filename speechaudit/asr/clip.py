"""A stretch of a recording as a wav file, to be listened to: at its own rate, with all its channels."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from speechaudit.asr.audio import describe, opened
from speechaudit.errors import AudioError
from speechaudit.model import Span

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    Block = npt.NDArray[np.int16]
_SAMPLE_BYTES = 2
_TONE, _LOUD = 1000.0, 3000.0  # Hz, and the peak of 16-bit samples: about 20 dB below full scale


def wav_clip(path: Path, start: float, end: float, beeps: Sequence[Span] = ()) -> bytes:
    """The sound of `path` from `start` to `end` (seconds) as 16-bit wav, with a tone instead of what lies in `beeps`.

    Raises AudioError if there is none.
    """
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
                covered = _beeped(block, at, beeps, info.sample_rate)
                file.writeframes(covered[max(0, first - at) : last - at].tobytes())
            if not file.getnframes():
                raise AudioError(path, f"第 {start:.1f} 到 {end:.1f} 秒没有声音", "录音可能不完整,请重新导出")
    return buffer.getvalue()


def _beeped(block: Block, at: int, beeps: Sequence[Span], rate: int) -> Block:
    """The block with a tone in all channels wherever it lies in one of the spans; `at` is its first sample."""
    import numpy as np

    numbers = np.arange(at, at + len(block))
    covered = np.zeros(len(block), bool)
    for span in beeps:
        covered |= (numbers >= span.start * rate) & (numbers < span.end * rate)
    if not covered.any():
        return block
    tone = (_LOUD * np.sin(2 * np.pi * _TONE / rate * numbers)).astype(np.int16)
    return np.where(covered[:, None], tone[:, None], block)


def _blocks(container: InputContainer, stream: AudioStream, start: float) -> Iterator[tuple[int, Block]]:
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
