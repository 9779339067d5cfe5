"""The lines that came with the program: what the label model was trained on, and ideas that it never saw.

A file is one writer's. Blocks are parted by an empty line; a block says one idea. It begins with `@ LABEL…` (lines to
be charged), `@ ok LABEL` (near misses of that label that are no fault) or `@ plain` (ordinary service). A line is one
turn of staff; turns before it stand in front, ` // ` between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from speechaudit.learning.lines import LabelledLine, drawn

BETWEEN = "//"
_HELD = 0.12
_FAIR = (["ok"], ["plain"])


class WriterError(ValueError):
    """A line of a writer's file that cannot be read, with its place."""


def folder() -> Path:
    """Return where the lines lie: in the wheel as in the repository."""
    return Path(__file__).resolve().parents[2] / "training" / "writers"


def lines(known: Collection[str]) -> tuple[LabelledLine, ...]:
    """Return all delivered lines, in the order of file names; `known` are the labels that they may carry."""
    return tuple(line for path in sorted(folder().glob("*.txt")) for line in file_lines(path, known))


def file_lines(path: Path, known: Collection[str]) -> Iterator[LabelledLine]:
    """Yield the lines of one file. Raises WriterError."""
    labels: frozenset[str] | None = None
    block = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        place = f"{path.name} line {number}"
        if line.startswith("@"):
            labels, block = _head(line, known, place), block + 1
        elif line.strip():
            if labels is None:
                raise WriterError(f"{place}: stands in no block")
            yield _line(line, labels, f"{path.stem}-{block}", place)
        else:
            labels = None


def is_held(family: str) -> bool:
    """Return whether this is one of the ideas on which the model is calibrated, and never trained."""
    return drawn(family) < _HELD


def _head(line: str, known: Collection[str], place: str) -> frozenset[str]:
    marks = line.removeprefix("@").split()
    charged = marks[:1] not in _FAIR
    named = marks if charged else marks[1:]
    if not marks or set(named) - set(known) or (marks[0] == "plain") != (not named):
        raise WriterError(f"{place}: {line}")
    return frozenset(named if charged else ())


def _line(line: str, labels: frozenset[str], family: str, place: str) -> LabelledLine:
    turns = [turn.strip() for turn in line.split(BETWEEN)]
    if not all(turns):
        raise WriterError(f"{place}: an empty turn")
    return LabelledLine(text=turns[-1], before=turns[-2] if len(turns) > 1 else "", labels=labels, family=family)
