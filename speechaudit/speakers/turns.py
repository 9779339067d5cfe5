"""The value that hearing voices yields."""

from __future__ import annotations

from dataclasses import dataclass

from speechaudit.model import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Span):
    """A stretch in which one voice speaks. `voice` counts from 0, the voice heard most first.

    `margin` is how much more the stretch sounds like its voice than like the next best (difference of cosines, 0 to 2).
    """

    voice: int
    margin: float
