"""A line to learn from, what is left of many after doubles and contradictions, and how they are split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from speechaudit.text import model_form

HELD = 0.3
"""The share of a centre's lines that is kept for the comparison, at least."""
_TOO_LARGE = 0.5
_LONGEST = 44  # characters of a window of the model


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledLine:
    """A turn of staff: `labels` are its faults, none where it is fair; `before` is the turn before it, if known.

    `family` is what stays together when lines are split: who said it, or the idea that it says.
    """

    text: str
    labels: frozenset[str]
    family: str
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """Lines that say each text once; how many were dropped because people contradict each other about the words."""

    lines: tuple[LabelledLine, ...]
    contradicted: int


def cleaned(lines: Iterable[LabelledLine]) -> Cleaned:
    """Return the lines with each text once, in order; where it is a fault to one and fair to another, none."""
    same: dict[tuple[str, str], list[LabelledLine]] = defaultdict(list)
    for line in lines:
        if text := model_form(line.text):
            same[text, model_form(line.before)].append(line)
    agreed = [own for own in same.values() if len({bool(line.labels) for line in own}) == 1]
    merged = (replace(own[0], labels=frozenset().union(*(line.labels for line in own))) for own in agreed)
    return Cleaned(lines=tuple(merged), contradicted=sum(map(len, same.values())) - sum(map(len, agreed)))


def window(line: LabelledLine) -> str:
    """Return the bare text that the model reads of a line."""
    return model_form(line.text)[:_LONGEST]


def split(lines: Sequence[LabelledLine]) -> tuple[tuple[LabelledLine, ...], tuple[LabelledLine, ...]]:
    """Return lines to learn from, and lines kept for the comparison: whole families, drawn by what they are called.

    A family of more than half of all lines is never kept: nothing would be left to learn from.
    """
    families: dict[str, list[LabelledLine]] = defaultdict(list)
    for line in lines:
        families[line.family].append(line)
    kept: set[str] = set()
    count = 0
    for name in sorted(families, key=drawn):
        size = len(families[name])
        if count < HELD * len(lines) and count + size <= _TOO_LARGE * len(lines):
            kept.add(name)
            count += size
    return tuple(own for own in lines if own.family not in kept), tuple(own for own in lines if own.family in kept)


def drawn(name: str) -> float:
    """Return a number from 0 to 1 that a name always has."""
    return int.from_bytes(sha256(name.encode()).digest()[:4]) / 2**32
