"""Turns: what one role says before another begins, with a time for every character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from speechaudit.model import NO_FAULT, Label, Role, Segment, Span, Transcript, is_fault
from speechaudit.rules.phrases import TextMatch
from speechaudit.text import NI, NIN, SENTENCE_END, Folded, fold

_CLAUSE_MARK = ","
_LONG_PAUSE = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn(Span):
    """Consecutive segments of one role. `times[i]` and `confidences[i]` belong to `folded.chars[i]`."""

    number: int
    role: Role
    folded: Folded
    times: tuple[tuple[float, float], ...]
    confidences: tuple[float, ...]
    segments: tuple[Segment, ...]

    def span(self, hit: TextMatch) -> Span:
        """Return the time of the hit, in seconds of the recording."""
        return Span(start=self.times[hit.start][0], end=self.times[hit.end - 1][1])

    def quote(self, hit: TextMatch) -> str:
        """Return the words of the hit as they were written down."""
        return self.folded.quote(hit.start, hit.end)

    def segment(self, hit: TextMatch) -> Segment:
        """Return the segment in which the hit begins."""
        at = self.times[hit.start][0]
        return next((s for s in self.segments if s.start <= at < s.end), self.segments[0])

    def fair(self, hit: TextMatch, least: float) -> bool:
        """Return whether a classifier read the segments of the hit, and no fault as sure as `least` in any."""
        span = self.span(hit)
        own = [segment for segment in self.segments if segment.start < span.end and span.start < segment.end]
        return bool(own) and all(_fair(segment.labels, least) for segment in own)

    def hit_of(self, segment: Segment) -> TextMatch | None:
        """Return the characters of one of the segments as a hit, or None if none of them is read."""
        inside = [at for at, (start, _) in enumerate(self.times) if segment.start <= start < segment.end]
        return TextMatch(start=inside[0], end=inside[-1] + 1, exact=True) if inside else None

    def politely(self) -> Turn | None:
        """Return the turn with 您 for every 你 that a recogniser wrote, as it may have been said; None if unchanged."""
        recognised = any(segment.words for segment in self.segments)
        if not recognised or NI not in self.folded.chars:
            return None
        return replace(self, folded=fold(self.folded.original.replace(NI, NIN)))

    def edge(self, count: int) -> TextMatch | None:
        """Return the first `count` characters (the last if below 0) as a hit; None if there is none but marks."""
        spoken = [at for at, char in enumerate(self.folded.chars) if char != SENTENCE_END]
        kept = spoken[:count] if count > 0 else spoken[count:]
        return TextMatch(start=kept[0], end=kept[-1] + 1, exact=True) if kept else None

    def confidence(self, hit: TextMatch) -> float:
        """Return the mean confidence of the recogniser over the characters of the hit, 0 to 1."""
        inside = self.confidences[hit.start : hit.end]
        return sum(inside) / len(inside)


def turns_of(transcript: Transcript) -> tuple[Turn, ...]:
    """Join neighbouring segments of the same role, unless a pause of over eight seconds parts them.

    Announcements are nobody's words: they make no turn, and part those beside them.
    """
    runs: list[list[Segment]] = []
    for segment in transcript.segments:
        if runs and _continues(runs[-1][-1], segment):
            runs[-1].append(segment)
        else:
            runs.append([segment])
    spoken = ((number, run) for number, run in enumerate(runs) if run[0].role != "machine")
    return tuple(turn for number, run in spoken if (turn := _turn(number, run)).folded.chars)


def _continues(before: Segment, after: Segment) -> bool:
    return before.role == after.role and after.start - before.end < _LONG_PAUSE


def _turn(number: int, segments: Sequence[Segment]) -> Turn:
    pieces = [
        piece for segment in segments for piece in (*_pieces(segment), (_CLAUSE_MARK, segment.end, segment.end, 1.0))
    ]
    folded = fold("".join(text for text, _, _, _ in pieces[:-1]))
    spread = [at for piece in pieces for at in _spread(*piece)]
    return Turn(
        start=segments[0].start,
        end=max(s.end for s in segments),
        number=number,
        role=segments[0].role,
        folded=folded,
        times=tuple(spread[i][:2] for i in folded.index),
        confidences=tuple(spread[i][2] for i in folded.index),
        segments=tuple(segments),
    )


def _fair(labels: Sequence[Label], least: float) -> bool:
    faults = [label.confidence for label in labels if is_fault(label.name)]
    return max(faults) < least if faults else any(label.name == NO_FAULT for label in labels)


def _pieces(segment: Segment) -> Iterator[tuple[str, float, float, float]]:
    """Words with their own times where they spell the segment, else the segment as one piece."""
    if segment.words and "".join(w.text for w in segment.words).strip() == segment.text.strip():
        yield from ((w.text, w.start, w.end, w.confidence) for w in segment.words)
    else:
        yield segment.text, segment.start, segment.end, 1.0 if segment.confidence is None else segment.confidence


def _spread(text: str, start: float, end: float, confidence: float) -> Iterator[tuple[float, float, float]]:
    """Share the time of a piece among its characters: nobody measured them one by one."""
    step = (end - start) / max(1, len(text))
    return ((start + i * step, start + (i + 1) * step, confidence) for i in range(len(text)))
