"""What is said again, sound for sound, before anybody answers: queues and holds do so, people hardly ever."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from speechaudit.model import Segment
from speechaudit.sounds import likeness
from speechaudit.text import letters

ALIKE = 0.85  # share of the sounds
LONG_ENOUGH = 8  # characters
NEAR = 3  # segments of one side within which something is said again


def said_twice(everybody: Sequence[Segment]) -> bool:
    """Return whether one side says something long twice in a row."""
    return any(
        one.role == two.role and _alike(letters(one.text), letters(two.text)) for one, two in pairwise(everybody)
    )


def said_again(own: Sequence[Segment], spoken: Sequence[bool]) -> set[int]:
    """Return which segments of one side are said again; `spoken` says that the other side speaks before a segment."""
    found: set[int] = set()
    texts = [letters(segment.text) for segment in own]
    for at, text in enumerate(texts):
        for later in range(at + 1, min(len(own), at + 1 + NEAR)):
            if spoken[later]:
                break
            if _alike(text, texts[later]):
                found |= {at, later}
    return found


def _alike(one: str, two: str) -> bool:
    short, long = sorted((len(one), len(two)))
    return short >= max(LONG_ENOUGH, ALIKE * long) and likeness(one, two) >= ALIKE
