"""Turns of the roster at the same time: of two people at one window, or of one person at two, nobody is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_MOST_AT_ONCE: Final = 10  # of one window or person: more say no more, and would take long to compare


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterTurn:
    """A turn of a table by the `number` of its row, or one that is registered (None)."""

    number: int | None
    window_id: int
    staff_id: int
    starts_at: datetime
    ends_at: datetime


def beside(turns: Iterable[RosterTurn]) -> Mapping[int, RosterTurn]:
    """Return, by row, another turn at the same time: somebody else at the window, or the same person elsewhere."""
    known = sorted(turns, key=lambda turn: turn.starts_at)
    found: dict[int, RosterTurn] = {}
    for one, other in (*_pairs(known, lambda turn: turn.window_id), *_pairs(known, lambda turn: turn.staff_id)):
        if (one.window_id, one.staff_id) == (other.window_id, other.staff_id):
            continue
        for mine, beside_it in ((one, other), (other, one)):
            if mine.number is not None:
                found.setdefault(mine.number, beside_it)
    return found


def _pairs(known: Iterable[RosterTurn], place: Callable[[RosterTurn], int]) -> Iterator[tuple[RosterTurn, RosterTurn]]:
    """Yield turns of one place that overlap; `known` is in the order of their beginnings."""
    running: defaultdict[int, list[RosterTurn]] = defaultdict(list)
    for turn in known:
        still = [each for each in running[place(turn)] if each.ends_at > turn.starts_at]
        yield from ((each, turn) for each in still)
        running[place(turn)] = [*still, turn][-_MOST_AT_ONCE:]
