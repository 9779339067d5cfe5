"""Whether the two channels of a recording hold two parties: the same sound in both, or leaks from one into the other.

Block by block, the louder channel is shifted to where it fits the other best, and the coherence of the two (Welch's
method) tells which share of the quieter one comes from it. Polarity, gain, a lag that drifts, fractions of a sample
and the filter of a line change nothing of that. Measured: docs/decisions/asr-channels.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from speechaudit.asr.sound import RATE, Sound
from speechaudit.asr.windows import Samples, Spectra, spectra, windows

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK = 1.0
MOST_BLOCKS = 3000  # of a long recording they lie further apart
REACH = 0.15  # seconds that one channel may lag behind the other
EXPLAINED = 0.15  # share of a channel that comes from the other; of two parties it is at most 0.05
SAME_SHARE = 0.8  # of the blocks with a voice that are explained where both channels hold one sound
OTHERS_SHARE = 0.02  # of the blocks that are the other side's own at most, where both hold one sound
STEADY = 6.0  # decibels within which the difference of two copies stays
NEAREST_LEAK = 3.0  # decibels; what leaks in as loud as this is a copy
FEWEST_LEAKS, LEAK_SHARE = 3, 0.3  # blocks, and their share of those in which the other side is louder
_ACTIVE = 20.0  # decibels below a channel's voice
_FAINT = -75.0  # decibels below full scale: no word is so quiet
_HALF = RATE // 2
_WINDOW = 256
_BAND = slice(6, 116)  # of the spectrum of a window: 190 to 3600 Hz, without the hum that all lines share


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two channels in the blocks where somebody speaks; each field has a value for each block.

    `explained` is the share of the quieter channel that comes from the louder, 0 to 1; `balance` the level of the left
    over the right channel in decibels, where the same sound is compared; `lag` how many seconds the left comes later.
    """

    explained: Samples
    balance: Samples
    lag: Samples

    @property
    def alike(self) -> npt.NDArray[np.bool_]:
        """The blocks in which the quieter channel holds what the louder does."""
        return self.explained >= EXPLAINED

    @property
    def one_sound(self) -> bool:
        """Whether both channels hold one sound, at any gain and lag."""
        alike, balance = self.alike, self.balance
        if not alike.size or alike.mean() < SAME_SHARE:
            return False
        low, middle, high = np.percentile(balance[alike], (5, 50, 95))
        others = ~alike & (balance * np.sign(middle) < 0)
        near = abs(low) < NEAREST_LEAK and abs(high) < NEAREST_LEAK
        return bool(near or (high - low < STEADY and others.mean() <= OTHERS_SHARE))

    def leak(self, into: int) -> float | None:
        """Return the decibels by which what leaks into a channel is quieter than in its own; None if nothing does."""
        over = self.balance * (1 if into else -1)
        others = over > NEAREST_LEAK
        leaks = over[others & self.alike]
        if leaks.size < max(FEWEST_LEAKS, LEAK_SHARE * others.sum()):
            return None
        return float(np.median(leaks))


def compare(sound: Sound, levels: Sequence[float]) -> Comparison:
    """Compare the two channels of an open sound, whose voices have these levels in decibels."""
    found: list[tuple[float, float, float]] = []
    step = max(BLOCK / 2, sound.duration / MOST_BLOCKS)
    for start in np.arange(0.0, max(step, sound.duration - BLOCK / 2), step):
        left, right = (_halved(sound.read(channel, float(start), float(start) + BLOCK)) for channel in (0, 1))
        loud = _decibels(left), _decibels(right)
        if any(own > level - _ACTIVE for own, level in zip(loud, levels, strict=True)):
            apart = 0.0, loud[0] - loud[1], 0.0
            found.append(apart if min(loud) < _FAINT else _compared(left, right))
    explained, balance, lag = np.array(found, np.float32).reshape(-1, 3).T
    return Comparison(explained=explained, balance=balance, lag=lag)


def _compared(left: Samples, right: Samples) -> tuple[float, float, float]:
    lag = _lag(left, right)
    size = len(left) - abs(lag)
    ahead, behind = max(0, lag), max(0, -lag)
    one, two = _spectra(left[ahead : ahead + size]), _spectra(right[behind : behind + size])
    power = [(np.abs(own) ** 2).sum(axis=0) + 1e-12 for own in (one, two)]
    coherence = np.abs((one * two.conj()).sum(axis=0)) ** 2 / (power[0] * power[1])
    quieter = min(power, key=lambda own: float(own.sum()))
    balance = 10 * np.log10(power[0].sum() / power[1].sum())
    return float((coherence * quieter).sum() / quieter.sum()), float(balance), lag / _HALF


def _lag(left: Samples, right: Samples) -> int:
    """Return the samples by which the left comes later: where both fit best, whatever the polarity."""
    from scipy.fft import irfft, next_fast_len, rfft

    reach = min(int(REACH * _HALF), len(left) // 2)
    size = next_fast_len(len(left) + reach, real=True)
    fit = np.abs(irfft(rfft(_brighter(left), size) * rfft(_brighter(right), size).conj(), size))
    return int(np.argmax(np.concatenate([fit[len(fit) - reach :], fit[: reach + 1]]))) - reach


def _brighter(samples: Samples) -> Samples:
    return samples[1:] - np.float32(0.9) * samples[:-1]


def _spectra(samples: Samples) -> Spectra:
    """The spectra of half-overlapping windows, shape (windows, frequencies of `_BAND`)."""
    return spectra(windows(samples, _WINDOW, _WINDOW // 2))[:, _BAND]


def _halved(samples: Samples) -> Samples:
    """At half the rate; a telephone holds no more, and it takes half the time."""
    even = len(samples) // 2 * 2
    return np.asarray((samples[:even:2] + samples[1:even:2]) / 2, np.float32)


def _decibels(samples: Samples) -> float:
    return 20 * float(np.log10(max(1e-5, samples.std() if samples.size else 0.0)))
