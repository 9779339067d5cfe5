"""Findings that hang on words for which the recogniser had others nearly as likely: no machine's rounding decides.

Each alternative is judged too. To be quick, those that lie apart are judged together first, and one by one only where
that changes a verdict (group testing).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from speechaudit.model import Alternative, Finding, Segment, Span, Transcript, Word, with_words
from speechaudit.reasons import Reason, because

_MOST: Final = 8  # alternatives of one place: a search has four, and a piece heard alone again as many
Findings = tuple[Finding, ...]
Judged = Callable[[Transcript], Findings]


def together(alternatives: Iterable[Alternative]) -> list[list[Alternative]]:
    """Return the alternatives in groups of which none overlap in their channel; no place has more than eight."""
    groups: list[list[Alternative]] = [[] for _ in range(_MOST)]
    for one in sorted(alternatives, key=lambda each: (each.start, each.end)):
        group = next((group for group in groups if _apart(one, group)), None)
        if group is not None:
            group.append(one)
    return [group for group in groups if group]


def _apart(one: Alternative, group: Sequence[Alternative]) -> bool:
    """Return whether it begins behind the last of the group in its channel."""
    last = next((other for other in reversed(group) if other.channel == one.channel), None)
    return last is None or one.start >= last.end


def reworded(transcript: Transcript, alternatives: Iterable[Alternative]) -> Transcript:
    """Return the transcript with these alternatives in place of its words; times within them are shared out."""
    segments = transcript.segments
    for one in alternatives:
        segments = tuple(_reworded(segments, one))
    return replace(transcript, segments=segments, alternatives=())


def _reworded(segments: Iterable[Segment], other: Alternative) -> Iterator[Segment]:
    """The segments with it in the first that has words there; what has no word left goes."""
    text = other.text
    for segment in segments:
        if not _in(segment, other):
            yield segment
            continue
        words: list[Word] = []
        for word in segment.words:
            if not _replaced(word, other):
                words.append(word)
            elif text:
                end = max(word.end, min(segment.end, other.end))
                words.append(replace(word, end=end, text=text, confidence=other.confidence))
                text = ""
        if words:
            yield with_words(segment, words)


def _in(segment: Segment, other: Alternative) -> bool:
    """Return whether people said words in its place there."""
    mine = segment.channel == other.channel and segment.role != "machine"
    return mine and any(_replaced(word, other) for word in segment.words)


def _replaced(word: Word, other: Span) -> bool:
    middle = (word.start + word.end) / 2
    return other.start < middle < other.end or (word.start, word.end) == (other.start, other.end)


def _heard(transcript: Transcript, other: Alternative) -> str:
    said = (word for segment in transcript.segments if _in(segment, other) for word in segment.words)
    return "".join(word.text for word in said if _replaced(word, other))


def decided(transcript: Transcript, found: Findings, judged: Judged) -> Findings:
    """Return what was `found` in the transcript, in doubt where an alternative of it is charged otherwise.

    `judged` returns the findings of another wording, rule by rule in the same order.
    """
    doubts: dict[str, Finding] = {}
    for group in together(transcript.alternatives):
        for other, findings in _deciding(transcript, group, found, judged):
            reason = because("words-tied", heard=_heard(transcript, other), other=other.text)
            told = ((mine, theirs) for mine, theirs in zip(found, findings, strict=True) if _differ(mine, theirs))
            doubts = {mine.rule: _doubted(mine, theirs, reason) for mine, theirs in told} | doubts
    return tuple(doubts.get(finding.rule, finding) for finding in found)


def _deciding(
    transcript: Transcript, group: Sequence[Alternative], found: Findings, judged: Judged
) -> Iterator[tuple[Alternative, Findings]]:
    """Yield the alternatives with which something else is charged, and what is found then."""
    findings = judged(reworded(transcript, group))
    if not any(map(_differ, found, findings)):
        return
    if len(group) == 1:
        yield group[0], findings
        return
    half = len(group) // 2
    for part in (group[:half], group[half:]):
        yield from _deciding(transcript, part, found, judged)


def _differ(mine: Finding, theirs: Finding) -> bool:
    """Return whether one is charged and the other is not; what is in doubt already is no charge, and stays one."""
    if mine.kind == "measure":
        return False
    return (mine.verdict == "fail") != (theirs.verdict == "fail") and mine.verdict != "unclear"


def _doubted(mine: Finding, theirs: Finding, reason: Reason) -> Finding:
    """The finding that is charged, as a doubt."""
    charged = mine if mine.verdict == "fail" else theirs
    evidence = tuple(replace(own, reasons=(*own.reasons, reason)) for own in charged.evidence)
    return replace(charged, verdict="unclear", evidence=evidence)
