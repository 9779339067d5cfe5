"""A recording as its page shows it: lines of a stretch of ten minutes, services with their findings, marks in time.

A day at the counter has ten hours of talk: the page holds one stretch of words and one service at a time, and an index
of all findings small enough to travel whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Final

from service.api.schemas import FindingOut
from speechaudit.model import Audit, Encounter, Evidence, Finding, Role, Score, Segment, Transcript, Verdict
from speechaudit.reports import words as report_words
from speechaudit.reports.events import KINDS, PART_KINDS, parts_for
from speechaudit.reports.figures import ServedPart

STRETCH: Final = 600.0  # seconds of words in the page at once
PAUSE: Final = 5.0  # seconds without a word that are shown as such
DOUBTFUL: Final = 0.5  # a word heard less surely than this is marked
_ORDER: Final = {"fail": 0, "unclear": 1, "pass": 2, "n/a": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A word with the second at which it begins; `heard` is set (0 to 1) where it was heard with doubt."""

    start: float
    text: str
    heard: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenLine:
    """Words of one voice. `pause` is how long nobody spoke before it (0 if no while), `aside` why it is no service."""

    start: float
    end: float
    role: Role
    channel: int
    tokens: tuple[Token, ...]
    pause: float
    aside: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A piece of evidence with its reasons in Chinese."""

    start: float
    end: float
    role: Role
    quote: str
    why: str
    how: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A finding with its evidence; `id` is None where a rule was met in silence and nothing can be said about it."""

    id: int | None
    finding: Finding
    proofs: tuple[Proof, ...]
    state: str

    @property
    def verdict(self) -> Verdict:
        """The one that counts."""
        return self.finding.verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedShare:
    """What was found about one member of staff: of a whole service, or of their part of it (`part` with its `why`)."""

    number: int
    said: tuple[Judged, ...]
    silent: tuple[Finding, ...]
    score: Score | None
    part: ServedPart | None = None
    doubtful: bool = False
    why: str = ""

    def count(self, verdict: Verdict) -> int:
        """Count its findings of this verdict."""
        return sum(each.verdict == verdict for each in self.said)

    @property
    def vetoed_by(self) -> tuple[str, ...]:
        """The titles of the rules that cap the score."""
        titles = {finding.rule: finding.title for finding in (*(each.finding for each in self.said), *self.silent)}
        return tuple(titles.get(rule, rule) for rule in (self.score.vetoed_by if self.score else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service; `number` counts from 1. `silent` are rules that were met, or did not apply, without a word."""

    number: int
    encounter: Encounter
    said: tuple[Judged, ...]
    silent: tuple[Finding, ...]
    parts: tuple[ServedPart, ...] = ()

    def count(self, verdict: Verdict) -> int:
        """Count its findings of this verdict."""
        return sum(each.verdict == verdict for each in self.said)

    @property
    def shares(self) -> tuple[JudgedShare, ...]:
        """What was found about each who served in it; one where nobody else did."""
        if not self.parts:
            return (JudgedShare(number=0, said=self.said, silent=self.silent, score=self.encounter.score),)
        return tuple(
            JudgedShare(
                number=n,
                said=tuple(each for each in self.said if each.finding.part == n),
                silent=tuple(each for each in self.silent if each.part == n),
                score=self.encounter.parts[n].score,
                part=part,
                doubtful=self.encounter.parts[n].kind == "doubtful",
                why=self.encounter.parts[n].reason,
            )
            for n, part in enumerate(self.parts)
        )


def needed(audit: Audit, service: int | None, stretch: int | None) -> set[int]:
    """Return the services, from 0, of which `part_of` keeps more than an outline has."""
    number, wanted = chosen(audit, service, stretch)
    first, last = (wanted - 1) * STRETCH, wanted * STRETCH
    spoken = {place for place, each in enumerate(audit.encounters) if each.start < last and each.end >= first}
    return spoken | ({number - 1} if number else set())


def part_of(audit: Audit, service: int | None, stretch: int | None) -> Audit:
    """Return the audit with the words of one stretch and the evidence of one service, else only times and scores.

    Whoever may not see numbers gets them masked, which takes a second or two for the words of a whole day.
    """
    number, wanted = chosen(audit, service, stretch)
    first, last = (wanted - 1) * STRETCH, wanted * STRETCH
    encounters = tuple(
        each if place == number else _bare(each, keep_words=each.start < last and each.end >= first)
        for place, each in enumerate(audit.encounters, 1)
    )
    asides = tuple(each for each in audit.asides if each.start < last and each.end >= first)
    return replace(audit, encounters=encounters, asides=asides)


def _bare(encounter: Encounter, *, keep_words: bool) -> Encounter:
    """Return a service whose findings have no words; where `keep_words` is false, nothing that was said either."""
    findings = tuple(replace(f, evidence=tuple(_unsaid(each) for each in f.evidence)) for f in encounter.findings)
    if keep_words:
        return replace(encounter, findings=findings)
    silent = Transcript(segments=(), duration=encounter.transcript.duration)
    return replace(encounter, findings=findings, transcript=silent, marks=())


def _unsaid(evidence: Evidence) -> Evidence:
    return replace(evidence, quote="", reasons=())


def chosen(audit: Audit, service: int | None, stretch: int | None) -> tuple[int, int]:
    """Return the service (from 1; 0 if there is none) and the stretch to be shown for what somebody asked for."""
    number = min(service or 1, len(audit.encounters))
    begins = audit.encounters[number - 1].start if number and service else 0.0
    return number, min(stretch or stretch_at(begins, audit.duration), stretches(audit.duration))


def services_of(audit: Audit, rows: Sequence[FindingOut]) -> tuple[Service, ...]:
    """Return all services, with the numbers that findings have in the store."""
    known = {(row.encounter, row.part, row.rule): row for row in rows}
    return tuple(_service(number, audit, known) for number in range(len(audit.encounters)))


def _service(place: int, audit: Audit, known: dict[tuple[int, int, str], FindingOut]) -> Service:
    encounter = audit.encounters[place]
    said, silent = [], []
    for finding in encounter.findings:
        row = known.get((place, finding.part, finding.rule))
        if row is None:
            silent.append(finding)
        else:
            said.append(Judged(id=row.id, finding=finding, proofs=_proofs(finding, encounter), state=row.review))
    said.sort(key=lambda each: (_ORDER[each.verdict], each.proofs[0].start if each.proofs else encounter.start))
    parts = parts_for(audit, encounter)
    return Service(number=place + 1, encounter=encounter, said=tuple(said), silent=tuple(silent), parts=parts)


def _proofs(finding: Finding, encounter: Encounter) -> tuple[Proof, ...]:
    return tuple(_proof(each, encounter.findings) for each in finding.evidence)


def _proof(evidence: Evidence, findings: Iterable[Finding]) -> Proof:
    return Proof(
        start=evidence.start,
        end=evidence.end,
        role=evidence.role,
        quote=evidence.quote,
        why=report_words.why(evidence, findings),
        how=report_words.how(evidence.match, evidence.heard),
        points=evidence.points,
    )


def stretches(duration: float) -> int:
    """Count the stretches of a recording this long (seconds); there is at least one."""
    return max(1, ceil(duration / STRETCH))


def stretch_at(seconds: float, duration: float) -> int:
    """Return the number, from 1, of the stretch that holds this moment (seconds)."""
    return min(stretches(duration), int(max(0.0, seconds) // STRETCH) + 1)


def lines_of(audit: Audit, stretch: int) -> tuple[SpokenLine, ...]:
    """Return what was said in one stretch, in order of time."""
    spoken = [(segment, "") for encounter in audit.encounters for segment in encounter.transcript.segments]
    spoken += [(segment, aside.reason) for aside in audit.asides for segment in aside.transcript.segments]
    spoken.sort(key=lambda one: one[0].start)
    marks = sorted(event for encounter in audit.encounters for event in _events(audit, encounter))
    first, last = (stretch - 1) * STRETCH, stretch * STRETCH
    before = [(None, ""), *spoken]
    return tuple(
        _line(segment, reason, _pause(previous, segment, first), _marks(marks, previous, segment, first))
        for (previous, _), (segment, reason) in pairwise(before)
        if segment is not None and first <= segment.start < last
    )


def _pause(previous: Segment | None, segment: Segment, first: float) -> float:
    """Return the seconds for which nobody spoke before it, 0 if few; words before the stretch may not be at hand."""
    gap = segment.start - (previous.end if previous else first)
    return gap if gap >= PAUSE else 0.0


def _events(audit: Audit, encounter: Encounter) -> Iterator[tuple[float, str]]:
    """Yield, by second, what happened within a service or who took over, as it is told between the lines."""
    for mark in encounter.marks:
        yield mark.start, KINDS[mark.kind] + (f"，{mark.duration:.0f} 秒" if mark.duration >= 1 else "")
    begun = sorted((span.start, part.who) for part in parts_for(audit, encounter) for span in part.stretches)
    for start, name in begun[1:]:
        yield start, f"由 {name} 服务" if name != PART_KINDS["doubtful"] else name


def _marks(
    marks: Sequence[tuple[float, str]], previous: Segment | None, segment: Segment, first: float
) -> tuple[str, ...]:
    """Return what happened between the line before and this one."""
    since = previous.start if previous else first
    return tuple(told for start, told in marks if since < start <= segment.start)


def _line(segment: Segment, aside: str, pause: float, marks: tuple[str, ...]) -> SpokenLine:
    words = tuple(
        Token(
            start=word.start,
            text=word.text,
            heard=word.confidence if word.confidence < DOUBTFUL else None,
        )
        for word in segment.words
    )
    return SpokenLine(
        start=segment.start,
        end=segment.end,
        role=segment.role,
        channel=segment.channel,
        tokens=words or (Token(start=segment.start, text=segment.text, heard=None),),
        pause=pause,
        aside=aside,
        marks=marks,
    )


def index(services: Sequence[Service]) -> str:
    """Return each finding that failed or is in doubt, as JSON for the page's script: one entry for each evidence."""
    entries = [
        {"id": each.id, "s": round(p.start, 2), "e": round(p.end, 2), "v": each.verdict, "n": service.number,
         "t": each.finding.title}
        for service in services
        for each in service.said
        if each.verdict in {"fail", "unclear"}
        for p in each.proofs
    ]  # fmt: skip
    return json.dumps(sorted(entries, key=lambda entry: entry["s"]), ensure_ascii=False, separators=(",", ":"))
