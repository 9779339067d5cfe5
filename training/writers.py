"""The lines of `training/writers`: what several people wrote who knew neither the rules nor each other's lines.

A file is one writer's, named by voice. Blocks are parted by an empty line; a block says one idea and stays together
when data are split. It begins with `@ LABEL…` (lines to be charged), `@ ok LABEL` (near misses of that label that are
no fault) or `@ plain` (ordinary service). A line is one turn of staff; turns before it stand in front, ` // ` between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from training.utterances import Utterance, read_families

DATA = Path(__file__).parent / "writers"
BETWEEN = " // "
NEW = frozenset(
    {
        "forbid-scold",
        "forbid-command",
        "forbid-threat",
        "forbid-indifferent",
        "forbid-counter-question",
        "forbid-mock",
    }
)
"""Labels that the templates of `training/data` do not know."""
UNTOLD = frozenset({"question", "request", "staff-like", "citizen-like"})
"""Labels that no writer was asked about."""
_HELD = 0.12


class WriterError(ValueError):
    """A line of a writer's file that cannot be read, with its place."""


def known_labels() -> frozenset[str]:
    """The labels that a block may carry."""
    return NEW | {label for family in read_families() for label in family.labels} - UNTOLD


def read_lines(path: Path) -> tuple[Utterance, ...]:
    """The utterances of one file. Raises WriterError."""
    return tuple(_read(path, known_labels()))


def read_writers(folder: Path = DATA) -> dict[str, tuple[Utterance, ...]]:
    """Writer -> utterances, in the order of file names. Raises WriterError."""
    known = known_labels()
    return {path.stem: tuple(_read(path, known)) for path in sorted(folder.glob("*.txt"))}


def _read(path: Path, known: frozenset[str]) -> Iterator[Utterance]:
    labels: frozenset[str] | None = None
    block = 0
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        place = f"{path.name} line {number}"
        if line.startswith("@"):
            labels, block = _head(line, known, place), block + 1
        elif line.strip():
            if labels is None:
                raise WriterError(f"{place}: stands in no block")
            yield _utterance(line, labels, f"{path.stem}-{block}", path.stem, place)
        else:
            labels = None


def _head(line: str, known: frozenset[str], place: str) -> frozenset[str]:
    marks = line.removeprefix("@").split()
    charged = marks[:1] not in (["ok"], ["plain"])
    named = marks if charged else marks[1:]
    if not marks or set(named) - known or (marks[0] == "plain") != (not named):
        raise WriterError(f"{place}: {line}")
    return frozenset(named if charged else ())


def _utterance(line: str, labels: frozenset[str], family: str, source: str, place: str) -> Utterance:
    turns = [turn.strip() for turn in line.split(BETWEEN.strip())]
    if not all(turns):
        raise WriterError(f"{place}: an empty turn")
    before = turns[-2] if len(turns) > 1 else ""
    return Utterance(text=turns[-1], before=before, labels=labels, unknown=UNTOLD, family=family, source=source)


def held(utterance: Utterance) -> bool:
    """True for the share of ideas on which the model is calibrated, and never trained."""
    return int.from_bytes(sha256(utterance.family.encode()).digest()[:4]) / 2**32 < _HELD


def part(utterances: Sequence[Utterance], *, of_held: bool) -> list[Utterance]:
    """The utterances whose ideas are held out, or the others."""
    return [own for own in utterances if held(own) is of_held]
