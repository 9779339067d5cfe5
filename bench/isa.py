"""How much of what is heard depends on the processor: the same recordings by several instructions, threads and types.

`python -m bench.isa samples/*.wav [--sets AVX2,GENERIC] [--threads 1,2,4] [--types int8,float32] [--out FILE]`
audits the recordings with the embedded model in a process of its own for each choice: the first of each, and those that
differ from it in one thing. The table has the characters that differ from the first choice, the verdicts that differ,
how many of these are clear in both (a fail that is a pass elsewhere), and processor seconds. CTranslate2 reads
`CT2_FORCE_CPU_ISA` when it is loaded, hence the processes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from speechaudit.asr import models
from speechaudit.evaluation import characters

if TYPE_CHECKING:
    from speechaudit.asr.whisper import WhisperTranscriber

CLEAR: Final = frozenset({"pass", "fail"})
MOST: Final = 0.9999  # a score above it is as sure as this
BAND: Final = 2.0  # log odds from "surely not said" to "surely said" that each phrase has at least, see the test
LONGEST: Final = 3600.0  # seconds for the recordings of one choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Instructions, threads and the type in which CTranslate2 multiplies."""

    instructions: str
    threads: int
    type: str

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be told."""
        return {"CT2_FORCE_CPU_ISA": self.instructions, "OMP_NUM_THREADS": str(self.threads)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one choice made of all recordings.

    Verdicts are by recording, service and rule, scores of the second listen by recording, phrase and place.
    """

    words: tuple[str, ...]
    verdicts: dict[str, str]
    seconds: float
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of how many characters how many differ; of how many verdicts how many differ, and flip between pass and fail.

    `moved` is by how much a score of the second listen moved at most, in log odds, of `scores` that both have.
    `changed` are the verdicts that differ: where, the first and the other.
    """

    characters: int
    edits: int
    verdicts: int
    other: int
    flipped: int
    scores: int = 0
    moved: float = 0.0
    changed: tuple[tuple[str, str, str], ...] = ()


def choices(sets: Sequence[str], threads: Sequence[int], types: Sequence[str]) -> list[Choice]:
    """Return the first of each, and then what differs from it in one thing."""
    first = Choice(instructions=sets[0], threads=threads[0], type=types[0])
    return [
        first,
        *(replace(first, instructions=each) for each in sets[1:]),
        *(replace(first, threads=each) for each in threads[1:]),
        *(replace(first, type=each) for each in types[1:]),
    ]


def transcriber_of(kind: str) -> WhisperTranscriber:
    """Return our recogniser with the embedded weights on the processor, multiplying in this type."""
    from faster_whisper import WhisperModel

    from speechaudit.asr import whisper
    from speechaudit.asr.trimming import trimmed

    loaded = models.load_model("base", "cpu")
    if kind != loaded.compute_type:
        model = WhisperModel(str(trimmed(loaded.folder)), "cpu", compute_type=kind, cpu_threads=loaded.threads)
        loaded = replace(loaded, model=model, compute_type=kind)
    return whisper.WhisperTranscriber(loaded)


def hear(paths: Sequence[Path], kind: str) -> None:
    """Audit the recordings in this process, and print words and verdicts as JSON."""
    from speechaudit import pipeline
    from speechaudit.rules import rulebook

    book, transcriber = rulebook.load(), transcriber_of(kind)
    words: list[str] = []
    verdicts: dict[str, str] = {}
    scores: dict[str, float] = {}
    for path in paths:
        audit = pipeline.audit_recording(path, book, transcriber, pipeline.Overrides())
        said = (segment.text for encounter in audit.encounters for segment in encounter.transcript.segments)
        words.append("".join(said))
        probes = (probe for encounter in audit.encounters for probe in encounter.transcript.probes)
        scores |= {f"{path.name} {each.phrase} {each.channel} {each.start:.1f}": each.score for each in probes}
        for number, encounter in enumerate(audit.encounters):
            verdicts |= {f"{path.name} {number} {each.rule}": each.verdict for each in encounter.findings}
    told = {"words": words, "verdicts": verdicts, "scores": scores, "seconds": time.process_time()}
    print(json.dumps(told))


def heard_by(choice: Choice, paths: Sequence[Path]) -> Heard:
    """Return what another process hears with this choice. Raises CalledProcessError if it fails."""
    command = [sys.executable, "-m", "bench.isa", "--here", choice.type, *map(str, paths)]
    environment = os.environ | choice.environment
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=LONGEST, check=True)
    told = json.loads(ran.stdout.splitlines()[-1])
    return Heard(**{**told, "words": tuple(told["words"])})


def difference(first: Heard, other: Heard) -> Difference:
    """Return how far the second differs from the first."""
    errors = [characters.errors(*pair) for pair in zip(first.words, other.words, strict=True)]
    names = sorted(first.verdicts.keys() | other.verdicts.keys())
    pairs = [(first.verdicts.get(name, "none"), other.verdicts.get(name, "none")) for name in names]
    changed = tuple((name, *pair) for name, pair in zip(names, pairs, strict=True) if pair[0] != pair[1])
    both = first.scores.keys() & other.scores.keys()
    return Difference(
        scores=len(both),
        moved=max((abs(odds(first.scores[name]) - odds(other.scores[name])) for name in both), default=0.0),
        characters=sum(each.characters for each in errors),
        edits=sum(each.edits for each in errors),
        verdicts=len(pairs),
        other=len(changed),
        flipped=sum({one, two} <= CLEAR for _, one, two in changed),
        changed=changed,
    )


def odds(score: float) -> float:
    """Return the log odds of a score, 0 to 1."""
    sure = min(MOST, max(1 - MOST, score))
    return math.log(sure / (1 - sure))


def made(choice: Choice) -> str:
    """Return a choice as three cells."""
    return f"{choice.instructions} | {choice.threads} | {choice.type}"


def row(choice: Choice, heard: Heard, found: Difference) -> str:
    """Return a line of the table."""
    words = f"{found.edits} of {found.characters}"
    verdicts = f"{found.other} of {found.verdicts}, {found.flipped} between pass and fail"
    moved = f"{found.moved:.2f} at most, of {found.scores}"
    return f"| {made(choice)} | {words} | {verdicts} | {moved} | {heard.seconds:.0f} |"


def rows(paths: Sequence[Path], chosen: Iterable[Choice]) -> Iterator[str]:
    """Yield the table, whose first line is what the others are compared with, and the verdicts that differ."""
    yield "| instructions | threads | type | characters differ | verdicts differ | scores moved | processor s |"
    yield "|---|---|---|---|---|---|---|"
    first: Heard | None = None
    changed: list[str] = []
    for choice in chosen:
        heard = heard_by(choice, paths)
        first = first or heard
        found = difference(first, heard)
        yield row(choice, heard, found)
        changed += (f"| {made(choice)} | {where} | {one} | {other} |" for where, one, other in found.changed)
    if changed:
        yield from (
            "",
            "| instructions | threads | type | recording, service, rule | first line | here |",
            "|---" * 6 + "|",
        )
        yield from changed


def page(paths: Sequence[Path], table: Iterable[str]) -> str:
    """Return the page about processors."""
    named = ", ".join(sorted(path.name for path in paths))
    told = f"""# How much of what is heard hangs on the processor

