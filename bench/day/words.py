"""How well services are cut on exact words, without sound: `python -m bench.day.words labelled/test` (or `report`).

Services are those of services.yml or the counter plays with one service of a folder; chats and calls are always ours.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from bench.day.plan import Day, Scene, Turn, script
from bench.day.score import Marks, boundaries
from speechaudit.encounters import split
from speechaudit.model import Recording, Role, Segment, Transcript
from speechaudit.rules import plays

CHARACTERS_PER_SECOND = 4.2
SECONDS, SERVICES, SEEDS = 8 * 3600.0, 60, 6
LONG_WAIT = 5.0  # seconds between two turns of a play that are written as a wait
Known = Literal["roles", "nothing", "roles and voices"]


def said(turn: Turn, number: int, known: Known) -> Segment:
    """A turn as it is heard. A colleague is nobody's role, or taken for a citizen where voices are known."""
    segment = Segment(start=turn.start, end=turn.end, text=turn.text)
    if known == "nothing":
        return segment
    by_role: dict[str, Role] = {"staff": "staff", "citizen": "citizen"}
    if known == "roles":
        return replace(segment, role=by_role.get(turn.role, "unknown"))
    return replace(
        segment, role=by_role.get(turn.role, "citizen"), speaker="S1" if turn.role == "staff" else f"C{number}"
    )


def cut(scenes: Sequence[Scene], known: Known) -> Marks:
    """The boundaries that are found where so much is known; the voice of a citizen repeats every third scene."""
    segments = tuple(said(turn, number % 3, known) for number, scene in enumerate(scenes) for turn in scene.turns)
    division = split(Transcript(segments=segments, duration=SECONDS), Recording(file="day"))
    return boundaries(scenes, division.encounters)


def lines(play: Path) -> Iterator[str]:
    """A play as lines of services.yml."""
    end = None
    for segment in plays.parse(play.read_text(encoding="utf-8"), str(play)).transcript.segments:
        if end is not None and segment.start - end > LONG_WAIT:
            yield f"wait {segment.start - end:.1f}"
        yield f"{'staff' if segment.role == 'staff' else 'citizen'} {segment.text}"
        end = segment.end


def services_of(folder: Path) -> list[list[str]]:
    """The counter plays of a folder that hold one service."""
    found = (path for path in sorted(folder.glob("*.play")) if "setting: counter" in path.read_text(encoding="utf-8"))
    return [list(lines(path)) for path in found if "multi" not in path.name]


def day_script(name: str) -> dict[str, Any]:
    """A set by name, or the plays of a folder with the talk of `report`."""
    if not Path(name).is_dir():
        return script(name)
    return script("report") | {"services": services_of(Path(name))}


def main() -> None:
    """Print precision and recall over some days."""
    texts = day_script(sys.argv[1])
    for known in ("roles", "nothing", "roles and voices"):
        found = []
        for seed in range(SEEDS):
            day = Day(texts, lambda _voice, text: len(text) / CHARACTERS_PER_SECOND, seed)
            found.append(cut(day.scenes(SERVICES, SECONDS), known))
        total = Marks(
            true=sum(m.true for m in found), found=sum(m.found for m in found), right=sum(m.right for m in found)
        )
        print(f"{known} known: precision {total.precision:.3f}, recall {total.recall:.3f}, {SEEDS} days of {SERVICES}")


if __name__ == "__main__":
    main()
