"""Recordings in which something is lost, and others that only look so: what is told of them.

`python -m bench.losses` makes each kind of loss out of the committed recordings, and prints how many were found where
they are, and in how many something was found that is none. No model is needed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from bench.nonspeech import KINDS as SOUNDS
from speechaudit.asr.condition import Condition, inspect
from speechaudit.asr.sound import RATE, decode

ROOT = Path(__file__).parents[1]
LONGEST = 30.0
FRAME = RATE // 100
Samples = npt.NDArray[np.float32]
Maker = Callable[[Samples], Samples]


@dataclass(frozen=True)
class Kind:
    """How sound becomes worse, and what is to be told: a `cut`, a `gap`, or nothing (None)."""

    maker: Maker
    wanted: str | None
    subtype: str = "PCM_16"


def level(samples: Samples) -> Samples:
    """Decibels of each hundredth of a second."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(20 * np.log10(np.maximum(frames.std(axis=1), 1e-5)), np.float32)


def in_voice(samples: Samples, share: float) -> int:
    """A sample in the middle of a voice, after this share of the sound."""
    levels = level(samples)
    loud = np.flatnonzero(levels > np.percentile(levels, 90) - 6)
    return int(loud[np.argmin(np.abs(loud - share * len(levels)))]) * FRAME


def in_pause(samples: Samples, share: float) -> int:
    """A sample in a pause, after this share of the sound."""
    levels = level(samples)
    quiet = np.convolve(levels < np.percentile(levels, 95) - 30, np.ones(20), "same") >= 20
    at = np.flatnonzero(quiet)
    return int(at[np.argmin(np.abs(at - share * len(levels)))] if len(at) else np.argmin(levels)) * FRAME


def replaced(samples: Samples, first: int, seconds: float, by: float = 0.0) -> Samples:
    """A stretch that holds one value."""
    found = samples.copy()
    found[first : first + round(seconds * RATE)] = by
    return found


def saving(samples: Samples) -> Samples:
    """A line that writes zeros wherever nobody has spoken for a fifth of a second."""
    levels = level(samples)
    spoken = np.convolve(levels > np.percentile(levels, 95) - 30, np.ones(41), "same") > 0
    found = samples.copy()
    found[: len(levels) * FRAME] *= np.repeat(spoken, FRAME)
    return found


def frozen(samples: Samples, packet: float, seconds: float) -> Samples:
    """One packet again and again, in the middle of a voice."""
    size, first = round(packet * RATE), in_voice(samples, 0.5)
    found = samples.copy()
    count = round(seconds / packet)
    found[first : first + count * size] = np.tile(samples[first - size : first], count)
    return found


def behind(samples: Samples, seconds: float) -> Samples:
    """Exact silence behind the last word, which has died away."""
    return np.concatenate([samples, np.zeros(int(0.05 * RATE)), np.zeros(round(seconds * RATE))]).astype(np.float32)


def with_tone(name: str) -> Maker:
    """Ten seconds of a signal before the call."""

    def made(samples: Samples) -> Samples:
        signal = SOUNDS[name][0](10 * RATE, np.random.default_rng(0))
        return np.concatenate([0.1 * signal / signal.std(), samples]).astype(np.float32)

    return made


def dropped(seconds: float) -> Maker:
    """Zeros in the middle of a voice."""
    return lambda samples: replaced(samples, in_voice(samples, 0.4), seconds)


KINDS: dict[str, Kind] = {
    "as it is": Kind(lambda s: s, None),
    "as it is, A-law": Kind(lambda s: s, None, "ALAW"),
    "a line that saves silence": Kind(saving, None),
    "saved silence, A-law": Kind(saving, None, "ALAW"),
    "saved silence, 2 s of zeros at the end": Kind(lambda s: behind(saving(s[: in_pause(s, 0.9)]), 2), None),
    "busy tone before": Kind(with_tone("busy tone"), None),
    "ringing before": Kind(with_tone("ringback"), None),
    "keys before": Kind(with_tone("dialling"), None),
    "zeros from within a word": Kind(lambda s: replaced(s, in_voice(s, 0.6), 99), "cut"),
    "from within a word, A-law": Kind(lambda s: replaced(s, in_voice(s, 0.6), 99), "cut", "ALAW"),
    "from within a word, line saves silence": Kind(lambda s: replaced(saving(s), in_voice(s, 0.5), 99), "cut"),
    "the last 0.5 s stuck at a value": Kind(lambda s: replaced(s, in_voice(s, 0.9), 99, 0.2), "cut"),
    "zeros from a pause": Kind(lambda s: replaced(s, in_pause(s, 0.6), 99), "cut"),
    **{f"drop-out of {ms} ms": Kind(dropped(ms / 1000), "gap") for ms in (60, 120, 400, 2000)},
    "drop-out, line saves silence": Kind(lambda s: replaced(saving(s), in_voice(s, 0.4), 0.3), "gap"),
    "drop-out of 120 ms, A-law": Kind(lambda s: replaced(s, in_voice(s, 0.4), 0.12), "gap", "ALAW"),
    "stuck at a value for 200 ms": Kind(lambda s: replaced(s, in_voice(s, 0.4), 0.2, -0.3), "gap"),
    "5 s lost from a pause": Kind(lambda s: replaced(s, in_pause(s, 0.4), 5), "gap"),
    "packet of 20 ms, 4 times": Kind(lambda s: frozen(s, 0.02, 0.08), "gap"),
    "packet of 30 ms, 10 times, A-law": Kind(lambda s: frozen(s, 0.03, 0.3), "gap", "ALAW"),
    "packet of 60 ms for 1 s": Kind(lambda s: frozen(s, 0.06, 1.0), "gap"),
}


def found_in(samples: Samples, kind: Kind) -> Condition:
    """What is told of a file that holds this."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.wav"
        rate = 8000 if kind.subtype == "ALAW" else RATE
        made = kind.maker(samples)
        soundfile.write(path, np.clip(made[::2] if rate < RATE else made, -1, 1), rate, kind.subtype)
        with decode(path) as sound:
            return inspect(sound)


def told(condition: Condition) -> str | None:
    """In the words of `Kind.wanted`."""
    if condition.cut_off:
        return "cut"
    return "gap" if any(track.gaps for track in condition.tracks) else None


def recordings() -> Iterator[Samples]:
    """The committed recordings in one channel, their first 30 s."""
    for path in sorted((*ROOT.glob("samples/*.*"), *ROOT.glob("labelled/tuning/*.opus"))):
        if path.suffix in {".wav", ".flac", ".ogg", ".opus"}:
            with decode(path) as sound:
                if sound.channels == 1:
                    yield sound.read(0, 0, LONGEST)


def main() -> None:
    """Print the table."""
    heard = list(recordings())
    print(f"| kind | to be told | told, of {len(heard)} |\n|---|---|---|")
    for name, kind in KINDS.items():
        found = [told(found_in(samples, kind)) for samples in heard]
        print(f"| {name} | {kind.wanted or 'nothing'} | {found.count(kind.wanted)} |")


if __name__ == "__main__":
    main()
