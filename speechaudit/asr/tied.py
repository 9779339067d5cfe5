"""Words that the recogniser found nearly as likely as those it wrote: its search ends with the five best hypotheses.

int8 rounds by the instructions of the processor, and which of two hypotheses that nearly tie comes first hangs on it
(docs/decisions/asr-tied.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean
from typing import Final

from speechaudit.asr.cleaning import simplified
from speechaudit.model import Alternative, Word

HYPOTHESES: Final = 5  # the width of the search
TIED: Final = 0.02  # nats for each token between two hypotheses that other instructions may exchange
_BETWEEN: Final = 2  # characters that may be the same between two differences that are one


@dataclass(frozen=True, slots=True)
class Instead:
    """A text in place of the words of a window from number `first` to `last`."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """The words of a window with times in it, and what was nearly as likely."""

    words: tuple[Word, ...] = ()
    others: tuple[Instead, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """Words that count, with times in the recording; each of `others` stands for all words between its times."""

    words: tuple[Word, ...] = ()
    others: tuple[Word, ...] = ()


def others(words: Sequence[Word], texts: Iterable[str]) -> tuple[Instead, ...]:
    """Return what these texts of a window say in place of its words, stretch by stretch, each once."""
    return tuple(dict.fromkeys(other for text in texts for other in _others(words, text))) if words else ()


def _others(words: Sequence[Word], text: str) -> Iterator[Instead]:
    said = "".join(word.text for word in words)
    ends = list(accumulate(len(word.text) for word in words))
    for start, end, meant in _differences(said, text):
        first = next(at for at, stop in enumerate(ends) if stop > start or stop == len(said))
        last = next(at for at, stop in enumerate(ends) if stop >= max(end, start + 1) or stop == len(said))
        begins = ends[first] - len(words[first].text)
        yield Instead(first, last, said[begins:start] + meant + said[end : ends[last]])


def _differences(said: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where `said` begins and ends to differ, and what the other text has there."""
    from rapidfuzz.distance import Levenshtein

    found: list[tuple[int, int, int, int]] = []
    for edit in Levenshtein.opcodes(said, text):
        if edit.tag == "equal":
            continue
        start, begins = edit.src_start, edit.dest_start
        if found and start - found[-1][1] <= _BETWEEN:
            start, _, begins, _ = found.pop()
        found.append((start, edit.src_end, begins, edit.dest_end))
    yield from ((start, end, text[begins:ends]) for start, end, begins, ends in found)


def placed(written: Written, kept: Sequence[Word], place: Callable[[Word], Word]) -> Iterator[Word]:
    """Yield what is nearly as likely as words that were all `kept`, with the times that `place` gives these."""
    at = {(word.start, word.end): word for word in kept}
    for other in written.others:
        own = [place(word) for word in written.words[other.first : other.last + 1]]
        replaced = [at.get((word.start, word.end)) for word in own]
        words = [word for word in replaced if word]
        if len(words) < len(own):
            continue
        (meant,) = simplified([Word(start=words[0].start, end=words[-1].end, text=other.text, confidence=1.0)])
        if meant.text != "".join(word.text for word in words):
            yield Word(
                start=min(word.start for word in words),
                end=max(word.end for word in words),
                text=meant.text,
                confidence=fmean(word.confidence for word in words),
            )


def alternatives(heard: Iterable[Heard]) -> tuple[Alternative, ...]:
    """Return the alternatives of all channels, in order of time; `heard` has one for each channel."""
    every = (
        Alternative(start=one.start, end=one.end, text=one.text, confidence=one.confidence, channel=channel)
        for channel, each in enumerate(heard)
        for one in each.others
    )
    return tuple(sorted(every, key=lambda one: (one.start, one.end, one.channel, one.text)))
