"""Stereo calls as bad lines and recorders make them: do their channels count as two parties, as one sound, as leaking?

`python -m bench.sides` lays the committed stereo calls out in every way below, and prints how many were told rightly.
Then in how many an exchange of the sides half way is heard by voices, and in how many that keep theirs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from speechaudit.asr.condition import BLEED, Condition, inspect
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.windows import Samples
from speechaudit.model import Span
from speechaudit.speakers import swapped_at

ROOT = Path(__file__).parents[1]
LONGEST = 40.0
Stereo = npt.NDArray[np.float32]
Maker = Callable[[Stereo], Stereo]


def gain(decibels: float) -> float:
    """Factor of an amplitude."""
    return float(10 ** (decibels / 20))


def shifted(samples: Stereo, seconds: float, drift: float = 0.0) -> Stereo:
    """Channels later by so many seconds, of any fraction; `drift` is how many seconds more for each second."""
    at = np.arange(len(samples))
    moved = [np.interp(at * (1 - drift) - seconds * RATE, at, channel, 0.0, 0.0) for channel in samples.T]
    return np.stack(moved, axis=1).astype(np.float32)


def hiss(samples: Stereo, decibels: float, seed: int = 0) -> Stereo:
    """Noise of its own in each channel."""
    noise = np.random.default_rng(seed).normal(0, gain(decibels), samples.shape)
    return (samples + noise).astype(np.float32)


def same(decibels: float = 0.0, lag: float = 0.0, drift: float = 0.0) -> Maker:
    """Both parties mixed, the same in both channels; the right one quieter and later."""

    def made(samples: Stereo) -> Stereo:
        mixed = samples.sum(axis=1, keepdims=True) / 2
        return hiss(np.hstack([mixed, gain(decibels) * shifted(mixed, lag, drift)]), -70)

    return made


def inverted(samples: Stereo) -> Stereo:
    """The right channel is the left one upside down."""
    return same()(samples) * np.array([1, -1], np.float32)


def dull(samples: Stereo) -> Stereo:
    """The right channel is the left one through a bad line."""
    from scipy.signal import butter, sosfilt

    both = same(-6)(samples)
    both[:, 1] = sosfilt(butter(2, 1500, fs=RATE, output="sos"), both[:, 1])
    return both


def leaking(decibels: float, lag: float = 0.0, *, back: bool = True) -> Maker:
    """Each party is heard in the other's channel too, so much quieter; without `back` only the left in the right."""

    def made(samples: Stereo) -> Stereo:
        leak = gain(decibels) * shifted(samples[:, ::-1], lag) * np.array([back, True], np.float32)
        return hiss(samples + leak, -70)

    return made


def dead(side: int, decibels: float | None = None) -> Maker:
    """One side is digital silence, or hum."""

    def made(samples: Stereo) -> Stereo:
        found = samples.copy()
        hum = np.sin(2 * np.pi * 50 * np.arange(len(samples)) / RATE)
        found[:, side] = 0 if decibels is None else gain(decibels) * hum
        return found

    return made


def swapped(samples: Stereo) -> Stereo:
    """From the middle on the sides are exchanged."""
    middle = len(samples) // 2
    return np.vstack([samples[:middle], samples[middle:, ::-1]])


KINDS: dict[str, tuple[str, Maker]] = {
    "as it is": ("two parties", lambda samples: samples),
    "sides exchanged half way": ("two parties", swapped),
    "one side silent": ("two parties", dead(1)),
    "one side hums": ("two parties", dead(0, -40)),
    "inverted": ("one sound", inverted),
    "through a bad line": ("one sound", dull),
    **{f"copy at {g} dB": ("one sound", same(g)) for g in (0, -3, -9, -20, -30)},
    **{f"copy {1000 * t:g} ms later": ("one sound", same(-2, t)) for t in (-0.1, -0.012, 0.0000231, 0.004, 0.05, 0.1)},
    "copy that drifts": ("one sound", same(-9, 0.01, 1e-3)),
    **{f"leak of {g} dB": ("cross-talk", leaking(g)) for g in (-5, -9, -12, -15)},
    **{f"leak of -12 dB, {1000 * t:g} ms later": ("cross-talk", leaking(-12, t)) for t in (0.008, 0.04, 0.1)},
    "leak of -9 dB into one side": ("cross-talk", leaking(-9, back=False)),
}


def told(condition: Condition) -> str:
    """What the hearing takes the channels for."""
    if len(condition.tracks) == 1:
        return "one sound"
    return "cross-talk" if any(track.bleed < BLEED for track in condition.tracks) else "two parties"


def laid_out(samples: Stereo, maker: Maker) -> Condition:
    """What is found in a file made of these samples at 16 kHz."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.flac"
        soundfile.write(path, np.clip(maker(samples), -1, 1), RATE)
        with decode(path) as sound:
            return inspect(sound)


def calls() -> Iterator[Stereo]:
    """The committed stereo calls, their first 40 s."""
    for path in sorted((*ROOT.glob("samples/*.wav"), *ROOT.glob("labelled/tuning/*.opus"))):
        with decode(path) as sound:
            if sound.channels == 2 and len(inspect(sound).tracks) == 2:
                yield np.stack([sound.read(channel, 0, LONGEST) for channel in (0, 1)], axis=1)


@dataclass(frozen=True, slots=True)
class Side:
    """One channel in memory; somebody speaks where it is loud."""

    samples: Samples

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE

    @property
    def speech(self) -> tuple[Span, ...]:
        """Where it is loud, in tenths of a second."""
        frames = self.samples[: len(self.samples) // 1600 * 1600].reshape(-1, 1600).std(axis=1)
        loud = np.flatnonzero(np.diff(frames > 0.15 * np.percentile(frames, 95), prepend=False, append=False))
        return tuple(Span(start=first / 10, end=last / 10) for first, last in loud.reshape(-1, 2))

    def read(self, span: Span) -> Samples:
        """The samples of a span."""
        return self.samples[round(span.start * RATE) : round(span.end * RATE)]


def exchanged(samples: Stereo) -> Span | None:
    """When the sides are heard to change places."""
    return swapped_at([Side(channel) for channel in samples.T])


def main() -> None:
    """Print the table and the counts."""
    recordings = list(calls())
    print(f"| kind | wanted | told rightly, of {len(recordings)} |\n|---|---|---|")
    for name, (wanted, maker) in KINDS.items():
        found = [told(laid_out(samples, maker)) for samples in recordings]
        print(f"| {name} | {wanted} | {found.count(wanted)} |")
    half = [(exchanged(swapped(samples)), len(samples) / RATE / 2) for samples in recordings]
    right = [bool(found and found.start - 4 < middle < found.end + 4) for found, middle in half]
    false = sum(exchanged(samples) is not None for samples in recordings)
    print(f"exchange heard where it is: {sum(right)}, elsewhere {sum(bool(f) for f, _ in half) - sum(right)}; ", end="")
    print(f"heard where sides keep their places: {false}; of {len(recordings)}")


if __name__ == "__main__":
    main()
