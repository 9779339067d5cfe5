"""Numbers and addresses that belong to a person: found in what was said, masked in text, placed in time for a beep.

Numbers are spoken in groups, over several segments, in digits or in Chinese numerals. So the words of one voice are
read through as one text. Numbers that two voices seem to share are found where the whole has the shape of one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from speechaudit.model import Aside, Audit, Encounter, Evidence, Finding, Mark, Segment, Span, Transcript
from speechaudit.personal import Personal, at_edges, digits, find
from speechaudit.reasons import Reason, Value

MASK: Final = "*"
# A moment in the name of a file. No digit comes before it: it could be a part of a number.
_MOMENT = re.compile(
    r"^\D*?(?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"(?:[-_T ]?(?:[01]\d|2[0-3])([-_:.]?)[0-5]\d\2[0-5]\d)?(?!\d)"
)
_KEPT = re.compile(r"[\W_]")
_LEAD = 0.15  # seconds: times of words are inexact
_SHAPED: Final = {"identity", "phone", "card"}  # what counts as one number though two voices said it


def masked_text(text: str) -> str:
    """Return the text with its personal characters masked, as long as before; punctuation stays."""
    return _masked(text, find(text))


def masked_quote(text: str) -> str:
    """Return words that were cut out of a transcript, masked; numbers at their edges too, which may have gone on."""
    return _masked(text, (*find(text), *at_edges(text)))


def masked_name(name: str) -> str:
    """Return the name of a file with long numbers masked, as recorders write the citizen's into it; times stay."""
    moment = _MOMENT.match(name)
    kept = moment.end() if moment else 0
    return name[:kept] + masked_text(name[kept:])


def _masked(text: str, found: Iterable[Personal]) -> str:
    characters = list(text)
    for one in found:
        for at in range(one.start, one.end):
            characters[at] = characters[at] if _KEPT.match(characters[at]) else MASK
    return "".join(characters)


def _masked_parts(parts: Sequence[str]) -> tuple[str, ...]:
    """Texts that follow each other, masked as one."""
    whole = masked_text("".join(parts))
    ends = list(accumulate(len(part) for part in parts))
    return tuple(whole[end - len(part) : end] for part, end in zip(parts, ends, strict=True))


def masked_transcript(transcript: Transcript) -> Transcript:
    """Return the transcript with masked texts and words; times stay, and what was nearly as likely goes."""
    segments = transcript.segments
    texts = _masked_pieces([(segment.text,) for segment in segments], segments)
    words = _masked_pieces([tuple(word.text for word in segment.words) for segment in segments], segments)
    hidden = (
        replace(
            segment,
            text=text,
            words=tuple(replace(word, text=said) for word, said in zip(segment.words, spoken, strict=True)),
            role_reasons=masked_reasons(segment.role_reasons),
        )
        for segment, (text,), spoken in zip(segments, texts, words, strict=True)
    )
    return replace(transcript, segments=tuple(hidden), alternatives=())


def _masked_pieces(pieces: Sequence[tuple[str, ...]], segments: Sequence[Segment]) -> list[tuple[str, ...]]:
    """The pieces of each segment, masked by what they are part of."""
    found = _found(pieces, segments)
    return [
        tuple(_masked(text, found.get((place, number), ())) for number, text in enumerate(texts))
        for place, texts in enumerate(pieces)
    ]


def _found(
    pieces: Sequence[tuple[str, ...]], segments: Sequence[Segment]
) -> Mapping[tuple[int, int], Sequence[Personal]]:
    """Return what is personal in each piece, by segment and number in it: by voice, then all as they follow."""
    found: dict[tuple[int, int], list[Personal]] = defaultdict(list)
    everything = list(range(len(segments)))
    for places in (*_voices(segments), everything):
        keys = [(place, number) for place in places for number in range(len(pieces[place]))]
        texts = [pieces[place][number] for place, number in keys]
        for at, one in _placed(texts):
            shared = one.kind in _SHAPED and digits(texts[at][one.start : one.end])
            if places is not everything or shared:
                found[keys[at]].append(one)
    return found


