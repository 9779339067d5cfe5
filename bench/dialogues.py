"""Dialogues with real voices: clips of speakers laid one after the other, in a room or on a telephone line."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr
from scipy import signal

from speechaudit.model import Segment, Span, Word

RATE = 16000
SPEAKER = re.compile(r"SSB\d{4}|S\d{4}(?=W\d)")  # how AISHELL names its speakers inside a file's name
SPEECH_LEVEL, SPREAD = 0.05, 4.0  # root mean square of a voice, and by how many dB voices differ from it
PAUSES, SHORT, SHORT_TURN, LONG_TURN = (0.0, 0.6), 0.2, (0.35, 0.8), (1.0, 6.0)  # seconds, and the share of short ones
CUT_IN = (0.4, 1.5)  # seconds that one speaks before the other has ended
EDGE = 160  # samples over which a cut clip fades
LINES = ("room", "telephone")
BAND, TELEPHONE_RATE, LINE_NOISE = (300, 3400), 8000, 8e-4
ROOM_NOISE, REVERB_SECONDS, REVERB = 0.25, 0.3, 0.03  # noise and tail relative to the voice
Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken(Span):
    """A turn as it was laid; `voice` counts the speakers of the dialogue."""

    voice: int


def cast(folders: Sequence[Path]) -> dict[str, Samples]:
    """Speaker -> all that is heard of them, at 16 kHz and one loudness, from the clips in each folder's manifest.json.

    A row holds `path`, `duration_s` and, unless the path tells as in AISHELL, `speaker`; others are left out.
    """
    voices: dict[str, list[Samples]] = {}
    for folder in folders:
        for row in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
            name = row.get("speaker") or "".join(SPEAKER.findall(row["path"]))
            if name and row["duration_s"] >= LONG_TURN[0]:
                voices.setdefault(name, []).append(clip(folder / row["path"]))
    return {name: np.concatenate(clips) for name, clips in sorted(voices.items())}


def clip(path: Path) -> Samples:
    """Without the silence at its ends."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    slow = soxr.resample(samples.mean(axis=1), rate, RATE)
    loud = np.flatnonzero(signal.fftconvolve(slow**2, np.ones(1600) / 1600, "same") > 1e-3 * float(np.mean(slow**2)))
    kept = slow[loud[0] : loud[-1]]
    return np.asarray(kept / np.sqrt(np.mean(kept**2)) * SPEECH_LEVEL, dtype=np.float32)


def for_tuning(name: str) -> bool:
    """Whether thresholds may be chosen with it: a half, by a hash of the name."""
    return zlib.crc32(name.encode()) % 2 == 0


def pairs(names: Iterable[str], count: int) -> list[tuple[str, str]]:
    """At most `count` different pairs, always the same ones."""
    every = list(combinations(sorted(names), 2))
    return [every[i] for i in np.random.default_rng(0).permutation(len(every))[:count]]


def of_turns(voices: Sequence[Samples], seconds: float, chance: np.random.Generator, cut_in: float = 0.0) -> Laid:
    """Turns of any words, one in five of them short; the share `cut_in` begins before the last has ended."""
    laid = Laid(seconds + 15, len(voices), chance)
    who, start = 0, 0.5
    while start < seconds:
        length = chance.uniform(*(SHORT_TURN if chance.random() < SHORT else LONG_TURN))
        end = laid.put(some(voices[who], length, chance), start, who)
        start = end + chance.uniform(*PAUSES)
        if len(voices) > 1 and chance.random() < cut_in:
            start = max(start - length / 2, end - chance.uniform(*CUT_IN))
        who = int(chance.choice([voice for voice in range(len(voices)) if voice != who] or [who]))
    return laid


def of_play(
    voices: Mapping[str, Samples], lines: Sequence[Segment], chance: np.random.Generator, speed: float = 4.5
) -> tuple[Laid, tuple[Segment, ...]]:
    """The lines of a play in the voices of its roles, and the lines at the times where they were laid.

    The clips say other words: what is measured is who speaks, with the words known. `speed`: characters per second.
    """
    laid = Laid(sum(len(line.text) / speed + PAUSES[1] for line in lines) + 5, len(voices), chance)
    timed, start, order = [], 0.5, list(voices)
    for line in lines:
        end = laid.put(some(voices[line.role], len(line.text) / speed, chance), start, order.index(line.role))
        timed.append(Segment(start=start, end=end, text=line.text, role=line.role))
        start = end + chance.uniform(*PAUSES)
    return laid, tuple(timed)