Written by `make bench-processors`, no figure by hand: {len(paths)} recordings ({named}), audited whole by each choice
in a process of its own, compared with the first line. int8 rounds otherwise with other instructions, so a word here and
there is another one; the instructions, threads and type of an audit stand in its `made_by.settings`. Scores of the
second listen that moved are told in log odds: between "said" and "not said" lies a band of {BAND} or more (a test holds
it), so that what is close is `unclear` and not luck. Where other words were nearly as likely, a charge that hangs on
them is `unclear` too ([how](decisions/asr-tied.md)): what comes out otherwise all the same is counted, and told below.

Machine: {platform.machine()}, {os.cpu_count()} cores; ctranslate2 {version("ctranslate2")}.
"""
    return "\n".join((told, *table)) + "\n"


def main() -> None:
    """Print the page or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="+")
    parser.add_argument(
        "--sets", help="instructions, those of all others first; without it, all that this processor knows"
    )
    parser.add_argument("--threads", default="1,2,4")
    parser.add_argument("--types", default="int8,float32")
    parser.add_argument("--out", type=Path, help="where the page is written; without it, it is printed")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        hear(options.recordings, options.here)
        return
    threads = [int(each) for each in options.threads.split(",")]
    sets = options.sets.split(",") if options.sets else models.instruction_sets()
    chosen = choices(sets, threads, options.types.split(","))
    told = page(options.recordings, rows(options.recordings, chosen))
    if options.out:
        options.out.write_text(told, encoding="utf-8")
    else:
        print(told)


if __name__ == "__main__":
    main()
