"""Where music is played: hold music is no noise under speech, and nothing that is written down there was said.

Notes stay at their pitch, a voice glides. In spectra of 128 ms every peak is looked at, and the share of the power
counts that lies in peaks which stay for a quarter of a second. What never changes is hum. Measured:
docs/decisions/asr-music.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speechaudit.asr.frames import Mask, spans_of
from speechaudit.asr.sound import RATE, Sound
from speechaudit.asr.windows import Samples, spectra, windows
from speechaudit.model import Span

WINDOW, HOP = 2048, 512  # samples
STAYS = 8  # hops
SECONDS = 5  # that are looked at together
USUAL, LEAST = 0.75, 0.3  # steadiness of the middle and of the least steady of these seconds
SAME = 0.9  # likeness of the spectra of two seconds that hold the same notes
AUDIBLE = -60.0  # decibels below full scale
_BAND = slice(26, 450)  # of a spectrum: 200 to 3500 Hz
_PIECE = 60.0
_EDGE = 1.0  # seconds at either end in which somebody may already speak
_TWICE = 2.0  # times the power around it that makes a peak


@dataclass(frozen=True, slots=True)
class _Seconds:
    """For each second how steady its peaks are, its level in decibels, and its spectrum: shape (seconds, bands)."""

    steady: Samples
    level: Samples
    spectrum: Samples


def music(sound: Sound, channel: int) -> tuple[Span, ...]:
    """Return where music is played in one channel of an open sound, ordered; a minute is in memory."""
    parts = [_seconds(piece) for piece in sound.pieces(channel, _PIECE)]
    if not parts:
        return ()
    whole = _Seconds(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("steady", "level", "spectrum")))
    played = spans_of(_played(whole), frame=1.0)
    return tuple(Span(start=span.start, end=min(sound.duration, span.end)) for span in played)


def inside(span: Span) -> Span:
    """Return the part of music in which surely nobody speaks."""
    edge = min(_EDGE, span.duration / 2)
    return Span(start=span.start + edge, end=span.end - edge)


def _played(seconds: _Seconds) -> Mask:
    """The seconds that lie in a stretch of `SECONDS` which is steady, audible, and changes its notes."""
    count = len(seconds.steady)
    found = np.zeros(count, np.bool_)
    if count < SECONDS:
        return found
    notes = seconds.steady >= LEAST
    alike = np.where(notes[1:] & notes[:-1], (seconds.spectrum[1:] * seconds.spectrum[:-1]).sum(axis=1), 1.0)
    steady, level = (_stretches(values, SECONDS) for values in (seconds.steady, seconds.level))
    changes = _stretches(alike, SECONDS - 1).min(axis=1) < SAME
    is_music = (np.median(steady, axis=1) >= USUAL) & (steady.min(axis=1) >= LEAST) & changes
    for first in np.flatnonzero(is_music & (np.median(level, axis=1) > AUDIBLE)):
        found[first : first + SECONDS] = True
    return found


def _stretches(values: Samples, size: int) -> Samples:
    return np.lib.stride_tricks.sliding_window_view(values, size)


def _seconds(samples: Samples) -> _Seconds:
    """Return what is told of each whole second of a piece, and of a rest of half a second or more."""
    power = _power(samples)
    peaks = _steady_peaks(power)
    per_second = RATE // HOP
    starts = range(0, max(1, len(power) - per_second // 2), per_second)
    whole, steady, shapes = [], [], []
    for first in starts:
        own = power[first : first + per_second]
        whole.append(own.sum() + 1e-9)
        steady.append(3 * np.where(peaks[first : first + per_second], own, 0.0).sum() / whole[-1])
        shape = np.sqrt(own.sum(axis=0))
        shapes.append(shape / (np.linalg.norm(shape) + 1e-9))
    level = 10 * np.log10(np.array(whole, np.float32) / (per_second * WINDOW * WINDOW / 8) + 1e-12)
    return _Seconds(np.array(steady, np.float32), level, np.array(shapes, np.float32))


def _power(samples: Samples) -> Samples:
    """Power of each window, shape (windows, bands)."""
    found: Samples = np.abs(spectra(windows(samples, WINDOW, HOP))[:, _BAND]) ** 2
    return found


def _steady_peaks(power: Samples) -> npt.NDArray[np.bool_]:
    """The peaks that stay, give or take one band of 8 Hz."""
    from scipy.ndimage import binary_dilation, binary_opening, uniform_filter1d

    around = uniform_filter1d(power, 17, axis=1)
    peaks = (power >= np.roll(power, 1, 1)) & (power > np.roll(power, -1, 1)) & (power > _TWICE * around)
    lasting = binary_opening(binary_dilation(peaks, np.ones((1, 3))), np.ones((STAYS, 1)))
    found: npt.NDArray[np.bool_] = lasting & peaks
    return found
