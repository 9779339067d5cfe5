"""The listening copy of a recording: what every browser plays, on the recording's clock, and its outline.

Opus in WebM: why stands in `docs/decisions/service-listening-copy.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt

from speechaudit.asr.clip import covered
from speechaudit.asr.clock import RATE, Block
from speechaudit.asr.sound import Sound, decode
from speechaudit.asr.windows import in_frames
from speechaudit.model import Span

MEDIA_TYPE = "audio/webm"
_PACKET = 0.06  # seconds
_BITS = 24_000  # per second and channel: speech at 16 kHz without audible loss
_OPTIONS = {"cues_to_front": "1", "cluster_time_limit": "5000", "fflags": "+bitexact"}
_CODEC = {"application": "voip", "frame_duration": "60", "compression_level": "3"}
_FINE, _COARSE, _SHORT = 50, 10, 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """The outline of each channel: its greatest amplitude (0 to 255, where 255 is `scale`) `per_second` times a second.

    `duration` is in seconds; `scale` is 0 to 1, where 1 is full scale.
    """

    duration: float
    per_second: int
    scale: float
    channels: tuple[bytes, ...]


def make_copies(path: Path, plain: Path, masked: Path, beeps: Sequence[Span]) -> Peaks:
    """Write the listening copy of `path` to `plain`, and where there are `beeps` its form with tones to `masked`.

    Memory does not grow with the length. Raises AudioError if nothing can be decoded or the disk is full.
    """
    with decode(path) as sound:
        _encode(sound, plain, ())
        if beeps:
            _encode(sound, masked, beeps)
        return _peaks(sound)


def _encode(sound: Sound, target: Path, beeps: Sequence[Span]) -> None:
    import av

    layout = "mono" if sound.channels == 1 else "stereo"
    with av.open(str(target), "w", format="webm", options=_OPTIONS) as container:
        stream = container.add_stream("libopus", rate=RATE, layout=layout, options=_CODEC)
        stream.bit_rate = _BITS * sound.channels
        step = round(_PACKET * RATE)
        at = 0
        for block in sound.blocks():
            tones = covered(block, at, beeps)
            for first in range(0, tones.shape[1], step):
                samples = np.ascontiguousarray(tones[:, first : first + step].T).reshape(1, -1)
                frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=layout)
                frame.sample_rate, frame.pts, frame.time_base = RATE, at + first, Fraction(1, RATE)
                container.mux(stream.encode(frame))
            at += block.shape[1]
        container.mux(stream.encode(None))


def _peaks(sound: Sound) -> Peaks:
    per_second = _FINE if sound.duration <= _SHORT else _COARSE
    step = RATE // per_second
    greatest = [_greatest(block, step) for block in sound.blocks()]
    outline = np.concatenate(greatest, axis=1)
    scale = max(1, int(outline.max()))
    rows = np.round(outline / scale * 255).astype(np.uint8)
    return Peaks(
        duration=sound.duration,
        per_second=per_second,
        scale=scale / 32768,
        channels=tuple(row.tobytes() for row in rows),
    )


def _greatest(block: Block, step: int) -> npt.NDArray[np.int32]:
    """The greatest amplitude of each `step` samples; the last ones may be fewer."""
    outline: npt.NDArray[np.int32] = in_frames(np.abs(block.astype(np.int32)), step).max(axis=2)
    return outline
