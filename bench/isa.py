"""How much of what is heard depends on the processor: the same recordings by several instruction sets and threads.

`python -m bench.isa samples/*.wav [--sets GENERIC,AVX2,AVX512] [--threads 1,2]` audits each recording in a process of
its own for each choice, with the embedded model, and prints a table: characters that differ from the first choice,
verdicts that differ, and how many of these are clear in both (a fail that is a pass elsewhere), and processor seconds.
CTranslate2 reads `CT2_FORCE_CPU_ISA` when it is loaded, hence the processes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from speechaudit.evaluation import characters

CLEAR: Final = frozenset({"pass", "fail"})
LONGEST: Final = 900.0  # seconds for the recordings of one choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Instructions and threads."""

    instructions: str
    threads: int

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be told."""
        return {"CT2_FORCE_CPU_ISA": self.instructions, "OMP_NUM_THREADS": str(self.threads)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one choice made of all recordings: words, and verdicts by recording, service and rule."""

    words: tuple[str, ...]
    verdicts: dict[str, str]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Of how many characters how many differ; of how many verdicts how many differ, and flip between pass and fail."""

    characters: int
    edits: int
    verdicts: int
    other: int
    flipped: int


def hear(paths: Sequence[Path]) -> None:
    """Audit the recordings in this process, and print words and verdicts as JSON."""
    from speechaudit import pipeline
    from speechaudit.asr import whisper
    from speechaudit.rules import rulebook

    book, transcriber = rulebook.load(), whisper.load("base", "cpu")
    words: list[str] = []
    verdicts: dict[str, str] = {}
    for path in paths:
        audit = pipeline.audit_recording(path, book, transcriber, pipeline.Overrides())
        said = (segment.text for encounter in audit.encounters for segment in encounter.transcript.segments)
        words.append("".join(said))
        for number, encounter in enumerate(audit.encounters):
            verdicts |= {f"{path.name} {number} {each.rule}": each.verdict for each in encounter.findings}
    told = {"words": words, "verdicts": verdicts, "seconds": time.process_time(), "settings": audit.made_by.settings}
    print(json.dumps(told, default=str))


def heard_by(choice: Choice, paths: Sequence[Path]) -> Heard:
    """Return what another process hears with this choice. Raises CalledProcessError if it fails."""
    command = [sys.executable, "-m", "bench.isa", "--here", *map(str, paths)]
    environment = os.environ | choice.environment
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LONGEST, check=True)
    told = json.loads(ran.stdout.splitlines()[-1])
    return Heard(words=tuple(told["words"]), verdicts=told["verdicts"], seconds=told["seconds"])


def difference(first: Heard, other: Heard) -> Difference:
    """Return how far the second differs from the first."""
    errors = [characters.errors(*pair) for pair in zip(first.words, other.words, strict=True)]
    names = first.verdicts.keys() | other.verdicts.keys()
    pairs = [(first.verdicts.get(name, ""), other.verdicts.get(name, "")) for name in names]
    differing = [pair for pair in pairs if pair[0] != pair[1]]
    return Difference(
        characters=sum(each.characters for each in errors),
        edits=sum(each.edits for each in errors),
        verdicts=len(pairs),
        other=len(differing),
        flipped=sum(set(pair) <= CLEAR for pair in differing),
    )


def row(choice: Choice, heard: Heard, found: Difference) -> str:
    """Return a line of the table."""
    words = f"{found.edits} of {found.characters}"
    verdicts = f"{found.other} of {found.verdicts}, {found.flipped} between pass and fail"
    return f"| {choice.instructions} | {choice.threads} | {words} | {verdicts} | {heard.seconds:.0f} |"


def main() -> None:
    """Print the table; its first line is what the others are compared with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", type=Path, nargs="+")
    parser.add_argument("--sets", default="GENERIC,AVX2,AVX512")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        hear(options.recordings)
        return
    print("| instructions | threads | characters that differ | verdicts that differ | processor s |")
    print("|---|---|---|---|---|")
    first: Heard | None = None
    sets, threads = options.sets.split(","), [int(each) for each in options.threads.split(",")]
    for choice in (Choice(instructions=each, threads=count) for each in sets for count in threads):
        heard = heard_by(choice, options.recordings)
        first = first or heard
        print(row(choice, heard, difference(first, heard)), flush=True)


if __name__ == "__main__":
    main()
