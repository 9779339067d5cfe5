"""Who served when within one service: by the legs of the call, by voices, and by what was said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from speechaudit.encounters.handovers import Takeover, TakeoversByWords
from speechaudit.encounters.passing import offered_way, says_passing
from speechaudit.model import Encounter, Leg, Part, PartKind, Recording, Segment, Span
from speechaudit.reasons import because

MIN_VOICE = 1.5  # seconds of a voice that is one more person
JOINT = 2.0  # seconds that two legs may overlap while one is put through to the other


def with_parts(encounter: Encounter, recording: Recording) -> Encounter:
    """Return the service with its parts; none where all of it is surely one person's."""
    segments = encounter.transcript.segments
    takeovers = by_legs(encounter, recording) or by_voices(segments) or by_words(segments)
    return replace(encounter, parts=_parts(encounter, takeovers)) if takeovers else encounter


def speaks_of_passing_on(segments: Iterable[Segment]) -> bool:
    """Return whether somebody on our side speaks of a transfer, a colleague who comes, or the like."""
    return any(segment.role in ("staff", "machine") and offered_way(segment.text) for segment in segments)


def by_words(segments: Sequence[Segment]) -> tuple[Takeover, ...]:
    """Return the takeovers that words tell; where all of the staff's words are of one voice, they are in doubt."""
    found = tuple(TakeoversByWords(segments).found())
    if len({voice for s in segments if (voice := _voice(s))}) != 1:
        return found
    doubted = (_in_doubt(takeover, segments) for takeover in found)
    return tuple(takeover for takeover in doubted if takeover)


def _in_doubt(takeover: Takeover, segments: Sequence[Segment]) -> Takeover | None:
    """Return it in doubt, or None: only a name of their own speaks against one voice, which may be two alike."""
    said = next((s for s in segments if s.start == takeover.at and s.role == "staff"), None)
    heard = any(_voice(segment) for segment in segments if segment.start >= takeover.at)
    if takeover.person == 0 or not heard:
        return takeover
    if not said or not says_passing("another", said.text):
        return None
    return replace(takeover, person=None, kind="doubtful", reasons=(*takeover.reasons, because("same-voice")))


def by_voices(segments: Sequence[Segment]) -> tuple[Takeover, ...]:
    """Return the takeovers where the staff's words change from one voice to another."""
    spoken: dict[str, float] = {}
    for segment in segments:
        if voice := _voice(segment):
            spoken[voice] = spoken.get(voice, 0.0) + segment.duration
    if sum(seconds >= MIN_VOICE for seconds in spoken.values()) < 2:
        return ()
    persons = {voice: n for n, voice in enumerate(v for v, seconds in spoken.items() if seconds >= MIN_VOICE)}
    announced = {t.person: t for t in TakeoversByWords(segments).found() if t.kind == "put-through"}
    return tuple(_changes(segments, persons, announced))


def _changes(
    segments: Iterable[Segment], persons: dict[str, int], announced: dict[int | None, Takeover]
) -> Iterator[Takeover]:
    person: int | None = 0
    for segment in segments:
        if segment.role != "staff":
            continue
        heard = persons.get(_voice(segment) or "")
        if heard == person:
            continue
        person = heard
        if heard is None:
            yield Takeover(at=segment.start, person=None, kind="doubtful", reasons=(because("voice-unassigned"),))
        else:
            kind = announced[heard].kind if heard in announced else "joined"
            reasons = (*(announced[heard].reasons if heard in announced else ()), because("other-voice"))
            yield Takeover(at=segment.start, person=heard, kind=kind if heard else "first", reasons=reasons)


def _voice(segment: Segment) -> str | None:
    """Return the voice of a member of staff; those that a profile of a voice joined are one person's."""
    if segment.role != "staff" or any(reason.code == "voice-alike" for reason in segment.role_reasons):
        return None
    return segment.speaker


def by_legs(encounter: Encounter, recording: Recording) -> tuple[Takeover, ...]:
    """Return the takeovers that the switch tells; nothing where all of it is surely the recording's person's.

    While two are on the line nobody can say which of them spoke.
    """
    everybody = [leg for leg in recording.legs if leg.kind == "person"]
    # Of the legs that nobody named, each is somebody else.
    named = {leg: leg.staff or leg.who or f"\0{number}" for number, leg in enumerate(everybody)}
    people = [leg for leg in everybody if leg.overlap(encounter) > 0]
    names = [named[leg] for leg in people]
    whose = next(iter(named.values()), None)
    if len(set(named.values())) < 2 or set(names) <= {whose}:
        return ()
    numbers = {name: n for n, name in enumerate(dict.fromkeys(names))}
    found: list[Takeover] = []
    now: int | None = -1
    for start, on in _on_the_line([(numbers[name], leg) for name, leg in zip(names, people, strict=True)]):
        person = next(iter(on)) if len(on) == 1 else None
        if person != now:
            found.append(_by_leg(start if found else encounter.start, person, on, recording))
        now = person
    return tuple(found)


def _on_the_line(legs: Sequence[tuple[int, Leg]]) -> Iterator[tuple[float, dict[int, Leg]]]:
    """Yield when the persons on the line change, and which are on it; a short overlap counts as the later person's."""
    for start, end in pairwise(sorted({time for _, leg in legs for time in (leg.start, leg.end)})):
        on = {person: leg for person, leg in legs if leg.start < end and start < leg.end}
        if len(on) > 1 and end - start <= JOINT:
            on = {max(on): on[max(on)]}
        if on:
            yield start, on


def _by_leg(at: float, person: int | None, on: dict[int, Leg], recording: Recording) -> Takeover:
    if person is None:
        return Takeover(at=at, person=None, kind="doubtful", reasons=(because("two-on-the-line"),))
    leg = on[person]
    if leg.staff and leg.staff == recording.staff and not person:
        told = because("leg-as-known", who=leg.who or leg.staff)
        return Takeover(at=at, person=0, kind="first", reasons=(told,), ring_seconds=leg.ring_seconds)
    told = because("leg-tells", who=leg.who) if leg.who else because("leg-of-another")
    kind: PartKind = "put-through" if person else "first"
    return Takeover(at=at, person=person, kind=kind, reasons=(told,), staff=leg.staff, ring_seconds=leg.ring_seconds)


def _parts(encounter: Encounter, takeovers: Sequence[Takeover]) -> tuple[Part, ...]:
    """Return the stretches between takeovers, by person, in the order in which each began."""
    known = list(takeovers)
    if known[0].at > encounter.start:
        known.insert(0, Takeover(at=encounter.start, person=0, kind="first", reasons=()))
    ends = [*(takeover.at for takeover in known[1:]), encounter.end]
    of: dict[int | None, list[tuple[Takeover, Span]]] = {}
    for takeover, end in zip(known, ends, strict=True):
        of.setdefault(takeover.person, []).append((takeover, Span(start=takeover.at, end=max(takeover.at, end))))
    return tuple(_part(theirs) for theirs in of.values())


def _part(theirs: Sequence[tuple[Takeover, Span]]) -> Part:
    began, spans = theirs[0][0], tuple(span for _, span in theirs)
    return Part(
        start=spans[0].start,
        end=spans[-1].end,
        kind=began.kind,
        stretches=spans,
        reasons=began.reasons,
        staff=began.staff,
        ring_seconds=began.ring_seconds,
    )