def some(voice: Samples, seconds: float, chance: np.random.Generator) -> Samples:
    """So many seconds of a voice, from anywhere in it, again from its beginning where it is too short."""
    size = int(seconds * RATE)
    first = int(chance.integers(0, max(1, len(voice) - size)))
    piece = np.resize(voice[first:], size) if len(voice) - first >= size else np.resize(voice, size)
    ramp = np.minimum(1.0, np.minimum(np.arange(size), np.arange(size)[::-1]) / EDGE)
    return np.asarray(piece * ramp, dtype=np.float32)


class Laid:
    """A dialogue that is being laid: sound at 16 kHz, and who speaks when."""

    def __init__(self, seconds: float, voices: int, chance: np.random.Generator) -> None:
        self._sound = np.zeros(int(seconds * RATE), dtype=np.float32)
        self._gains = 10 ** (chance.uniform(-SPREAD, SPREAD, voices) / 20)
        self.turns: list[Spoken] = []

    def put(self, samples: Samples, start: float, voice: int) -> float:
        """Lay one turn; its end in seconds."""
        first = int(start * RATE)
        end = first + len(samples)
        self._sound[first:end] += samples * self._gains[voice]
        self.turns.append(Spoken(start=start, end=end / RATE, voice=voice))
        return end / RATE

    @property
    def sound(self) -> Samples:
        """All of it, with half a second of silence at the end."""
        return self._sound[: int((max(turn.end for turn in self.turns) + 0.5) * RATE)]


def on_line(sound: Samples, line: str, chance: np.random.Generator) -> Samples:
    """The sound as a microphone on the counter or a telephone line delivers it, at 16 kHz."""
    return _telephone(sound, chance) if line == "telephone" else _room(sound, chance)


def _telephone(sound: Samples, chance: np.random.Generator) -> Samples:
    band = signal.butter(4, BAND, "band", fs=TELEPHONE_RATE, output="sos")
    slow = soxr.resample(sound, RATE, TELEPHONE_RATE)
    heard = signal.sosfilt(band, slow) + chance.standard_normal(len(slow)) * LINE_NOISE
    return np.asarray(soxr.resample(_a_law(heard), TELEPHONE_RATE, RATE), dtype=np.float32)


def _a_law(sound: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The 256 steps of ITU-T G.711's A-law, without its segments' straight lines."""
    width = 1 + np.log(87.6)
    size = np.abs(np.clip(sound, -1, 1))
    folded = np.where(size < 1 / 87.6, 87.6 * size, 1 + np.log(np.maximum(87.6 * size, 1))) / width
    steps = np.round(folded * 127) / 127 * width
    return np.asarray(np.sign(sound) * np.where(steps < 1, steps, np.exp(steps - 1)) / 87.6)


def _room(sound: Samples, chance: np.random.Generator) -> Samples:
    time = np.arange(int(REVERB_SECONDS * RATE)) / RATE
    tail = np.exp(-6.9 * time / REVERB_SECONDS) * chance.standard_normal(len(time)) * REVERB
    tail[0] = 1.0
    hum = signal.lfilter([1.0], [1.0, -0.9], chance.standard_normal(len(sound)))
    noise = hum / np.sqrt(np.mean(hum**2)) * SPEECH_LEVEL * ROOM_NOISE
    return np.asarray(signal.fftconvolve(sound, tail)[: len(sound)] + noise, dtype=np.float32)


def blind(lines: Iterable[Segment], seconds: float = 10.0) -> tuple[Segment, ...]:
    """The same characters, spread evenly over their lines, in segments that know nothing of turns, voices or roles."""
    pieces: dict[int, list[Word]] = {}
    for line in lines:
        step = line.duration / len(line.text)
        for i, character in enumerate(line.text):
            start = line.start + i * step
            word = Word(start=start, end=start + step, text=character, confidence=0.9)
            pieces.setdefault(int(start / seconds), []).append(word)
    return tuple(
        Segment(start=words[0].start, end=words[-1].end, text="".join(w.text for w in words), words=tuple(words))
        for words in pieces.values()
    )
