"""The sound of a counter day: lines at their times, a little echo, and the noise of a hall below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from scipy import signal

from bench.day.plan import Scene, Turn, spoken_file

RATE = 16_000
MINUTE = 60 * RATE
FURTHER = {"staff": 1.0, "citizen": 0.7, "colleague": 0.35}  # loudness by the distance from the microphone
NOISE = 10 ** (-40 / 20)  # RMS of the hall; lines have -22 dB
ECHO_SECONDS, ECHO = 0.25, 0.3

Samples = npt.NDArray[np.float32]


class Voices:
    """Lines that were spoken before (speak.py), in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cache  # noqa: B019 - lives as long as the program
    def line(self, voice: str, text: str) -> Samples:
        """Samples at 16 kHz. Raises soundfile.LibsndfileError if the line was never spoken."""
        samples: Samples = soundfile.read(spoken_file(self._folder, voice, text), dtype="float32")[0]
        return samples

    def seconds(self, voice: str, text: str) -> float:
        """Length of a line as it was spoken."""
        return len(self.line(voice, text)) / RATE

    def turn(self, turn: Turn) -> Samples:
        """A line as it arrives at the microphone; another pitch moves tempo and formants too."""
        samples = soxr.resample(self.line(turn.voice, turn.text), RATE * turn.pitch, RATE)
        return np.asarray(signal.fftconvolve(samples, _echo()) * FURTHER[turn.role], np.float32)


def write_day(path: Path, scenes: Sequence[Scene], seconds: float, voices: Voices, seed: int) -> None:
    """Write the day as FLAC, a minute at a time."""
    chance = np.random.default_rng(seed)
    turns = [turn for scene in scenes for turn in scene.turns]
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for minute in _minutes(int(seconds * RATE), turns, voices):
            file.write(np.clip(minute + _hall(len(minute), chance), -1.0, 1.0))


def _minutes(samples: int, turns: Sequence[Turn], voices: Voices) -> Iterator[Samples]:
    """Silence with the lines in it; what runs over the end of a minute goes on in the next."""
    waiting, over = list(turns), np.zeros(MINUTE, np.float32)
    for first in range(0, samples, MINUTE):
        minute, over = over, np.zeros(MINUTE, np.float32)
        while waiting and waiting[0].start * RATE < first + MINUTE:
            turn = waiting.pop(0)
            at, sound = int(turn.start * RATE) - first, voices.turn(turn)
            inside = min(len(sound), MINUTE - at)
            minute[at : at + inside] += sound[:inside]
            over[: len(sound) - inside] += sound[inside:]
        yield minute[: samples - first]


@cache
def _echo() -> Samples:
    """The direct sound and a tail that falls by 60 dB."""
    times = np.arange(int(ECHO_SECONDS * RATE)) / RATE
    tail = np.random.default_rng(0).standard_normal(times.size) * np.exp(-6.9 * times / ECHO_SECONDS)
    tail *= ECHO / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(tail, np.float32)


def _hall(size: int, chance: np.random.Generator) -> Samples:
    """Noise whose power falls with frequency, as ventilation and distant voices sound, slowly rising and falling."""
    spectrum = np.fft.rfft(chance.standard_normal(size))
    pink = np.fft.irfft(spectrum / np.sqrt(np.arange(1, spectrum.size + 1)), size)
    swell = 1 + 0.5 * np.sin(2 * np.pi * (np.arange(size) / RATE / chance.uniform(5, 15) + chance.uniform()))
    noise = pink * swell
    return np.asarray(noise * NOISE / np.sqrt(np.mean(noise**2)), np.float32)
