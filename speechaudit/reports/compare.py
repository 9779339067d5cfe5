"""How others did in each dimension, where enough others are there that nobody's figure follows by subtraction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Final

from speechaudit.reports.figures import EncounterEntry
from speechaudit.reports.sameness import Contrast

# With three others, even one of them who knows the own figure learns only the sum of two: docs/decisions.
MINIMUM_OTHERS: Final = 3
Rows = Mapping[str, Sequence[EncounterEntry]]
Shares = Mapping[str, Mapping[str, float]]  # by person, then by dimension: points of full, 0 to 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """Means of the shares of other people, by dimension; empty where too few are there to be told.

    `window` is of those who served at the same window, `centre` of all of the centre. Each person counts once.
    `too_many` recordings fall into the time to be compared. `alike` compares the one person that is reported, if it
    is one, with themselves at other times.
    """

    window: Mapping[str, float] = field(default_factory=dict)
    centre: Mapping[str, float] = field(default_factory=dict)
    too_many: bool = False
    alike: tuple[Contrast, ...] = ()


def compare(rows: Rows, *, without: frozenset[str], window: str | None) -> Others:
    """Compare with everybody in `rows` but those `without`, who are reported.

    The centre's mean stands beside the window's only if those who make the difference are none or enough themselves.
    """
    others = {staff: served for staff, served in rows.items() if staff not in without}
    there = {staff: [row for row in served if window and row.window == window] for staff, served in others.items()}
    near, far = _shares(there), _shares(others)
    told = {name: mean for name, mean in _means(far).items() if _apart(name, near, far)}
    return Others(window=_means(near), centre=told)


def _apart(name: str, near: Shares, far: Shares) -> bool:
    """Return whether the two means of a dimension may stand side by side, or only one of them is there."""
    here = {staff for staff, shares in near.items() if name in shares}
    beyond = {staff for staff, shares in far.items() if name in shares} - here
    return len(here) < MINIMUM_OTHERS or not beyond or len(beyond) >= MINIMUM_OTHERS


def _shares(rows: Rows) -> Shares:
    return {staff: shares for staff, served in rows.items() if (shares := _own(served))}


def _own(rows: Sequence[EncounterEntry]) -> dict[str, float]:
    got: dict[str, float] = defaultdict(float)
    full: dict[str, float] = defaultdict(float)
    for part in (part for row in rows for part in row.dimensions):
        got[part.name] += part.score
        full[part.name] += part.full
    return {name: got[name] / full[name] for name in full if full[name]}


def _means(shares: Shares) -> dict[str, float]:
    by_name: dict[str, list[float]] = defaultdict(list)
    for own in shares.values():
        for name, share in own.items():
            by_name[name].append(share)
    return {name: fmean(values) for name, values in by_name.items() if len(values) >= MINIMUM_OTHERS}


def main_window(rows: Sequence[EncounterEntry]) -> str | None:
    """Return the window of most services, the first of several; None if no window is known."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.window:
            counts[row.window] += 1
    return max(counts, key=lambda code: counts[code], default=None)
