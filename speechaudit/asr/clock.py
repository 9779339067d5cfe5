"""One clock for all who hear a recording: its samples are counted from the first one, and what is missing is silence.

Files of browsers and phones begin at any time (webm, m4a) and leave out what was not sent. Whoever decodes through here
(the recogniser, the listening copy, clips) means the same moment by the same second. Only containers that carry times
of their own are asked for them; elsewhere times are guessed from bytes, and counting is surer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer

RATE = 16_000
Block = npt.NDArray[np.int16]
_TIMED = {"ogg", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "asf"}
_SLACK = 0.04  # seconds: times are rounded, and a lost packet of 20 ms is heard as such only with the next
_RESTART = -1.0
_MOST_SILENCE = 600.0  # beyond what is there: a damaged time must not become hours of silence
_MOST_BAD_PACKETS = 1000


class Blocks:
    """The sound of a stream from `start` (seconds) on, as int16 blocks of shape (channels, n) at 16 kHz.

    `begins` is the time of the first sample once there is one: 0, or with `start` a little before it; that is for files
    whose own times are the clock, as those of listening copies. `bad_packets` counts what could not be decoded; too
    many of them end the stream. `broken_off` says that the last was one of them: half a packet is what a cut leaves.
    """

    def __init__(self, container: InputContainer, stream: AudioStream, start: float = 0.0) -> None:
        self.begins = 0.0
        self.bad_packets = 0
        self.broken_off = False
        self._container, self._stream = container, stream
        self._sought = start > 1
        if self._sought:
            container.seek(int((start - 1) * 1_000_000))

    def __iter__(self) -> Iterator[Block]:
        return _resampled(self._steady())

    def _steady(self) -> Iterator[AudioFrame]:
        """Frames without times, one directly after the other, with silence where something is missing."""
        clock = _Clock(timed=self._container.format.name in _TIMED)
        for frame in self._frames():
            if clock.counted == 0 and self._sought:
                self.begins = max(0.0, frame.time or 0.0)
            yield from _silence(frame, clock.missing(frame))
            clock.count(frame)
            frame.pts = None  # times that jump would make the resampler invent or drop sound
            yield frame

    def _frames(self) -> Iterator[AudioFrame]:
        from av.error import FFmpegError

        packets = self._container.demux(self._stream)
        while self.bad_packets < _MOST_BAD_PACKETS:
            try:
                packet = next(packets)
                yield from packet.decode()
            except StopIteration:
                return
            except FFmpegError:
                self.bad_packets += 1
                self.broken_off = True
            else:
                self.broken_off &= not packet.size  # the empty one behind the last only asks for what is left


class _Clock:
    """Compares the times of frames with what was counted, in seconds."""

    def __init__(self, *, timed: bool) -> None:
        self.counted = 0.0
        self._timed = timed
        self._filled = 0.0
        self._origin: float | None = None

    def missing(self, frame: AudioFrame) -> float:
        """Return the seconds of silence before this frame; a time that cannot be true moves the origin instead."""
        if not self._timed or frame.time is None:
            return 0.0
        if self._origin is None:
            self._origin = frame.time - self.counted
        gap = frame.time - self._origin - self.counted
        if gap < _RESTART or self._filled + gap > self.counted + _MOST_SILENCE:
            self._origin = frame.time - self.counted
            return 0.0
        if gap < _SLACK:
            return 0.0
        self._filled += gap
        self.counted += gap
        return gap

    def count(self, frame: AudioFrame) -> None:
        """Note that this frame was given on."""
        self.counted += frame.samples / frame.sample_rate


def _silence(like: AudioFrame, seconds: float) -> Iterator[AudioFrame]:
    """Silent frames of at most a second, of the same format as this one."""
    import av

    left = round(seconds * like.sample_rate)
    while left > 0:
        frame = av.AudioFrame(format=like.format.name, layout=like.layout.name, samples=min(left, like.sample_rate))
        frame.sample_rate = like.sample_rate
        zero = b"\x80" if like.format.name.startswith("u8") else b"\0"
        for plane in frame.planes:
            plane.update(zero * plane.buffer_size)
        left -= frame.samples
        yield frame


def _resampled(frames: Iterator[AudioFrame]) -> Iterator[Block]:
    import av

    resampler: AudioResampler | None = None
    shape: tuple[str, str, int] | None = None
    for frame in frames:
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or now != shape:
            yield from _drained(resampler)
            resampler, shape = av.AudioResampler(format="s16p", rate=RATE), now
        yield from (_array(block) for block in resampler.resample(frame))
    yield from _drained(resampler)


def _drained(resampler: AudioResampler | None) -> Iterator[Block]:
    if resampler:
        yield from (_array(block) for block in resampler.resample(None) if block)


def _array(block: AudioFrame) -> Block:
    return block.to_ndarray().astype(np.int16, copy=False)
