"""A word counts only where its own channel has the energy of a voice at that moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from speechaudit.asr.condition import BLEED, SILENT, Track
from speechaudit.asr.frames import Mask, mask_of, spans_of
from speechaudit.asr.music import inside
from speechaudit.asr.sound import FRAME, Decibels
from speechaudit.model import Span, Word

FAINTEST = 35.0
OUTSTANDING = 3.0  # decibels above the steady background: hum and hiss are not louder than themselves
_NOBODY = 0.5  # share of a word that lies where sound is lost, or in music: nobody said it
_SHORTEST = 0.2  # seconds of speech between two leaks
_JOINED = 5  # frames between two leaks that belong to them: the voice that leaks in breathes
_SLACK = 2  # frames: times of words are inexact by about 0.1 s


def audible_words(words: Iterable[Word], channel: int, tracks: Sequence[Track]) -> Iterator[Word]:
    """Yield the words that are neither invented over silence nor cross-talk, their times without silence.

    Cross-talk is over 25 dB quieter than the other channel at that moment; where more leaks in, so much as leaks in.
    Silence is what is 35 dB below the track's voice, or does not stand out from its background.
    """
    mine, others = tracks[channel], [track for number, track in enumerate(tracks) if number != channel]
    silence = max(SILENT, mine.level - FAINTEST, mine.background + OUTSTANDING)
    nobody = (*mine.gaps, *map(inside, mine.music))
    for word in words:
        if sum(word.overlap(span) for span in nobody) > _NOBODY * word.duration:
            continue
        loudest = _around(word, mine).max(initial=SILENT)
        if loudest > silence and all(loudest >= _around(word, o).max(initial=SILENT) - mine.bleed for o in others):
            yield _tight(word, mine, silence)


def own_speech(voiced: Sequence[Span], channel: int, tracks: Sequence[Track]) -> tuple[Span, ...]:
    """Return the spans in which somebody speaks into this channel: no leak from the other, no voice in music."""
    mine = tracks[channel]
    leaking = mine.bleed < BLEED and len(tracks) > 1
    if not leaking and not mine.music:
        return tuple(voiced)
    count = len(mine.loudness)
    others = mask_of(map(inside, mine.music), count)
    if leaking:
        others |= _leaks(mine, tracks[1 - channel])
    return tuple(span for span in spans_of(mask_of(voiced, count) & ~others) if span.duration >= _SHORTEST)


def _leaks(mine: Track, other: Track) -> Mask:
    """The frames of a track that are quieter than what may leak in from the other at about that time.

    What the other may have from this one leaks nothing back: else the soft parts of a word would be its own leak.
    """
    from scipy.ndimage import binary_closing, maximum_filter1d

    reached = maximum_filter1d(mine.loudness, 2 * _SLACK + 1) - other.bleed
    own = np.where(other.loudness < reached, SILENT, other.loudness)
    around = maximum_filter1d(own, 2 * _SLACK + 1)
    found: Mask = binary_closing(mine.loudness < around - mine.bleed, np.ones(_JOINED))
    return found


def _tight(word: Word, track: Track, silence: float) -> Word:
    """The word without silent frames at its edges: the recogniser lets the first word begin in the pause before it."""
    first = int(word.start / FRAME)
    loud = np.flatnonzero(track.loudness[first : int(word.end / FRAME) + 1] > silence)
    if not loud.size:
        return word
    start, end = FRAME * (first + int(loud[0])), FRAME * (first + int(loud[-1]) + 1)
    return replace(word, start=max(word.start, start), end=min(word.end, end))


def _around(word: Word, track: Track) -> Decibels:
    first, last = int(word.start / FRAME) - _SLACK, int(word.end / FRAME) + _SLACK + 1
    return track.loudness[max(0, first) : max(1, last)]
