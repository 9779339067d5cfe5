"""Segments in clauses, and put together again: an announcement and a person may stand in one line of a transcript."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeVar

from speechaudit.model import Segment, with_words

_CLAUSE = re.compile(r"[^,,。.!!??;;::…\n]+[,,。.!!??;;::…\s]*|^[,,。.!!??;;::…\s]+")
_SENTENCE_ENDS = "。.!!??;;…"
Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClausePart:
    """The characters `start` to `end` of a segment's text, its punctuation included."""

    segment: Segment
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters, with the punctuation behind them."""
        return self.segment.text[self.start : self.end]

    @property
    def ends_sentence(self) -> bool:
        """Whether a sentence ends here."""
        return self.text.rstrip()[-1:] in _SENTENCE_ENDS


def clauses_of(segment: Segment) -> tuple[ClausePart, ...]:
    """Return the clauses of a segment in order; all of it lies in one of them."""
    ends = [match.end() for match in _CLAUSE.finditer(segment.text)] or [0]
    ends[-1] = len(segment.text)
    starts = [0, *ends[:-1]]
    return tuple(ClausePart(segment=segment, start=a, end=b) for a, b in zip(starts, ends, strict=True))


def cut_by(
    clauses: Sequence[ClausePart], kinds: Sequence[Kind], made: Callable[[Segment, Kind], Segment]
) -> list[Segment]:
    """Return the segments of these clauses, cut where the kind changes, each as `made` makes it of its kind.

    `clauses` are all of their segments, in order.
    """
    found: list[Segment] = []
    pairs = zip(clauses, kinds, strict=True)
    for _, own in groupby(pairs, key=lambda pair: id(pair[0].segment)):
        runs = [(kind, [clause for clause, _ in run]) for kind, run in groupby(own, key=lambda pair: pair[1])]
        found += (made(piece_of(run) if len(runs) > 1 else run[0].segment, kind) for kind, run in runs)
    return found


def piece_of(run: Sequence[ClausePart]) -> Segment:
    """Return part of a segment: with its own words where there are any, else with a share of the time."""
    whole, start, end = run[0].segment, run[0].start, run[-1].end
    text = whole.text[start:end]
    words = tuple(whole.words[i] for i, at in enumerate(_word_places(whole)) if start <= at < end)
    if words:
        return with_words(whole, words)
    first, last = (whole.start + whole.duration * at / len(whole.text) for at in (start, end))
    return replace(whole, start=first, end=last, text=text.strip())


def _word_places(segment: Segment) -> Iterator[int]:
    """Yield where each word begins in the text; nothing where the words do not spell it."""
    spelled = "".join(word.text for word in segment.words)
    at = -(len(spelled) - len(spelled.lstrip()))
    if spelled.strip() == segment.text.strip():
        for word in segment.words:
            yield max(0, at)
            at += len(word.text)
