"""Words cut into segments: short enough that the two sides of a stereo dialogue can be put in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from speechaudit.asr.cleaning import sentences
from speechaudit.model import Segment, Word, with_words

PAUSE = 0.8
PAUSE_AFTER_SENTENCE = 0.3
LONGEST = 15.0


def segments(words: Sequence[Word], channel: int) -> tuple[Segment, ...]:
    """Cut at pauses over 0.8 s, at the ends of sentences with a pause over 0.3 s, and what is over 15 s once more."""
    empty = Segment(start=0.0, end=0.0, text="", channel=channel)
    return tuple(with_words(empty, part) for turn in _turns(words) for part in _short(turn))


def merged(channels: Iterable[Iterable[Segment]]) -> tuple[Segment, ...]:
    """Return the segments of all channels, ordered by start."""
    every = (segment for channel in channels for segment in channel)
    return tuple(sorted(every, key=lambda segment: (segment.start, segment.end, segment.channel)))


def _turns(words: Sequence[Word]) -> list[list[Word]]:
    turns: list[list[Word]] = []
    ended = {sentence[-1] for sentence in sentences(words)}
    for word in words:
        if turns:
            last = turns[-1][-1]
            pause = word.start - last.end
            if pause <= (PAUSE_AFTER_SENTENCE if last in ended else PAUSE):
                turns[-1].append(word)
                continue
        turns.append([word])
    return turns


def _short(words: Sequence[Word]) -> list[Sequence[Word]]:
    """Halve at the widest pause until no part is too long; equal pauses are cut nearest the middle."""
    if words[-1].end - words[0].start <= LONGEST or len(words) < 2:
        return [words]
    middle = len(words) / 2
    cut = max(range(1, len(words)), key=lambda i: (round(words[i].start - words[i - 1].end, 2), -abs(i - middle)))
    return _short(words[:cut]) + _short(words[cut:])
