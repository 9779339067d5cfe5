"""How well services are cut by words and real voices: `python -m bench.day.heard FOLDER --set pauses_report`.

A counter day is laid in the voices of FOLDER (manifest.json and clips): one is the staff, each service has a citizen of
its own. The clips say other words than the scenes: the words are known, and who says them is told from the sound, with
nothing known of it. So whatever is cut wrongly here is not the recogniser's fault. The long waits are laid as they are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from bench.day.plan import Day, Scene
from bench.day.score import Marks, boundaries, wrong
from bench.day.words import CHARACTERS_PER_SECOND, day_script
from bench.dialogues import LONG_TURN, RATE, SPEAKER, Samples, blind, cast, clip, for_tuning, on_line, some
from speechaudit.classifiers import label_sides
from speechaudit.encounters import Division, split
from speechaudit.model import Recording, Segment, Span, Transcript
from speechaudit.speakers import assign_roles, assign_speakers, hear_voices

SHORTEST = 2.5  # seconds of a voice that may serve
FURTHER = 0.7  # loudness of a citizen, who sits further away from the microphone
SILENCE = 1.0  # seconds between lines that are heard apart
ALIKE = 0.5  # cosine of two clips from which on they may be one speaker's
NOISY = 4.0  # seconds of the hall around what is said; the network hears nothing else of the silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A day in memory: `speech` is where somebody speaks."""

    samples: Samples
    speech: tuple[Span, ...]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE

    def read(self, span: Span) -> Samples:
        """The samples of a span."""
        return self.samples[round(span.start * RATE) : round(span.end * RATE)]


def unnamed(folder: Path) -> dict[str, Samples]:
    """Path -> a clip of a speaker whom nobody names, at 16 kHz; of clips that sound alike only the first.

    None of them is in `cast`, so that a day in these voices holds nobody of the other days.
    """
    from speechaudit.speakers.embed import embed

    found: dict[str, Samples] = {}
    known = np.zeros((0, 192), np.float32)
    for row in json.loads((folder / "manifest.json").read_text(encoding="utf-8")):
        named = row.get("speaker") or SPEAKER.search(row["path"])
        if named or row["kind"] == "word" or row["duration_s"] < max(SHORTEST, LONG_TURN[0]):
            continue
        samples = clip(folder / row["path"])
        whole = Span(start=0.0, end=len(samples) / RATE)
        voice = embed(Heard(samples=samples, speech=(whole,)), [whole])
        if not (known @ voice[0] >= ALIKE).any():
            found[row["path"]], known = samples, np.vstack([known, voice])
    return found


def laid(scenes: Sequence[Scene], staff: Samples, citizens: Mapping[int, Samples], seed: int) -> Heard:
    """Lay the turns of all scenes, each service's citizen in the voice of its number; who else speaks is a citizen."""
    chance = np.random.default_rng([7, seed])
    samples = np.zeros(int((scenes[-1].end + NOISY) * RATE), np.float32)
    spans = []
    for number, scene in enumerate(scenes):
        for turn in scene.turns:
            voice = staff if turn.role == "staff" else citizens[number] * FURTHER
            piece = some(voice, turn.end - turn.start, chance)
            first = int(turn.start * RATE)
            samples[first : first + len(piece)] += piece
            spans.append(Span(start=turn.start, end=first / RATE + len(piece) / RATE))
    for near in _near(spans):
        first, last = int(max(0.0, near.start - NOISY) * RATE), int((near.end + NOISY) * RATE)
        samples[first:last] = on_line(samples[first:last], "room", chance)
    return Heard(samples=samples, speech=tuple(spans))


def _near(spans: Sequence[Span]) -> Iterator[Span]:
    """Yield what is said without a long silence as one."""
    start, end = spans[0].start, spans[0].end
    for span in spans[1:]:
        if span.start - end > 2 * NOISY:
            yield Span(start=start, end=end)
            start = span.start
        end = max(end, span.end)
    yield Span(start=start, end=end)


def divided(scenes: Sequence[Scene], day: Heard) -> tuple[Division, Transcript]:
    """Cut the day by its words and by the voices that are heard in it; also who was heard."""
    lines = [Segment(start=t.start, end=t.end, text=t.text) for scene in scenes for t in scene.turns]
    pieces = tuple(piece for block in _blocks(lines) for piece in blind(block))
    said = assign_speakers(Transcript(segments=pieces, duration=day.duration), hear_voices(day))
    counter = Recording(file="day.wav", setting="counter")
    told = assign_roles(label_sides(said), counter, 1)
    return split(told, counter), told


def _blocks(lines: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Yield lines without a silence between them: no segment of a recogniser runs over one."""
    block: list[Segment] = []
    for line in lines:
        if block and line.start - block[-1].end > SILENCE:
            yield block
            block = []
        block.append(line)
    yield block


def measured(texts: str, voices: Mapping[str, Samples], services: int, hours: float, seed: int) -> Marks:
    """Lay and cut one day; print what went wrong in it."""
    names = [str(name) for name in np.random.default_rng(seed).permutation(sorted(voices))]
    day = Day(day_script(texts), lambda _voice, text: len(text) / CHARACTERS_PER_SECOND, seed)
    scenes = day.scenes(services, hours * 3600)
    turns = dict(enumerate(voices[name] for name, _ in zip(cycle(names[1:]), scenes, strict=False)))
    division, told = divided(scenes, laid(scenes, voices[names[0]], turns, seed))
    found = boundaries(scenes, division.encounters)
    known = {segment.role for segment in told.segments}
    print(f"day {seed}: {found.right}/{found.found} right of {found.true} true, roles {sorted(known)}", flush=True)
    print("\n".join(wrong(scenes, division.encounters)), flush=True)
    return found


def _of_half(folder: Path, tuning: bool) -> dict[str, Samples]:
    voices = {name: own for name, own in cast([folder]).items() if len(own) >= SHORTEST * RATE}
    return {name: own for name, own in voices.items() if for_tuning(name) == tuning}


def main() -> None:
    """Print precision and recall over some days of one set, or of the plays of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("voices", type=Path, help="a folder with manifest.json and clips")
    parser.add_argument("--set", dest="texts", default="pauses_report")
    parser.add_argument("--services", type=int, default=12)
    parser.add_argument("--hours", type=float, default=1.5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--tuning", action="store_true", help="with the other half of the voices")
    parser.add_argument("--unnamed", action="store_true", help="with the voices of clips whose speaker is not named")
    asked = parser.parse_args()
    voices = unnamed(asked.voices) if asked.unnamed else _of_half(asked.voices, asked.tuning)
    days = [measured(asked.texts, voices, asked.services, asked.hours, seed) for seed in asked.seeds]
    total = Marks(true=sum(d.true for d in days), found=sum(d.found for d in days), right=sum(d.right for d in days))
    print(f"| {asked.texts} | {len(days)} days of {asked.services} | {total.precision:.3f} | {total.recall:.3f} |")


if __name__ == "__main__":
    main()
