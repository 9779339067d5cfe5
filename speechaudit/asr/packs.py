"""Speech packed into windows of the recogniser, and the way back from times in a window to times in the recording.

Each window costs a prompt and some seconds of silence behind it, so one filled with several utterances costs less than
each of them alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from speechaudit.asr.activity import joined
from speechaudit.asr.sound import FRAME, Decibels
from speechaudit.model import Span, Word

PAD_BEFORE = 0.5
PAD_AFTER = 0.4
LONGEST = 28.0
_SLOWEST = 0.6
_EDGE = 0.05
_WORTH = 0.6  # seconds of speech that are more than a sound in passing
_PIECE = 0.2  # seconds of speech without a word that are heard with a longer stretch
_INEXACT = 0.3  # seconds by which a word may be timed wrongly


@dataclass(frozen=True, slots=True)
class Pack:
    """Padded spans of the recording that are heard as one window, one after the other.

    `speech` are the detected spans of speech that they hold, unpadded.
    """

    spans: tuple[Span, ...]
    speech: tuple[Span, ...]

    @property
    def duration(self) -> float:
        """Seconds of sound in the window."""
        return sum(span.duration for span in self.spans)

    @property
    def speech_seconds(self) -> float:
        """Seconds of detected speech in the window."""
        return sum(max(0.0, min(s.end, self.spans[-1].end) - s.start) for s in self.speech)

    @property
    def end_of_speech(self) -> float:
        """Where in the window (seconds) the last detected speech ends: behind it nobody speaks."""
        last = self.spans[-1].end
        return self.duration - max(0.0, last - self.speech[-1].end) if self.speech else 0.0

    @property
    def name(self) -> str:
        """Its spans in words: the same speech makes the same packs."""
        return " ".join(f"{span.start:.3f}-{span.end:.3f}" for span in self.spans)

    def without(self, words: Sequence[Word]) -> tuple[Pack, ...]:
        """Return the speech in which none of these words lies, as windows; what touches is one.

        There is none if that would be the same window once more.
        """
        inside = [part for one in self.speech for span in self.spans if (part := one & span)]
        lost = [piece for one in inside for piece in _uncovered(one, words)]
        wide = (part for one in padded(lost, self.spans[-1].end) for span in self.spans if (part := one & span))
        found = [_pack((span,), lost) for span in wide]
        if len(found) == 1 and lost == inside:
            return ()
        return tuple(pack for pack in found if any(span.duration >= _WORTH for span in pack.speech))

    def holds(self, word: Word) -> bool:
        """Return whether the word lies in the speech of this window, as exactly as words are timed."""
        middle = (word.start + word.end) / 2
        return any(span.start - _INEXACT <= middle <= span.end + _INEXACT for span in self.speech)

    def place(self, word: Word) -> Word:
        """Return the word with its times in the recording, inside the span in which it ends.

        A word after a pause is often timed from the beginning of the pause: its end is right, its start is not. So the
        end decides, and no character lasts longer than 0.6 s.
        """
        offset = 0.0
        for span in self.spans:
            shift = span.start - offset
            offset += span.duration
            if word.end - _EDGE < offset or span is self.spans[-1]:
                break
        end = min(max(word.end + shift, span.start), span.end)
        start = max(word.start + shift, span.start, end - _SLOWEST * max(1, len(word.text)))
        return Word(start=min(start, end), end=end, text=word.text, confidence=word.confidence)


def packed(speech: Sequence[Span], loudness: Decibels, duration: float) -> Iterator[Pack]:
    """Pad the spans generously (the detector cuts first syllables), cut those too long, and fill windows with them."""
    waiting: list[Span] = []
    for span in _short(padded(speech, duration), speech, loudness):
        if waiting and sum(s.duration for s in waiting) + span.duration > LONGEST:
            yield _pack(waiting, speech)
            waiting = []
        waiting.append(span)
    if waiting:
        yield _pack(waiting, speech)


def _pack(spans: Sequence[Span], speech: Sequence[Span]) -> Pack:
    """The window of these spans, with what of all detected speech lies in it."""
    first = bisect_right(speech, spans[0].start, key=lambda span: span.end)
    last = bisect_left(speech, spans[-1].end, key=lambda span: span.start)
    return Pack(tuple(spans), tuple(speech[first:last]))


def _duration(span: Span) -> float:
    return span.duration


def _uncovered(utterance: Span, words: Iterable[Word]) -> Iterator[Span]:
    """The pieces of an utterance that are not within 0.3 s of a word; `words` are in order."""
    start = utterance.start
    for word in words:
        if word.start - _INEXACT >= utterance.end:
            break
        if word.start - _INEXACT - start >= _PIECE:
            yield Span(start=start, end=word.start - _INEXACT)
        start = max(start, word.end + _INEXACT)
    if utterance.end - start >= _PIECE:
        yield Span(start=start, end=utterance.end)


def padded(speech: Iterable[Span], duration: float) -> tuple[Span, ...]:
    """Return the spans with room before and after; those that now touch are one."""
    wide = (Span(start=max(0.0, s.start - PAD_BEFORE), end=min(duration, s.end + PAD_AFTER)) for s in speech)
    return joined(wide, 0.0)


def _short(spans: Iterable[Span], speech: Sequence[Span], loudness: Decibels) -> Iterator[Span]:
    """The same time in spans of at most `LONGEST` seconds, cut in the longest pause, where it is quietest."""
    pauses = [Span(start=before.end, end=after.start) for before, after in pairwise(speech)]
    for span in spans:
        start = span.start
        while span.end - start > LONGEST:
            late = Span(start=start + LONGEST / 2, end=start + LONGEST)
            longest = max((part for pause in pauses if (part := pause & late)), key=_duration, default=late)
            first, last = int(longest.start / FRAME), max(int(longest.start / FRAME) + 1, int(longest.end / FRAME))
            cut = FRAME * (first + int(np.argmin(loudness[first:last])))
            yield Span(start=start, end=cut)
            start = cut
        yield Span(start=start, end=span.end)
