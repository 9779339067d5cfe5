"""How a channel sounds from moment to moment, and so how each segment sounded: loud, noisy, clipped.

Loudness follows ITU-R BS.1770-4 as FFmpeg's filter `ebur128` measures it: K-weighted, in windows of 400 ms, ten a
second. Everything is read in pieces; what stays in memory is 0.8 MB for an hour of a channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from speechaudit.asr.condition import Track
from speechaudit.asr.frames import frames_of, mask_of
from speechaudit.asr.sound import FRAME, RATE, Decibels, Sound
from speechaudit.asr.windows import Samples, in_frames
from speechaudit.model import Acoustics, Segment, Span, Transcript

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.filter import Graph

STEP = 0.1  # seconds between two values of the loudness
WINDOW = 0.4  # seconds that each of them looks back
QUIETEST = -70.0  # LUFS: the absolute gate of BS.1770, and the least that is told
RELATIVE_GATE = -10.0
CEILING = 0.97  # of the channel's peak: codecs and resampling smear a clipped top
LEAST_CEILING = 0.25  # of full scale: the few steps of a faint recording are no clipping
AROUND = 2.0  # seconds before and after a segment in which its background is looked for
_TAIL = 0.3  # seconds around speech that may still be speech
_FEWEST_PAUSES = 10  # frames; with fewer the quietest frames of the speech itself are taken
_QUIET_SHARE = 10  # percent of the time of speech: noise lies under all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLevels:
    """One channel over time: `loudness` in LUFS every `STEP`; the others for every `FRAME` seconds.

    `level` is power in decibels below full scale, `clipped` the share of samples at the ceiling, `pause` where nobody
    speaks.
    """

    loudness: Decibels
    level: Decibels
    clipped: Samples
    pause: npt.NDArray[np.bool_]


def channel_levels(sound: Sound, track: Track, speech: Iterable[Span]) -> ChannelLevels:
    """Return the levels of one track of an open sound over time; `speech` is where somebody speaks in it."""
    taken = (Span(start=span.start - _TAIL, end=span.end + _TAIL) for span in speech)
    return ChannelLevels(
        loudness=momentary(sound.pieces(track.source)),
        level=track.loudness,
        clipped=_clipped(sound, track),
        pause=~mask_of([*taken, *track.music], len(track.loudness)),
    )


def with_acoustics(transcript: Transcript, levels: Sequence[ChannelLevels]) -> Transcript:
    """Return the transcript with how each segment sounded; unchanged without levels (a saved transcript)."""
    if not levels:
        return transcript
    segments = (replace(s, acoustics=acoustics(levels[s.channel], s)) for s in transcript.segments)
    return replace(transcript, segments=tuple(segments))


def acoustics(levels: ChannelLevels, segment: Segment) -> Acoustics:
    """Return the loudness, level, noise and clipping of one segment."""
    here = frames_of(segment, len(levels.level))
    return Acoustics(
        loudness=_rounded(loudness(levels, segment)),
        level=_rounded(_mean_power(levels.level[here])),
        noise=_rounded(_noise(levels, segment)),
        clipped=round(float(levels.clipped[here].mean()), 4),
    )


def loudness(levels: ChannelLevels, span: Span) -> float:
    """Return the integrated loudness of a span in LUFS with both gates of BS.1770; never under `QUIETEST`.

    Of a span shorter than one window, it is the window in whose middle it lies.
    """
    first, last = round((span.start + WINDOW) / STEP) - 1, round(span.end / STEP)
    if last <= first:
        first = round(((span.start + span.end + WINDOW) / 2) / STEP) - 1
    first = min(max(0, first), max(0, len(levels.loudness) - 1))
    blocks = levels.loudness[first : max(first + 1, last)]
    audible = blocks[blocks > QUIETEST]
    if not audible.size:
        return QUIETEST
    return _mean_power(audible[audible > _mean_power(audible) + RELATIVE_GATE])


def momentary(pieces: Iterable[Samples]) -> Decibels:
    """Return momentary loudness in LUFS for every `STEP` of sound at 16 kHz, shape (steps,); the last ends silent."""
    graph = _meter()
    values = [value for block in _blocks(pieces) for value in _through(graph, block)]
    return np.array(values, np.float32)


def _blocks(pieces: Iterable[Samples]) -> Iterator[AudioFrame]:
    import av

    at, unit = 0, int(RATE * STEP)
    for piece in pieces:
        whole = in_frames(piece, unit).ravel()
        frame = av.AudioFrame.from_ndarray(whole[np.newaxis], format="flt", layout="mono")
        frame.sample_rate, frame.pts = RATE, at
        at += len(whole)
        yield frame


def _meter() -> Graph:
    from av.filter import Graph

    graph = Graph()
    sound = graph.add("abuffer", f"sample_rate={RATE}:sample_fmt=flt:channel_layout=mono:time_base=1/{RATE}")
    meter, end = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    sound.link_to(meter)
    meter.link_to(end)
    graph.configure()
    return graph


def _through(graph: Graph, block: AudioFrame) -> Iterator[float]:
    from av.error import BlockingIOError as Hungry

    graph.push(block)
    while True:
        try:
            yield float(graph.pull().metadata["lavfi.r128.M"])
        except Hungry:
            return


def _clipped(sound: Sound, track: Track) -> Samples:
    """For every frame the share of samples at the channel's ceiling."""
    peak = max((float(np.abs(piece).max(initial=0.0)) for piece in sound.pieces(track.source)), default=0.0)
    ceiling = max(LEAST_CEILING, CEILING * peak)
    high = (in_frames(np.abs(piece) >= ceiling, int(RATE * FRAME)) for piece in sound.pieces(track.source))
    shares = [each.mean(axis=1, dtype=np.float32) for each in high]
    return np.concatenate(shares) if shares else np.empty(0, np.float32)


def _noise(levels: ChannelLevels, span: Span) -> float:
    """The level of what lies under a span: that of the pauses beside it, but no more than its quietest moments."""
    near = frames_of(Span(start=span.start - AROUND, end=span.end + AROUND), len(levels.level))
    level, pause = levels.level[near], levels.pause[near]
    under = float(np.percentile(levels.level[frames_of(span, len(levels.level))], _QUIET_SHARE))
    return min(under, float(np.median(level[pause]))) if pause.sum() >= _FEWEST_PAUSES else under


def _mean_power(decibels: Decibels) -> float:
    return float(10 * np.log10(np.mean(10 ** (decibels.astype(np.float64) / 10))))


def _rounded(decibels: float) -> float:
    return round(float(decibels), 1)
