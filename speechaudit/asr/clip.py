"""A stretch of a recording as a wav file, to be listened to: 16 kHz, all channels, on the recording's clock."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from speechaudit.asr.audio import describe, opened
from speechaudit.asr.clock import RATE, Block, Blocks
from speechaudit.errors import AudioError
from speechaudit.model import Span

_SAMPLE_BYTES = 2
_TONE, _LOUD = 1000.0, 3000.0  # Hz, and the peak of 16-bit samples: about 20 dB below full scale


def write_clip(
    path: Path, target: IO[bytes], start: float, end: float, beeps: Sequence[Span] = (), *, jump: bool = False
) -> None:
    """Write the sound from `start` to `end` (seconds) as 16-bit wav, with a tone instead of what lies in `beeps`.

    Whatever comes before is decoded too, because only then it is sure where `start` lies; with `jump` it is skipped,
    which is right for a listening copy, whose own times are the clock. Memory does not grow with the length. Raises
    AudioError if there is no sound.
    """
    with opened(path) as (container, stream), wave.open(target, "wb") as file:
        info = describe(path, container, stream)
        file.setnchannels(info.channels)
        file.setsampwidth(_SAMPLE_BYTES)
        file.setframerate(RATE)
        first, last = round(start * RATE), round(end * RATE)
        for at, block in _numbered(Blocks(container, stream, start if jump else 0.0)):
            if at >= last:
                break
            part = covered(block, at, beeps)[:, max(0, first - at) : last - at]
            file.writeframes(np.resize(part, (info.channels, part.shape[1])).T.tobytes())
        if not file.getnframes():
            raise AudioError(path, f"第 {start:.1f} 到 {end:.1f} 秒没有声音", "录音可能不完整,请重新导出")


def covered(block: Block, at: int, beeps: Sequence[Span]) -> Block:
    """Return the block, shape (channels, n), with a tone where it lies in a span; `at` is its first sample."""
    length = block.shape[1]
    inside = [span for span in beeps if span.end * RATE > at and span.start * RATE < at + length]
    if not inside:
        return block
    numbers = np.arange(at, at + length)
    hidden = np.zeros(length, bool)
    for span in inside:
        hidden |= (numbers >= span.start * RATE) & (numbers < span.end * RATE)
    tone = (_LOUD * np.sin(2 * np.pi * _TONE / RATE * numbers)).astype(np.int16)
    return np.where(hidden, tone, block)


def _numbered(blocks: Blocks) -> Iterator[tuple[int, Block]]:
    """(first sample, block), where samples are counted on the recording's clock."""
    at: int | None = None
    for block in blocks:
        at = round(blocks.begins * RATE) if at is None else at
        yield at, block
        at += block.shape[1]