def _placed(texts: Sequence[str]) -> Iterator[tuple[int, Personal]]:
    """Yield what is personal in texts that follow each other, as a part of each: its number and the part."""
    ends = list(accumulate(len(text) for text in texts))
    for one in find("".join(texts)):
        for at in range(bisect_right(ends, one.start), bisect_left(ends, one.end) + 1):
            before = ends[at] - len(texts[at])
            yield at, replace(one, start=max(0, one.start - before), end=min(len(texts[at]), one.end - before))


def _voices(segments: Sequence[Segment]) -> Iterable[list[int]]:
    """Places of the segments of each voice."""
    voices: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for place, segment in enumerate(segments):
        voices[segment.channel, segment.speaker].append(place)
    return voices.values()


def personal_spans(transcript: Transcript) -> tuple[Span, ...]:
    """Return the spans in which something personal is said, ordered, a little wider than the words."""
    spoken = [segment.words or (segment,) for segment in transcript.segments]
    found = _found([tuple(one.text for one in each) for each in spoken], transcript.segments)
    spans = (spoken[place][number] for place, number in found)
    widened = {Span(start=max(0.0, one.start - _LEAD), end=one.end + _LEAD) for one in spans}
    return tuple(sorted(widened, key=lambda span: (span.start, span.end)))


def masked_audit(audit: Audit) -> Audit:
    """Return the audit with masked names, transcripts, quotes and reasons; the talk beside the services too."""
    known = audit.recording
    extras = {name: masked_text(value) for name, value in known.extras.items()}
    legs = tuple(replace(leg, who=leg.who and masked_text(leg.who)) for leg in known.legs)
    return replace(
        audit,
        recording=replace(known, file=masked_name(known.file), extras=extras, legs=legs),
        encounters=tuple(_masked_encounter(e) for e in audit.encounters),
        asides=tuple(_masked_aside(aside) for aside in audit.asides),
        limits=masked_reasons(audit.limits),
    )


def masked_reasons(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    """Return the same reasons with their texts masked as one, for they may quote what was said."""
    texts = [text for reason in reasons for value in reason.values.values() for text in _texts(value)]
    masked = iter(_masked_parts(texts))
    return tuple(
        replace(reason, values={name: _with_texts(value, masked) for name, value in reason.values.items()})
        for reason in reasons
    )


def _texts(value: Value) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()


def _with_texts(value: Value, texts: Iterator[str]) -> Value:
    """The value with the next of these texts in place of its own."""
    if isinstance(value, str):
        return next(texts)
    return tuple(next(texts) for _ in value) if isinstance(value, tuple) else value


def _masked_aside(aside: Aside) -> Aside:
    transcript, reasons = masked_transcript(aside.transcript), masked_reasons(aside.reasons)
    return replace(aside, transcript=transcript, reasons=reasons)


def _masked_encounter(encounter: Encounter) -> Encounter:
    return replace(
        encounter,
        transcript=masked_transcript(encounter.transcript),
        marks=tuple(_masked_mark(mark) for mark in encounter.marks),
        findings=tuple(_masked_finding(f) for f in encounter.findings),
        score=encounter.score and replace(encounter.score, reasons=masked_reasons(encounter.score.reasons)),
        parts=tuple(replace(part, reasons=masked_reasons(part.reasons)) for part in encounter.parts),
    )


def _masked_mark(mark: Mark) -> Mark:
    return replace(mark, quote=masked_quote(mark.quote))


def _masked_finding(finding: Finding) -> Finding:
    review = finding.review and replace(finding.review, reason=masked_text(finding.review.reason))
    return replace(finding, evidence=tuple(_masked_evidence(e) for e in finding.evidence), review=review)


def _masked_evidence(evidence: Evidence) -> Evidence:
    return replace(evidence, quote=masked_quote(evidence.quote), reasons=masked_reasons(evidence.reasons))
