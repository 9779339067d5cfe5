"""Plays as files: comments, a header and timed turns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TURN = re.compile(r"(staff|citizen|machine) @([\d.]+)-([\d.]+): (.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one party says, with its times in seconds."""

    role: str
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A dialogue: `comments` and `header` as they stand in the file, and the turns."""

    comments: tuple[str, ...]
    header: dict[str, str]
    turns: tuple[Turn, ...]


def read_play(path: Path) -> Play:
    """Parse a play; raises ValueError for a line that is neither comment, header nor turn."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    comments = tuple(line for line in lines if line.startswith("#"))
    matches = {line: TURN.fullmatch(line) for line in lines}
    turns = tuple(
        Turn(role=found[1], start=float(found[2]), end=float(found[3]), text=found[4])
        for found in matches.values()
        if found
    )
    header = dict(line.split(": ", 1) for line in lines if line not in comments and not matches[line])
    return Play(comments=comments, header=header, turns=turns)


def write_play(path: Path, play: Play) -> None:
    """Write a play back, times with two decimals."""
    header = [f"{key}: {value}" for key, value in play.header.items()]
    turns = [f"{turn.role} @{turn.start:.2f}-{turn.end:.2f}: {turn.text}" for turn in play.turns]
    path.write_text("\n".join([*play.comments, *header, *turns]) + "\n", encoding="utf-8")
