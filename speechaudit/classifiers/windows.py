"""What the model reads of a segment: bare characters, in windows short enough for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from speechaudit.text import model_form

WINDOW = 44
"""Characters of a window: about two spoken sentences, so that a refusal is read together with its excuse."""
_HALF = WINDOW // 2
_PAUSE = re.compile(r"(?<=[。!?!?;;…,,、::\n])")


def windows(text: str) -> tuple[str, ...]:
    """Return bare windows of at most `WINDOW` characters, each sharing a half with the next; () without any.

    Halves end at a pause wherever there is one.
    """
    whole = model_form(text)
    if len(whole) <= WINDOW:
        return (whole,) if whole else ()
    return tuple(first + second for first, second in pairwise(_halves(map(model_form, _PAUSE.split(text)))))


def _halves(pieces: Iterable[str]) -> list[str]:
    """The pieces packed together, and cut where one is too long for half a window."""
    halves = [""]
    for piece in pieces:
        for part in (piece[i : i + _HALF] for i in range(0, len(piece), _HALF)):
            if len(halves[-1]) + len(part) <= _HALF:
                halves[-1] += part
            else:
                halves.append(part)
    return halves
