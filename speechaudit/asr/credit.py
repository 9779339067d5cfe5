"""A word counts only where its own channel has the energy of a voice at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from speechaudit.asr.condition import SILENT, Line
from speechaudit.asr.sound import FRAME
from speechaudit.model import Word

BLEED = 25.0
FAINTEST = 35.0
_SLACK = 0.1


def heard(words: Iterable[Word], channel: int, lines: Sequence[Line]) -> tuple[Word, ...]:
    """The words that are no invention over silence and no cross-talk of the other line.

    Cross-talk is over 25 dB quieter than the other channel at that moment; silence is 35 dB below the line's voice.
    """
    mine, others = lines[channel], [line for number, line in enumerate(lines) if number != channel]
    return tuple(word for word in words if _spoken(word, mine) and not any(_bleeds(word, mine, o) for o in others))


def _spoken(word: Word, line: Line) -> bool:
    return loudest(word, line) > max(SILENT, line.level - FAINTEST)


def _bleeds(word: Word, mine: Line, other: Line) -> bool:
    return loudest(word, mine) < loudest(word, other) - BLEED


def loudest(word: Word, line: Line) -> float:
    """Decibels of the loudest frame of the word in that line, with a little slack for inexact times."""
    first, last = int((word.start - _SLACK) / FRAME), int((word.end + _SLACK) / FRAME) + 1
    return float(line.loudness[max(0, first) : max(1, last)].max(initial=SILENT))
