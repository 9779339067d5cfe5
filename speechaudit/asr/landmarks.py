"""Acoustic fingerprints: pairs of peaks in the spectrum, and where two sounds hold the same ones at one offset.

After A. Wang, An Industrial-Strength Audio Search Algorithm (ISMIR 2003). What is played from a file returns to the
sample but for codec, noise and gain; what people say never does. A minute of sound is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from speechaudit.asr.sound import RATE
from speechaudit.asr.windows import Samples, spectra, windows
from speechaudit.model import Span

SIZE, HOP = 1024, 256  # samples of a spectrum (64 ms), and between two (16 ms)
BINS = slice(20, 218)  # 310 to 3400 Hz: what a telephone line lets through
NEIGHBOURHOOD = (9, 7)  # frames and bins in which a peak is the highest
RANGE = 40.0  # decibels below the loudest of a piece in which peaks count
QUIETEST = -100.0  # decibels of a bin: of a channel without any sound all are alike, and each would be a peak
FAN_OUT = 6  # pairs that a peak makes
NEAREST, FURTHEST = 3, 63  # frames between the two peaks of a pair
FEWEST = 12  # pairs at one offset that cannot be chance
DENSITY = 4.0  # of them in a second, at least
LOOSE = 1  # frames by which two offsets differ that are one
LONGEST_GAP = 0.8  # seconds without a common pair within one stretch
SHORTEST = 1.0
FRAME = HOP / RATE
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Landmarks:
    """Pairs of peaks of one sound: `keys` name a pair by its two pitches and their distance, `frames` tell when."""

    keys: Integers
    frames: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedStretch(Span):
    """A stretch that another sound holds as well; `lag` is how many seconds later it lies here than there."""

    lag: float


def landmarks(pieces: Iterable[Samples], since: float = 0.0) -> Landmarks:
    """Return the landmarks of a channel from `since` seconds on, ordered by key.

    `pieces` are its samples at 16 kHz one after the other, each of shape (n,).
    """
    keys, frames, first = [np.empty(0, np.int64)], [np.empty(0, np.int64)], round(since / FRAME)
    for piece in pieces:
        own, at = _pairs(*_peaks(piece))
        keys.append(own)
        frames.append(at + first)
        first += len(piece) // HOP
    joined, when = np.concatenate(keys), np.concatenate(frames)
    order = np.argsort(joined, kind="stable")
    return Landmarks(keys=joined[order], frames=when[order])


def _peaks(piece: Samples) -> tuple[Integers, Integers]:
    """Frames and bins of the peaks, in order of time."""
    from scipy.ndimage import maximum_filter

    if len(piece) < SIZE:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    level = 20 * np.log10(np.abs(spectra(windows(piece, SIZE, HOP))[:, BINS]) + np.float32(1e-9))
    high = (level == maximum_filter(level, NEIGHBOURHOOD)) & (level > max(QUIETEST, level.max() - RANGE))
    frames, bins = np.nonzero(high)
    return frames.astype(np.int64), bins.astype(np.int64)


def _pairs(frames: Integers, bins: Integers) -> tuple[Integers, Integers]:
    keys, when = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    first = np.searchsorted(frames, frames + NEAREST)
    for step in range(FAN_OUT):
        mate = first + step
        known = mate < len(frames)
        one, two = np.flatnonzero(known), mate[known]
        apart = frames[two] - frames[one]
        near = apart <= FURTHEST
        keys.append((bins[one][near] << 14) | (bins[two][near] << 6) | apart[near])
        when.append(frames[one][near])
    return np.concatenate(keys), np.concatenate(when)


def shared_stretches(here: Landmarks, there: Landmarks) -> Iterator[SharedStretch]:
    """Yield the stretches of `here` that `there` holds too, each with its lag."""
    own, other = _meetings(here, there)
    if not len(own):
        return
    lags = here.frames[own] - there.frames[other]
    order = np.lexsort((here.frames[own], lags))
    lags, frames = lags[order], here.frames[own][order]
    for lag in _frequent(lags):
        near = np.abs(lags - lag) <= LOOSE
        yield from _stretches(np.sort(frames[near]), lag)


def _meetings(here: Landmarks, there: Landmarks) -> tuple[Integers, Integers]:
    """Each pair of places, one in each sound, with the same key."""
    first = np.searchsorted(there.keys, here.keys, "left")
    last = np.searchsorted(there.keys, here.keys, "right")
    count = last - first
    own = np.repeat(np.arange(len(here.keys)), count)
    within = np.arange(len(own)) - np.repeat(np.cumsum(count) - count, count)
    return own.astype(np.int64), (np.repeat(first, count) + within).astype(np.int64)


def _frequent(lags: Integers) -> Iterator[int]:
    """Lags that many pairs share, the most frequent first; those beside it belong to it."""
    values, counts = np.unique(lags, return_counts=True)
    taken: set[int] = set()
    for at in np.argsort(-counts, kind="stable"):
        if counts[at] * (2 * LOOSE + 1) < FEWEST:
            return
        value = int(values[at])
        if value not in taken:
            taken.update(range(value - 2 * LOOSE, value + 2 * LOOSE + 1))
            yield value


def _stretches(frames: Integers, lag: int) -> Iterator[SharedStretch]:
    cuts = np.flatnonzero(np.diff(frames) > LONGEST_GAP / FRAME) + 1
    for run in np.split(frames, cuts):
        start, end = float(run[0] * FRAME), float((run[-1] + FURTHEST // 4) * FRAME)
        if len(run) >= FEWEST and end - start >= SHORTEST and len(run) / (end - start) >= DENSITY:
            yield SharedStretch(start=start, end=end, lag=lag * FRAME)
