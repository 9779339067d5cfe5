"""Numbers and addresses that belong to a person: found in what was said, masked in text, placed in time for a beep.

Numbers are spoken in groups, over several segments, in digits or in Chinese numerals. So the words of one voice are
read through as one text, and every run of seven or more digits counts: what is no personal number is masked too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from speechaudit.model import Aside, Audit, Encounter, Evidence, Finding, Mark, Segment, Span, Transcript, Word
from speechaudit.reasons import Reason, Value

Kind = Literal["identity", "phone", "card", "number", "address"]
MASK = "*"
FEWEST = 7  # digits; the shortest telephone number has so many
_NUMERALS = {**{c: str(n) for n, c in enumerate("零一二三四五六七八九")}, "〇": "0", "幺": "1", "两": "2", "洞": "0"}
_DIGIT = r"[0-9０-９零〇一二三四五六七八九幺两洞]"
# What people say between two groups of a number; at most a few words. What is masked already joins nothing.
_BETWEEN = r"(?:[^\w*]|_|嗯|呃|额|啊|哦|对|是|的|然后|后面|接着|再|好){0,8}"
_NUMBER = re.compile(rf"{_DIGIT}(?:{_BETWEEN}{_DIGIT}){{{FEWEST - 1},}}(?:{_BETWEEN}[XxＸ叉])?")
_COUNT = rf"(?:{_DIGIT}|十|百)+"
_PLACE = "路|街|大道|巷|弄|胡同|小区|花园|公寓|新村|苑|村|组"
_ADDRESS = re.compile(
    rf"[一-鿿]{{0,12}}?(?:{_PLACE})\W?{_COUNT}(?:号楼|号|弄|栋|幢|座|单元|组)(?:\W?{_COUNT}(?:号楼|号|栋|幢|座|单元|楼|层|室))*"
)
# A moment in the name of a file. No digit comes before it: it could be a part of a number.
_MOMENT = re.compile(
    r"^\D*?(?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"(?:[-_T ]?(?:[01]\d|2[0-3])([-_:.]?)[0-5]\d\2[0-5]\d)?(?!\d)"
)
_KEPT = re.compile(r"[\W_]")
_LEAD = 0.15  # seconds: times of words are inexact


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """Characters `start` up to `end` of a text that are personal."""

    kind: Kind
    start: int
    end: int


def find(text: str) -> tuple[Personal, ...]:
    """Return all that is personal in a text, in order; a number inside an address is part of it."""
    places = [Personal(kind="address", start=m.start(), end=m.end()) for m in _ADDRESS.finditer(text)]
    numbers = [Personal(kind=_kind(m.group()), start=m.start(), end=m.end()) for m in _NUMBER.finditer(text)]
    return tuple(sorted((*places, *numbers), key=lambda found: found.start))


def _kind(number: str) -> Kind:
    digits = "".join(_NUMERALS.get(c, c) for c in number if re.match(_DIGIT, c))
    if re.search(r"[XxＸ叉]$", number) or len(digits) == 18:
        return "identity"
    if re.fullmatch(r"(?:86)?1[3-9]\d{9}", digits) or re.fullmatch(r"0\d{9,11}", digits):
        return "phone"
    return "card" if len(digits) in (16, 17, 19) else "number"


def digits(text: str) -> int:
    """Return the number of digits and Chinese numerals in a text."""
    return len(re.findall(_DIGIT, text))


def masked_text(text: str) -> str:
    """Return the text with its personal characters masked, as long as before; punctuation stays."""
    return _masked(text, find(text))


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
    """Return the transcript with masked texts and words; times stay."""
    by_place: dict[int, Segment] = {}
    for places in _voices(transcript.segments):
        own = [transcript.segments[place] for place in places]
        texts = _masked_parts([segment.text for segment in own])
        words = iter(_masked_parts([word.text for segment in own for word in segment.words]))
        for place, segment, text in zip(places, own, texts, strict=True):
            hidden = tuple(replace(word, text=next(words)) for word in segment.words)
            by_place[place] = replace(
                segment, text=text, words=hidden, role_reasons=masked_reasons(segment.role_reasons)
            )
    return replace(transcript, segments=tuple(by_place[place] for place in range(len(transcript.segments))))


def _voices(segments: Sequence[Segment]) -> Iterable[list[int]]:
    """Places of the segments of each voice."""
    voices: dict[tuple[int, str | None], list[int]] = defaultdict(list)
    for place, segment in enumerate(segments):
        voices[segment.channel, segment.speaker].append(place)
    return voices.values()


def personal_spans(transcript: Transcript) -> tuple[Span, ...]:
    """Return the spans in which something personal is said, ordered, a little wider than the words."""
    spans = [span for places in _voices(transcript.segments) for span in _spoken(transcript, places)]
    return tuple(sorted(spans, key=lambda span: span.start))


def _spoken(transcript: Transcript, places: Sequence[int]) -> Iterator[Span]:
    spoken: list[Word | Segment] = []
    for place in places:
        segment = transcript.segments[place]
        spoken += segment.words or (segment,)
    ends = list(accumulate(len(one.text) for one in spoken))
    for found in find("".join(one.text for one in spoken)):
        for one, end in zip(spoken, ends, strict=True):
            if end - len(one.text) < found.end and end > found.start:
                yield Span(start=max(0.0, one.start - _LEAD), end=one.end + _LEAD)


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
    """The same reasons with their texts masked as one, for they may quote what was said."""
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
    return replace(mark, quote=masked_text(mark.quote))


def _masked_finding(finding: Finding) -> Finding:
    review = finding.review and replace(finding.review, reason=masked_text(finding.review.reason))
    return replace(finding, evidence=tuple(_masked_evidence(e) for e in finding.evidence), review=review)


def _masked_evidence(evidence: Evidence) -> Evidence:
    return replace(evidence, quote=masked_text(evidence.quote), reasons=masked_reasons(evidence.reasons))
