"""One person's share of a service, as a service of its own: what they said, and what was said to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from speechaudit.model import Encounter, Segment, Span
from speechaudit.reasons import because
from speechaudit.served import owner_at


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalShare:
    """What `part` (from 0) of a service holds; `others` are the times in which colleagues spoke.

    `closes` tells whether the service ends with this person.

    What is in doubt may be this person's, and has nobody's role here.
    """

    part: int
    encounter: Encounter
    others: tuple[Span, ...] = ()
    closes: bool = True


def shares_of(encounter: Encounter) -> tuple[PersonalShare, ...]:
    """Return a share for each person who served; the whole service where it has no parts."""
    if not encounter.parts:
        return (PersonalShare(part=0, encounter=encounter),)
    return tuple(_share(encounter, n) for n, part in enumerate(encounter.parts) if part.kind != "doubtful")


def _share(encounter: Encounter, number: int) -> PersonalShare:
    part, parts = encounter.parts[number], encounter.parts
    owned = [(segment, owner_at(parts, segment.start)) for segment in encounter.transcript.segments]
    theirs = tuple(_seen(segment, doubted) for segment, (owner, doubted) in owned if owner == number)
    others = tuple(
        Span(start=s.start, end=s.end) for s, (owner, _) in owned if owner != number and s.role in ("staff", "unknown")
    )
    last = owner_at(parts, encounter.end)[0] == number
    end = encounter.end if last else max([part.start, *(s.end for s in theirs)])
    heard = replace(
        encounter.transcript,
        segments=theirs,
        duration=end - part.start,
        probes=tuple(p for p in encounter.transcript.probes if owner_at(parts, p.start)[0] == number),
        cut_off=encounter.transcript.cut_off and last,
        alternatives=tuple(o for o in encounter.transcript.alternatives if owner_at(parts, o.start)[0] == number),
    )
    marks = tuple(mark for mark in encounter.marks if owner_at(parts, mark.start)[0] == number)
    alone = replace(encounter, start=part.start, end=end, transcript=heard, marks=marks, parts=())
    return PersonalShare(part=number, encounter=alone, others=others, closes=last)


def _seen(segment: Segment, doubted: bool) -> Segment:
    if not doubted or segment.role != "staff":
        return segment
    return replace(segment, role="unknown", role_reasons=(*segment.role_reasons, because("perhaps-another")))
