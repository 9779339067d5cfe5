"""Makes a counter day, audits it as a user would, and says how well its services were found and what that took.

`python -m bench.day --voices FOLDER --set report --hours 8 --services 60`; with `--kill` the audit is also killed half
way and goes on. FOLDER is made by `bench/day/speak.py`. The recording stays in FOLDER.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from bench.day.plan import Day, Scene, script
from bench.day.score import boundaries, talk_as_services, wrong
from bench.day.sound import Voices, write_day
from speechaudit import formats
from speechaudit.model import Aside, Audit, Call, Encounter

LATE = 3.0  # seconds between a call of the queue and the first word


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of the program: wall time, CPU time and, so far, the highest memory of any run."""

    wall: float
    cpu: float
    peak_mb: float


def audit(path: Path, out: Path, kill_at: int | None = None) -> Run:
    """Run `speechaudit audit`; with `kill_at`, kill -9 it when so many pieces are finished."""
    environment = os.environ | {"SPEECHAUDIT_CACHE": str(out / "cache"), "OMP_NUM_THREADS": "1"}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [str(Path(sys.executable).parent / "speechaudit"), "audit", str(path), "--out", str(out)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            if kill_at is not None and _pieces(out) >= kill_at:
                process.kill()
            time.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall=time.monotonic() - began, cpu=cpu, peak_mb=after.ru_maxrss / 1024)


def _pieces(out: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (out / "cache" / "partial").glob("*.pieces"))


def say(name: str, run: Run) -> None:
    """One line on what a run took."""
    print(f"{name}: wall {run.wall:.0f} s, CPU {run.cpu:.0f} s, peak memory {run.peak_mb:.0f} MB", flush=True)


def judge(scenes: tuple[Scene, ...], found: Audit) -> None:
    """Print how well services were cut."""
    marks = boundaries(scenes, found.encounters)
    talks, judged = talk_as_services(scenes, found)
    services = sum(scene.kind == "service" for scene in scenes)
    print(f"{services} services, {len(found.encounters)} found; boundaries within 5 s:", end=" ")
    print(f"precision {marks.precision:.3f} ({marks.right}/{marks.found}),", end=" ")
    print(f"recall {marks.recall:.3f} ({marks.right}/{marks.true})")
    print(f"{talks} chats and private calls, {judged} judged as services; {len(found.asides)} listed as talk")
    print("\n".join(wrong(scenes, found.encounters)), flush=True)


def with_calls(scenes: tuple[Scene, ...], found: Audit) -> Audit:
    """The same hearing, cut at calls of the queue a little before each service."""
    from speechaudit.encounters import split

    services = [scene for scene in scenes if scene.kind == "service"]
    calls = tuple(Call(at=max(0.0, s.start - LATE), number=f"A{n}") for n, s in enumerate(services, 1))
    parts: list[Encounter | Aside] = sorted((*found.encounters, *found.asides), key=lambda part: part.start)
    segments = tuple(segment for part in parts for segment in part.transcript.segments)
    division = split(
        replace(parts[0].transcript, segments=segments, duration=found.duration), replace(found.recording, calls=calls)
    )
    return replace(found, encounters=division.encounters, asides=division.asides)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", type=Path, required=True)
    parser.add_argument("--set", choices=("tune", "report"), default="report")
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--services", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kill", action="store_true")
    asked = parser.parse_args()
    voices = Voices(asked.voices)
    scenes = Day(script(asked.set), voices.seconds, asked.seed).scenes(asked.services, asked.hours * 3600)
    folder = asked.voices / f"{asked.set}-{asked.hours:g}h-{asked.seed}"
    folder.mkdir(exist_ok=True)
    path = folder / "day.flac"
    write_day(path, scenes, asked.hours * 3600, voices, asked.seed)
    say("whole", audit(path, folder / "whole"))
    found = formats.read_audit(folder / "whole" / f"{path.name}{formats.AUDIT_SUFFIX}")
    judge(scenes, found)
    print("with calls of the queue:")
    judge(scenes, with_calls(scenes, found))
    if asked.kill:
        say("until killed", audit(path, folder / "killed", kill_at=asked.services // 2))
        say("went on", audit(path, folder / "killed"))
        again = formats.read_audit(folder / "killed" / f"{path.name}{formats.AUDIT_SUFFIX}")
        print("the same result after the kill:", again == found)


if __name__ == "__main__":
    main()
