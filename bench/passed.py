"""Calls that are passed on, or are not after all, in real voices: `python -m bench.passed FOLDER`.

The telephone plays of labelled/tuning, with words of passing on in the middle: in one half of the calls another voice
goes on behind them, in the other the same one. The clips say other words than the plays: what is measured is who
speaks, with the words known. Printed: whose the words behind are taken for, by words alone and with voices.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from bench.dialogues import PAUSES, RATE, Laid, Samples, cast, clip, for_tuning, on_line, some
from speechaudit.encounters import with_parts
from speechaudit.model import Encounter, Recording, Segment, Span, Transcript
from speechaudit.rules import plays
from speechaudit.speakers import tell_colleagues

ROOT = Path(__file__).parents[1]
CALLS, SPEED, SHORTEST = 20, 4.5, 2.5  # calls of a kind, characters per second, seconds of a voice that may serve
PHONE = Recording(file="a.wav", setting="phone", staff="1017")
# What the first one says, and what is heard next: words that tell who goes on, and words that do not.
ANOTHER = (
    ("这个业务我帮您转接到社保窗口,请您稍等。", "您好,这里是社保窗口,请问您要办什么?"),
    ("您稍等,我请我们李科长来跟您说。", "您好,我是窗口的负责人,您的情况我了解了。"),
    ("我帮您把电话转到业务科,请别挂机。", "您的这个情况要先看一下材料是不是齐全。"),
    ("这样,我让同事接着给您解答。", "您说的这个事情我们是这样规定的。"),
)
THE_SAME = (
    ("这个业务我帮您转接到社保窗口,请您稍等。", "让您久等了,那边没有人接,我来给您办。"),
    ("您稍等,我请我们李科长来跟您说。", "科长现在不在,还是我给您解释一下吧。"),
    ("我帮您把电话转到业务科,请别挂机。", "您的这个情况要先看一下材料是不是齐全。"),
    ("这样,我让同事接着给您解答。", "您说的这个事情我们是这样规定的。"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One channel in memory."""

    samples: Samples
    speech: tuple[Span, ...] = ()

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / RATE

    def read(self, span: Span) -> Samples:
        """The samples of a span."""
        return self.samples[round(span.start * RATE) : round(span.end * RATE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as it was laid: words and sides, and from when on the second one speaks (or the first goes on)."""

    transcript: Transcript
    sides: tuple[Side, Side]
    since: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("voices", type=Path, help="a folder with manifest.json and clips")
    folder = parser.parse_args().voices
    every = cast([folder])
    many = {name: voice for name, voice in every.items() if len(voice) >= SHORTEST * RATE and not for_tuning(name)}
    wide = words_of_one(folder)
    print("| | calls | told, doubted, missed by words | with voices | characters by words | with voices |")
    order = np.random.default_rng(0).permutation(sorted(many))
    people = partial(zip, cycle(order), cycle(np.roll(order, 1)), cycle(np.roll(order, 2)))
    report("another goes on", [made(n, [many[a], many[b], many[c]]) for n, (a, b, c) in _first(people())])
    report("one goes on", [made(n, [many[a], many[a], many[c]]) for n, (a, _, c) in _first(people())])
    report("one of many words goes on", [made(n, [wide, wide, many[c]]) for n, (_, _, c) in _first(people())])


def _first(people: Iterator[tuple[str, str, str]]) -> Iterator[tuple[int, tuple[str, str, str]]]:
    yield from enumerate(islice(people, CALLS))


def words_of_one(folder: Path) -> Samples:
    """All single words that one speaker of the manifest says."""
    rows = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return np.concatenate([clip(folder / row["path"]) for row in rows if row["kind"] == "word"])


def made(number: int, voices: Sequence[Samples]) -> Call:
    """Lay the call of this number in the voices of the first, of who goes on, and of the other side."""
    chance = np.random.default_rng([3, number])
    one = voices[0] is voices[1]
    before, after = _play(number, (THE_SAME if one else ANOTHER)[number % len(ANOTHER)])
    lines = [*before, *after]
    seconds = sum(len(line.text) / SPEED + PAUSES[1] for line in lines) + 5
    staff, citizen = Laid(seconds, 2, chance), Laid(seconds, 1, chance)
    timed, start = [], 0.5
    for at, line in enumerate(lines):
        who = int(at >= len(before) and not one)
        side, voice = (staff, voices[who]) if line.role == "staff" else (citizen, voices[2])
        end = side.put(some(voice, len(line.text) / SPEED, chance), start, who if side is staff else 0)
        channel = int(side is citizen)
        timed.append(Segment(start=start, end=end, text=line.text, role=line.role, channel=channel))
        start = end + chance.uniform(*PAUSES)
    sides = tuple(Side(samples=on_line(side.sound, "telephone", chance)) for side in (staff, citizen))
    transcript = Transcript(segments=tuple(timed), duration=timed[-1].end)
    return Call(transcript=transcript, sides=(sides[0], sides[1]), since=timed[len(before)].start)


def _play(number: int, passing: tuple[str, str]) -> tuple[list[Segment], list[Segment]]:
    """The lines up to the words of passing on, and those behind; the play is cut before staff in its middle."""
    said = _plays()[number % len(_plays())]
    cut = next(n for n in range(len(said) // 2, len(said)) if said[n].role == "staff")
    first, next_one = (Segment(start=0, end=0, text=text, role="staff") for text in passing)
    return [*said[:cut], first], [next_one, *said[cut:]]


def _plays() -> list[tuple[Segment, ...]]:
    texts = (path.read_text("utf-8") for path in sorted((ROOT / "labelled/tuning").glob("*.play")))
    known = [plays.parse(text) for text in texts]
    return [play.transcript.segments for play in known if play.header.get("setting") == "phone"]


def report(name: str, calls: Sequence[Call]) -> None:
    """Print the row of a kind."""
    cells = []
    for told in ([call.transcript for call in calls], [tell_colleagues(call.transcript, call.sides) for call in calls]):
        found = [verdict(transcript, call.since) for transcript, call in zip(told, calls, strict=True)]
        counted = Counter(each for each, _ in found)
        cells.append(", ".join(str(counted[kind]) for kind in ("told", "in doubt", "missed")))
        letters = sum((own for _, own in found), Counter[str]())
        cells.append(", ".join(f"{count} {whose}" for whose, count in sorted(letters.items())))
    print(f"| {name} | {len(calls)} | {cells[0]} | {cells[2]} | {cells[1]} | {cells[3]} |", flush=True)


def verdict(transcript: Transcript, since: float) -> tuple[str, Counter[str]]:
    """Whether somebody else is told in the call, and the characters of the staff by when and for whom they count."""
    whole = Encounter(start=0.0, end=transcript.duration, transcript=transcript)
    parts = with_parts(whole, PHONE).parts
    kinds = {part.kind for part in parts}
    told = "told" if kinds & {"put-through", "joined"} else "in doubt" if "doubtful" in kinds else "missed"
    letters = Counter[str]()
    for segment in transcript.segments:
        if segment.role == "staff":
            index = next((n for n, p in enumerate(parts) if any(s.overlap(segment) > 0 for s in p.stretches)), 0)
            whose = "nobody's" if parts and parts[index].kind == "doubtful" else f"of {'AB'[min(index, 1)]}"
            letters[f"{'behind' if segment.start >= since else 'before'} {whose}"] += len(segment.text)
    return told, letters


if __name__ == "__main__":
    main()
