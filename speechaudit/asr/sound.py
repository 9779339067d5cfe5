"""Sound on disk: every channel decoded to 16 kHz in a temporary file, so that memory does not grow with length.

Two hours of stereo would be 920 MB as float32 in memory; as int16 on disk they are 460 MB, and a minute in memory.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any, Final, Self

import numpy as np
import numpy.typing as npt

from speechaudit.asr import clock
from speechaudit.asr.apart import apart
from speechaudit.asr.audio import CONVERT, AudioInfo, describe, opened
from speechaudit.asr.clock import Block, Blocks
from speechaudit.asr.windows import Samples, in_frames
from speechaudit.errors import AudioError

RATE = clock.RATE
LONGEST = 24 * 3600.0
FRAME = 0.05
_SAMPLES_PER_FRAME = int(RATE * FRAME)
_SAMPLE_BYTES: Final = 2
_PIECE = 60.0
_QUIETEST = -100.0
_FULL_SCALE = 32768.0

Decibels = npt.NDArray[np.float32]


class Sound:
    """The decoded channels of one recording, on disk until the `with` block ends.

    `duration` is in seconds and the same for all channels.
    """

    def __init__(self, path: Path, info: AudioInfo, folder: Path, *, bad_packets: int = 0) -> None:
        """Take the samples that `_decoded` left in `folder`, which may be deleted afterwards."""
        self.path = path
        self.info = info
        self.bad_packets = bad_packets
        self._stack = ExitStack()
        self._files: list[IO[bytes]] = [
            self._stack.enter_context(_samples(folder, channel).open("rb")) for channel in range(info.channels)
        ]
        self.frames = min(os.fstat(file.fileno()).st_size for file in self._files) // _SAMPLE_BYTES

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Delete the samples from disk."""
        self._stack.close()

    @property
    def duration(self) -> float:
        """Seconds of sound in each channel."""
        return self.frames / RATE

    @property
    def channels(self) -> int:
        """Number of decoded channels."""
        return len(self._files)

    def read(self, channel: int, start: float = 0.0, end: float = LONGEST) -> Samples:
        """Return the samples of one channel between two times in seconds, shape (n,), float32 from -1 to 1."""
        first, last = (min(self.frames, max(0, round(t * RATE))) for t in (start, end))
        return self._raw(channel, first, last).astype(np.float32) / _FULL_SCALE

    def pieces(self, channel: int, seconds: float = _PIECE) -> Iterator[Samples]:
        """Yield the samples of a channel from beginning to end in pieces of so many seconds, each of shape (n,)."""
        start = 0.0
        while start < self.duration:
            yield self.read(channel, start, start + seconds)
            start += seconds

    def blocks(self) -> Iterator[Block]:
        """Yield all channels as they lie on the disk, a minute at a time, shape (channels, n)."""
        step = int(_PIECE * RATE)
        for first in range(0, self.frames, step):
            rows = [self._raw(channel, first, min(self.frames, first + step)) for channel in range(self.channels)]
            yield np.stack(rows)

    def _raw(self, channel: int, first: int, last: int) -> npt.NDArray[np.int16]:
        file = self._files[channel]
        file.seek(_SAMPLE_BYTES * first)
        return np.frombuffer(file.read(_SAMPLE_BYTES * (last - first)), np.int16)

    def loudness(self, channel: int) -> Decibels:
        """Return the power in decibels below full scale for every `FRAME` seconds, shape (frames,)."""
        levels = [_decibels(piece) for piece in self.pieces(channel)]
        return np.concatenate(levels) if levels else np.empty(0, np.float32)


def decode(path: Path, progress: Callable[[float], None] = lambda _: None) -> Sound:
    """Decode `path` into a `Sound`; the caller closes it. `progress` gets the fraction done where it can be known.

    The file is read by a process of its own. Raises `AudioError` if nothing can be decoded or the disk is full.
    """
    with tempfile.TemporaryDirectory(prefix="speechaudit-") as folder:
        found = apart(_decoded, path, Path(folder), progress=progress)
        info = AudioInfo(**found["info"])
        return Sound(path, info, Path(folder), bad_packets=int(found["bad_packets"]))


def _samples(folder: Path, channel: int) -> Path:
    return folder / f"{channel}.pcm"


def _decoded(path: Path, folder: Path, *, progress: Callable[[float], None]) -> dict[str, Any]:
    """In the process: write the samples of each channel into the folder, and give what the header says."""
    with opened(path) as (container, stream), ExitStack() as stack:
        info, blocks = describe(path, container, stream), Blocks(container, stream)
        try:
            files = [stack.enter_context(_samples(folder, channel).open("wb")) for channel in range(info.channels)]
            frames = _write(path, info, blocks, files, progress)
        except OSError as error:
            cure = "请检查临时文件夹(TMPDIR)的磁盘空间"
            raise AudioError(path, f"无法写入临时文件({error.strerror})", cure) from error
    if not frames:
        raise AudioError(path, f"解不出声音(编码 {info.codec}),文件可能没有内容、已损坏或已加密", CONVERT)
    # Behind MP3 many programs write things of their own, which look like half a packet.
    broken_off = blocks.broken_off and info.container != "mp3"
    return {
        "info": asdict(replace(info, complete=info.complete and not broken_off)),
        "bad_packets": blocks.bad_packets,
    }


def _write(
    path: Path, info: AudioInfo, blocks: Blocks, files: Sequence[IO[bytes]], progress: Callable[[float], None]
) -> int:
    """Write all blocks, and give the number of samples of each channel."""
    frames = 0
    for block in blocks:
        # A stream may change its layout half way: a repeated row or a dropped one keeps the number of channels.
        for file, row in zip(files, np.resize(block, (len(files), block.shape[1])), strict=True):
            file.write(row.tobytes())
        frames += block.shape[1]
        if frames > LONGEST * RATE:
            told = f"录音超过 {LONGEST / 3600:.0f} 小时"
            raise AudioError(path, told, "请先切成较短的文件", code="audio-too-long")
        if info.duration:
            progress(min(1.0, frames / RATE / info.duration))
    return frames


def _decibels(piece: Samples) -> Decibels:
    """Power of each frame without its constant part (cheap recorders add one)."""
    spread = in_frames(piece, _SAMPLES_PER_FRAME).std(axis=1)
    levels: Decibels = np.maximum(20 * np.log10(np.maximum(spread, 1e-10)), _QUIETEST).astype(np.float32)
    return levels
