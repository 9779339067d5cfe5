"""Tones in a channel: ringing, busy and dial tones of the exchange (450 Hz, GB/T 3380), keys (DTMF, ITU-T Q.23)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from speechaudit.asr.sound import RATE, Sound
from speechaudit.asr.windows import Samples, spectra, windows
from speechaudit.model import Span, Tone, ToneKind

WINDOW, STEP = 0.05, 0.025  # seconds of a spectrum, and between two: the shortest key lasts 0.065
SIGNAL: Final = (400.0, 500.0)  # Hz: 450 in China, 425 or 440 elsewhere
ROWS: Final = (697.0, 770.0, 852.0, 941.0)
COLUMNS: Final = (1209.0, 1336.0, 1477.0)
KEYS: Final = ("123", "456", "789", "*0#")
BAND = (200.0, 3600.0)
PURE = 0.85  # share of the band's power that lies at the tone or at the two tones
TWIST = 6.0  # times by which one tone of a key may be stronger than the other, in power
FAINTEST = 1e-6  # mean power of a window: -60 dB below full scale
RING, BUSY = (0.6, 1.6), (0.2, 0.55)  # seconds of one burst
AGAIN = 1.2  # seconds from one busy tone to the next
KEY = (0.05, 2.0)
Values = npt.NDArray[np.floating[Any]]
_WIDTH = 35.0  # Hz beside a tone in which its power lies


def tones(sound: Sound, source: int, channel: int) -> tuple[Tone, ...]:
    """Return the tones in a channel `source` of an open sound, each burst by itself, ordered, told of `channel`.

    A minute of sound is in memory.
    """
    signs = np.concatenate([_signs(piece) for piece in sound.pieces(source)] or [np.empty(0, "<U1")])
    found = list(_bursts(signs, channel))
    return tuple(tone for tone in found if tone.kind != "busy" or _repeated(tone, found))


def _repeated(tone: Tone, found: Sequence[Tone]) -> bool:
    """Return whether another busy tone is near: one alone may be a vowel."""
    return any(other is not tone and other.kind == "busy" and abs(other.start - tone.start) < AGAIN for other in found)


def _signs(piece: Samples) -> npt.NDArray[np.str_]:
    """For every `STEP` the sign of its key, `~` for a tone of the exchange, or nothing."""
    size, step = int(WINDOW * RATE), int(STEP * RATE)
    cut = windows(np.pad(piece, (0, size)), size, step)[: -(-len(piece) // step)]
    power = np.abs(spectra(cut)) ** 2
    pitch = np.fft.rfftfreq(size, 1 / RATE)
    whole = power[:, (pitch >= BAND[0]) & (pitch <= BAND[1])].sum(axis=1) + 1e-12
    loud = (cut**2).mean(axis=1) >= FAINTEST
    signs = np.full(len(cut), "", "<U1")
    signs[loud & (_power(power, pitch, *SIGNAL) / whole >= PURE)] = "~"
    rows, columns = (_nearest(power, pitch, group) for group in (ROWS, COLUMNS))
    both = (rows[1] + columns[1]) / whole >= PURE
    even = (rows[1] < TWIST * columns[1]) & (columns[1] < TWIST * rows[1])
    for at in np.flatnonzero(loud & both & even):
        signs[at] = KEYS[rows[0][at]][columns[0][at]]
    return signs


def _power(power: Values, pitch: Values, low: float, high: float) -> Values:
    found: Values = power[:, (pitch >= low) & (pitch <= high)].sum(axis=1)
    return found


def _nearest(power: Values, pitch: Values, group: tuple[float, ...]) -> tuple[npt.NDArray[np.intp], Values]:
    """The strongest tone of a group in each window, and its power."""
    each = np.stack([_power(power, pitch, tone - _WIDTH, tone + _WIDTH) for tone in group])
    return each.argmax(axis=0), each.max(axis=0)


def _bursts(signs: npt.NDArray[np.str_], channel: int) -> Iterator[Tone]:
    """Runs of the same sign that last as long as what they stand for."""
    edges = np.flatnonzero(np.concatenate([[True], signs[1:] != signs[:-1], [True]])).tolist() if len(signs) else []
    for first, last in pairwise(edges):
        span = Span(start=round(first * STEP, 3), end=round((last - 1) * STEP + WINDOW, 3))
        if kind := _kind(str(signs[first]), span.duration):
            yield Tone(start=span.start, end=span.end, kind=kind, channel=channel)


def _kind(sign: str, seconds: float) -> ToneKind | None:
    if not sign:
        return None
    if sign != "~":
        return "key" if KEY[0] < seconds <= KEY[1] else None
    if RING[0] <= seconds <= RING[1]:
        return "ringing"
    return "busy" if BUSY[0] <= seconds <= BUSY[1] else "dial" if seconds > RING[1] else None
