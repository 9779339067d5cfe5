"""What of an encounter belongs to people, where announcements stand before, behind or beside their words."""

from __future__ import annotations

from speechaudit.model import Probe, Span, Transcript


def between_announcements(transcript: Transcript, span: Span) -> Span:
    """Return the part of `span` behind announcements before the first word, and before those after the last.

    All of it where nobody spoke.
    """
    people = transcript.people
    if not people:
        return Span(start=span.start, end=span.end)
    first, last = people[0].start, max(segment.end for segment in people)
    before = [told.end for told in transcript.announcements if told.start < first]
    after = [told.start for told in transcript.announcements if told.end > last]
    start = min(first, max([span.start, *before]))
    return Span(start=start, end=max(last, min([span.end, *after])))


def probes_of_people(transcript: Transcript) -> tuple[Probe, ...]:
    """Return the probes of a second listen but for those in announcements: what a machine says there is nobody's."""
    told = transcript.announcements
    return tuple(p for p in transcript.probes if not any(a.channel == p.channel and a.overlap(p) > 0 for a in told))
