"""What the recorder lost of a channel: drop-outs, packets that repeat, stuck samples, and the end.

A line that saves silence writes zeros too, between words and behind the last one: there the voice has died away before.
Where a voice breaks off within a hundredth of a second, something was lost. Measured: docs/decisions/asr-losses.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speechaudit.asr.frames import Mask, runs
from speechaudit.asr.sound import RATE, Sound
from speechaudit.asr.windows import Samples, in_frames
from speechaudit.model import Span

STEP = 0.01
SHORTEST = 0.04  # seconds; shorter losses take no syllable away
LIFELESS = 3.0  # seconds of exact silence on a line that otherwise has noise
FAREWELL = 15.0  # seconds of exact silence at the end, on any line
END = 0.3
_FLAT = 3.5 / 32768  # samples that differ by less hold nothing
_VOICE = 20.0  # decibels below the voice's level: still a voice
_SAVED, _SAVING = (0.1, 3.0), 3  # seconds, and how many silences of that length show that a line saves them
_PERIODS = (0.01, 0.02, 0.03, 0.04, 0.06)  # seconds that a packet lasts
_COPY = 2e-3  # share of power by which a copy differs after a codec; a vowel differs by twenty times as much
_TONE = 0.98  # share of the power in two frequencies: a signal tone repeats itself by nature
_STEADY = 0.995  # likeness of the spectra of both halves of a tone; a vowel changes
_LISTEN = 8  # frames that are listened to for a tone
_PIECE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What is lost of a channel, ordered, and from when on nothing at all is there (the duration, if it ends alive).

    `broken` says that this end came in the middle of a voice, or on a line that is never so silent.
    """

    gaps: tuple[Span, ...]
    ends: float
    broken: bool


@dataclass(frozen=True, slots=True)
class _Trace:
    """For each hundredth of a second: whether nothing is there, the level in decibels, whether it repeats itself."""

    flat: Mask
    level: Samples
    copied: Mask


@dataclass(frozen=True, slots=True)
class _Silence:
    """A run of frames in which nothing is there, from `first` to before `last`, and what came right before it."""

    first: int
    last: int
    before: Literal["voice", "tone", "quiet"]

    @property
    def seconds(self) -> float:
        return (self.last - self.first) * STEP


def losses(sound: Sound, channel: int, voice: float) -> Losses:
    """Return the losses of a channel of an open sound; `voice` is the level of its voice in decibels."""
    trace = _trace(sound, channel)
    count = len(trace.flat)
    silences = [_silence(sound, channel, trace, voice, int(first), int(last)) for first, last in runs(trace.flat)]
    saves = _saves_silence(silences, count)
    lost = [(own.first, own.last) for own in silences if _is_lost(own, saves=saves)]
    last = silences[-1] if silences and silences[-1].last == count else None
    return Losses(
        gaps=_spans([*lost, *_copies(sound, channel, trace, voice)], sound.duration),
        ends=min(sound.duration, last.first * STEP) if last else sound.duration,
        broken=last is not None and last.seconds >= END and (_is_lost(last, saves=saves) or last.seconds >= FAREWELL),
    )


def _silence(sound: Sound, channel: int, trace: _Trace, voice: float, first: int, last: int) -> _Silence:
    loud = float(trace.level[max(0, first - 2) : first].max(initial=-100.0)) > voice - _VOICE
    if last - first < SHORTEST / STEP or not loud:
        return _Silence(first, last, "quiet")
    return _Silence(first, last, "tone" if _is_tone(sound, channel, first) else "voice")


def _is_lost(own: _Silence, *, saves: bool) -> bool:
    """Return whether a voice broke off there, or it is too silent too long for a line that has noise elsewhere."""
    if not own.first or own.before == "tone":
        return False
    return own.before == "voice" or (own.seconds >= LIFELESS and not saves)


def cut_off(found: Sequence[Losses], duration: float) -> float | None:
    """Return the time from which on nothing was recorded on either side, if that was no ordinary end; else None."""
    ends = max(each.ends for each in found)
    if duration - ends < END or not any(each.broken for each in found):
        return None
    return ends


def _saves_silence(silences: Sequence[_Silence], frames: int) -> bool:
    """Return whether the line writes zeros wherever nobody speaks: they come often, after the voice has died away."""
    least, most = _SAVED
    quiet = [own for own in silences if own.before == "quiet" and own.first and own.last < frames]
    return sum(least <= own.seconds <= most for own in quiet) >= _SAVING


def _trace(sound: Sound, channel: int) -> _Trace:
    parts = [_trace_of(piece) for piece in sound.pieces(channel, _PIECE)]
    return _Trace(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("flat", "level", "copied")))


def _trace_of(samples: Samples) -> _Trace:
    frames = in_frames(samples, int(STEP * RATE), "edge")
    flat = np.ptp(frames, axis=1) < _FLAT
    level = 20 * np.log10(np.maximum(frames.std(axis=1), 1e-5))
    return _Trace(flat, level.astype(np.float32), _copied(samples, flat))


def _copied(samples: Samples, flat: Mask) -> Mask:
    """The frames that repeat what came one packet before, for as long as three packets at least."""
    unit = int(STEP * RATE)
    copied, own = np.zeros_like(flat), _power(samples, unit)
    for period in (round(seconds * RATE) for seconds in _PERIODS):
        change = np.zeros_like(samples)
        change[period:] = samples[period:] - samples[:-period]
        change[:period] = samples[:period]
        for first, last in runs((_power(change, unit) < _COPY * own) & ~flat):
            if (last - first) * unit >= max(2 * period, SHORTEST * RATE):
                copied[max(0, first - period // unit) : last] = True
    return copied


def _power(samples: Samples, unit: int) -> Samples:
    found: Samples = np.square(in_frames(samples, unit)).sum(axis=1)
    return found


def _copies(sound: Sound, channel: int, trace: _Trace, voice: float) -> Iterator[tuple[int, int]]:
    """Runs of packets that repeat within a voice; signal tones do so too and are none."""
    for first, last in runs(trace.copied):
        if trace.level[first:last].max() < voice - _VOICE:
            continue
        if not _is_tone(sound, channel, min(last, first + _LISTEN)):
            yield int(first), int(last)


def _is_tone(sound: Sound, channel: int, frame: int) -> bool:
    """Return whether what sounds just before a frame is a signal of the exchange: one or two frequencies that stay."""
    samples = sound.read(channel, (frame - _LISTEN) * STEP, (frame - 0.5) * STEP)
    power = _power_spectrum(samples, len(samples))
    if float(np.sort(_lobes(power))[-2:].sum()) < _TONE * float(power.sum()):
        return False
    one, two = (np.sqrt(_power_spectrum(half, len(samples))) for half in np.array_split(samples, 2))
    return float(one @ two) >= _STEADY * float(np.linalg.norm(one) * np.linalg.norm(two))


def _power_spectrum(samples: Samples, size: int) -> Samples:
    found: Samples = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size)) ** 2
    return found


def _lobes(power: Samples) -> Samples:
    """The power of each peak of a spectrum with what a window spreads around it, 0 elsewhere."""
    wide = np.convolve(power, np.ones(5), "same")
    peak = (power >= np.roll(power, 1)) & (power > np.roll(power, -1))
    return np.where(peak, wide, 0.0)


def _spans(found: Iterable[tuple[int, int]], duration: float) -> tuple[Span, ...]:
    spans = (Span(start=float(first) * STEP, end=min(duration, float(last) * STEP)) for first, last in sorted(found))
    return tuple(span for span in spans if span.start < duration)
