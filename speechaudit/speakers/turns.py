"""The values that diarization yields: turns, voices with their embeddings, likeness to a profile."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from speechaudit.model import Span

MIN_MARGIN = 0.1  # a turn that sounds this much like two voices, or like a stranger, belongs to none
UNDECIDED = 0.5  # confidence of a voice whose role is left open
NEARBY = 30.0  # seconds beside a span that can matter to it
S = TypeVar("S", bound=Span)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerTurn(Span):
    """A stretch in which one voice speaks. `voice` counts from 0, the voice heard most first.

    `margin` is how much more the stretch sounds like its voice than like the next best or a stranger (difference of
    cosines, -2 to 2). `likeness` is the cosine with its voice.
    """

    voice: int
    margin: float
    likeness: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """The diarization of one channel: turns (ordered, not overlapping) and the stretches in which two spoke at once.

    `embeddings` holds a unit vector of 192 numbers for each voice, `seconds` how long it was surely heard.
    `alternative` is the diarization with two voices in the stretches `doubtful` (ordered), where one was found and
    sound alone cannot rule out two; voices of both have the same number in both.
    """

    turns: tuple[SpeakerTurn, ...] = ()
    overlaps: tuple[Span, ...] = ()
    embeddings: tuple[tuple[float, ...], ...] = ()
    seconds: tuple[float, ...] = ()
    alternative: Voices | None = None
    doubtful: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """Log-odds that each voice of a recording ("S1", …) is that of `staff`; too short ones are left out."""

    staff: str
    odds: Mapping[str, float]


def speaker_label(voice: int) -> str:
    """Return the label of a voice in `Segment.speaker`: "S1" is heard most."""
    return f"S{voice + 1}"


def nearby(spans: Sequence[S], span: Span) -> Sequence[S]:
    """Return those of `spans` (ordered, not overlapping) that lie within `NEARBY` of a span: most of hours do not."""
    first = bisect_left(spans, span.start - NEARBY, key=lambda one: one.end)
    last = bisect_right(spans, span.end + NEARBY, key=lambda one: one.start)
    return spans[first:last]


def covered_share(span: Span, others: Iterable[Span]) -> float:
    """Return the share of `span` (0 to 1) that lies in `others`, which do not overlap; 0 for a span without length."""
    return sum(span.overlap(other) for other in others) / span.duration if span.duration else 0.0
