"""Music in a call, and calls without any: is it found, and only it?

`python -m bench.music` lays 15 s of each kind of music of bench.nonspeech and of those below between the two halves of
committed recordings, at several levels, by telephone and mobile codec. No model is needed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import soundfile
from numpy.random import Generator

from bench.losses import in_pause, level, recordings
from bench.nonspeech import KINDS as SOUNDS
from bench.nonspeech import Maker, coloured, notes, scale, times, tone
from bench.nonspeech import Samples as Wide
from speechaudit.asr.music import music
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.windows import Samples
from speechaudit.model import Span

SECONDS = 15.0


def piano(size: int, chance: Generator) -> Wide:
    """Single notes and chords that die away, with a soft noise of the room."""
    melody = notes(size, scale(0, 7, 4, 12, 9, 5, 7, 2, base=262), 1.5, 2)
    chords = sum((notes(size, scale(*steps, base=131), 0.75, 1.2) for steps in ((0, 5, 7), (4, 9, 11))), np.zeros(size))
    return np.asarray(melody + 0.7 * chords + 0.02 * chance.standard_normal(size))


def flute(size: int, chance: Generator) -> Wide:
    """A slow tune with vibrato and breath."""
    pitch = scale(12, 14, 19, 16, 14, 12, 7, base=262)[(times(size) * 1.2).astype(int) % 7]
    breath = coloured(size, chance, 0)
    sung = tone(pitch * (1 + 0.003 * tone(5.0, size)), size) + 0.3 * tone(2 * pitch, size)
    return np.asarray(sung + breath / breath.std() * 0.05)


def ringtone(size: int, _: Generator) -> Wide:
    """The short beeps of a telephone's melody."""
    place = times(size) * 5
    pitch = scale(0, 4, 7, 4, 9, 7, 4, 2, 0, 7, base=880)[place.astype(int) % 10]
    return np.asarray(np.sign(tone(pitch, size)) * (place % 1 < 0.85))


KINDS: dict[str, Maker] = {
    **{name: maker for name, (maker, _) in SOUNDS.items() if name.startswith("music")},
    "piano": piano,
    "flute": flute,
    "ringtone": ringtone,
}
NO_MUSIC = "mains hum", "pink noise", "brown noise", "crowd of 5", "keyboard", "printer"
QUIET = {name: SOUNDS[name][0] for name in NO_MUSIC}


def between(samples: Samples, maker: Maker, decibels: float) -> tuple[Samples, Span]:
    """The samples with a sound in a pause, so many decibels over the voice; and where it is."""
    made = maker(int(SECONDS * RATE), np.random.default_rng(0))
    levels = level(samples)
    loud = 10 ** ((float(np.percentile(levels, 90)) + decibels) / 20)
    at = in_pause(samples, 0.5)
    parts = samples[:at], (made / (made.std() + 1e-9) * loud).astype(np.float32), samples[at:]
    return np.concatenate(parts), Span(start=at / RATE, end=at / RATE + SECONDS)


def found_in(samples: Samples) -> tuple[Span, ...]:
    """The music in a call of A-law at 8 kHz that holds these samples."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.wav"
        soundfile.write(path, np.clip(samples[::2], -1, 1), RATE // 2, "ALAW")
        with decode(path) as sound:
            return music(sound, 0)


def main() -> None:
    """Print the table."""
    calls = list(recordings())[::2]
    print("| sound, against the voice | seconds of it found | seconds elsewhere |\n|---|---|---|")
    nothing = [sum(span.duration for span in found_in(samples)) for samples in calls]
    print(f"| none | | {sum(nothing):.0f} of {sum(map(len, calls)) / RATE:.0f} |")
    for name, maker in (KINDS | QUIET).items():
        for decibels in (-12, 0) if name in KINDS else (-10,):
            inside = outside = 0.0
            for samples in calls[:6]:
                made, place = between(samples, maker, decibels)
                spans = found_in(made)
                inside += sum(span.overlap(place) for span in spans)
                outside += sum(span.duration - span.overlap(place) for span in spans)
            print(f"| {name}, {decibels} dB | {inside:.0f} of {6 * SECONDS:.0f} | {outside:.0f} |")


if __name__ == "__main__":
    main()
