"""The lines of `training/writers`: what several people wrote who knew neither the rules nor each other's lines.

How a file is written: `speechaudit.learning.delivered`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from speechaudit.learning import delivered
from speechaudit.learning.delivered import WriterError
from training.utterances import Utterance, read_families

__all__ = [
    "DATA",
    "FIRST",
    "NEW",
    "UNTOLD",
    "WriterError",
    "held",
    "known_labels",
    "part",
    "read_lines",
    "read_writers",
]
DATA = delivered.folder()
FIRST = frozenset({"north-counters", "south-counters", "telephones"})
"""Writers from whom a model learns first; the others came later, and are learned from further."""
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
    for line in delivered.file_lines(path, known):
        yield Utterance(
            text=line.text,
            before=line.before,
            labels=line.labels,
            unknown=UNTOLD,
            family=line.family,
            source=path.stem,
        )


def held(utterance: Utterance) -> bool:
    """True for the share of ideas on which the model is calibrated, and never trained."""
    return delivered.is_held(utterance.family)


def part(utterances: Sequence[Utterance], *, of_held: bool) -> list[Utterance]:
    """The utterances whose ideas are held out, or the others."""
    return [own for own in utterances if held(own) is of_held]
