"""Speech packed into windows of the recogniser, and the way back from times in a window to times in the recording.

Whisper always computes 30 seconds; a window filled with several utterances costs what one of them alone would.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from speechaudit.asr.activity import joined
from speechaudit.asr.sound import FRAME, Decibels
from speechaudit.model import Span, Word

PAD_BEFORE = 1.0
PAD_AFTER = 0.4
LONGEST = 28.0
_SLOWEST = 0.6
_EDGE = 0.05
_WORTH = PAD_BEFORE + PAD_AFTER + 0.6  # seconds of a span that holds more than a sound in passing


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

    def without(self, words: Iterable[Word]) -> tuple[Pack, ...]:
        """Return the utterances in which none of these words ends, each in a window; none of a single one."""
        ends = [word.end for word in words]
        lost = (s for s in self.spans if s.duration >= _WORTH and not any(s.start < end <= s.end for end in ends))
        return tuple(_pack((span,), self.speech) for span in lost) if len(self.spans) > 1 else ()

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
    for span in _short(padded(speech, duration), loudness):
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


def padded(speech: Iterable[Span], duration: float) -> tuple[Span, ...]:
    """Return the spans with room before and after; those that now touch are one."""
    wide = (Span(start=max(0.0, s.start - PAD_BEFORE), end=min(duration, s.end + PAD_AFTER)) for s in speech)
    return joined(wide, 0.0)


def _short(spans: Iterable[Span], loudness: Decibels) -> Iterator[Span]:
    """The same time in spans of at most `LONGEST` seconds, cut where it is quietest."""
    for span in spans:
        start = span.start
        while span.end - start > LONGEST:
            first, last = int((start + LONGEST / 2) / FRAME), int((start + LONGEST) / FRAME)
            cut = FRAME * (first + int(np.argmin(loudness[first:last])))
            yield Span(start=start, end=cut)
            start = cut
        yield Span(start=start, end=span.end)
