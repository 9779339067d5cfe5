"""The values that hearing voices yields."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from speechaudit.model import Span

MIN_MARGIN = 0.1  # a turn that sounds this much like two voices, or like a stranger, belongs to none
AROUND = 30.0  # seconds beside a span that can matter to it
S = TypeVar("S", bound=Span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Span):
    """A stretch in which one voice speaks. `voice` counts from 0, the voice heard most first.

    `margin` is how much more the stretch sounds like its voice than like the next best or a stranger (difference of
    cosines, -2 to 2).
    """

    voice: int
    margin: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """Who spoke when in one channel: turns (ordered, not overlapping) and the stretches in which two spoke at once.

    `prints` holds the voice print of each voice (a unit vector of 192 numbers), `seconds` how long it was surely heard.
    `perhaps` is what else it may be: two voices so alike that sound alone cannot tell whether they are one.
    """

    turns: tuple[Turn, ...] = ()
    overlaps: tuple[Span, ...] = ()
    prints: tuple[tuple[float, ...], ...] = ()
    seconds: tuple[float, ...] = ()
    perhaps: Voices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """How surely each voice of a recording ("S1", …) is that of `staff`, as log-odds; too short ones are left out."""

    staff: str
    odds: Mapping[str, float]


def name(voice: int) -> str:
    """What a voice is called in `Segment.speaker`: "S1" is heard most."""
    return f"S{voice + 1}"


def near(spans: Sequence[S], span: Span) -> Sequence[S]:
    """Those of `spans` (ordered, not overlapping) that lie within `AROUND` of a span: in hours most do not matter."""
    first = bisect_left(spans, span.start - AROUND, key=lambda one: one.end)
    last = bisect_right(spans, span.end + AROUND, key=lambda one: one.start)
    return spans[first:last]


def share_in(span: Span, others: Iterable[Span]) -> float:
    """The share of `span` (0 to 1) that lies in `others`, which do not overlap; 0 for a span without length."""
    return sum(span.overlap(other) for other in others) / span.duration if span.duration else 0.0
