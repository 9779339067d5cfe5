"""Where one service ends and the next begins, and what is no service.

A cut needs signs that weigh two together: silence, a farewell before, an opening after, another citizen's voice after,
talk that turns from business to private. One sign alone happens within a service too, and a service cut in two would
be charged with the greeting of its second half. Where the queue's calls are known, they cut instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from speechaudit.encounters.marks import marks
from speechaudit.encounters.same import same_service
from speechaudit.encounters.signs import (
    CLOSING_SEGMENTS,
    LOOKAHEAD_SEGMENTS,
    OPENING_SEGMENTS,
    SoFar,
    boundary_weight,
    phrases_found,
)
from speechaudit.model import Aside, Call, Encounter, EndedBy, Recording, Segment, Span, Transcript
from speechaudit.reasons import Reason, because
from speechaudit.text import letters

CUT_WEIGHT = 2.0
FAREWELL_GRACE = 10.0  # seconds after a call in which a farewell still belongs to the service before
MAX_CHAT_PAUSE = 60.0  # seconds of silence before and after small talk within a service, at most
MIN_PRIVATE_PHRASES = 2  # different private words without any of business
MIN_CHARACTERS = 6  # characters that are no conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """A recording in services and other talk, each ordered; no two overlap, and every segment lies in exactly one."""

    encounters: tuple[Encounter, ...] = ()
    asides: tuple[Aside, ...] = ()


def split(transcript: Transcript, recording: Recording) -> Division:
    """Return the services of a recording, and the talk beside them.

    A phone call is one service over the whole recording, even if nothing was said. A counter recording is cut between
    segments; a silent one holds no service.
    """
    if recording.setting == "phone":
        happened = marks(
            transcript.segments, "phone", recording.ended_by, _silence_behind(transcript), transcript.music
        )
        return Division(
            encounters=(Encounter(start=0.0, end=transcript.duration, transcript=transcript, marks=happened),)
        )
    found = Division()
    groups = list(_groups(transcript.segments, recording.calls))
    limits = [*(group[0].start for group in groups), transcript.duration][1:]
    spans = [_span(group, limit) for group, limit in zip(groups, limits, strict=False)]
    for group, span, around in zip(groups, spans, surrounding_spans(spans, transcript.duration), strict=False):
        part = _part(transcript, group, span, around)
        reasons = aside_reasons(group, alone=len(groups) == 1)
        ended_by = recording.ended_by if group is groups[-1] else None
        found = _with_aside(found, part, reasons) if reasons else _with_service(found, group, part, ended_by)
    return found


def _silence_behind(transcript: Transcript) -> float | None:
    """Seconds of a recording behind the last word of people; None where only the words are known."""
    if not any(segment.words for segment in transcript.people):
        return None
    return transcript.duration - max(segment.end for segment in transcript.people)


def _with_aside(found: Division, part: Transcript, reasons: tuple[Reason, ...]) -> Division:
    start = part.segments[0].start
    aside = Aside(start=start, end=start + part.duration, transcript=part, reasons=reasons)
    return replace(found, asides=(*found.asides, aside))


def _with_service(found: Division, group: Sequence[Segment], part: Transcript, ended_by: EndedBy | None) -> Division:
    start = part.segments[0].start
    happened = marks(group, "counter", ended_by)
    service = Encounter(start=start, end=start + part.duration, transcript=part, marks=happened)
    return replace(found, encounters=(*found.encounters, service))


def surrounding_spans(parts: Sequence[Span], duration: float) -> tuple[Span, ...]:
    """Return the span around each part, up to the middle of the pauses beside it: words that were missed may lie there.

    `parts` are ordered and do not overlap; `duration` is that of the recording. Without words there is none.
    """
    if not parts:
        return ()
    cuts = [(before.end + after.start) / 2 for before, after in pairwise(parts)]
    return tuple(Span(start=start, end=end) for start, end in pairwise([0.0, *cuts, duration]))


def _span(group: Sequence[Segment], limit: float) -> Span:
    """Return the span of a group up to `limit`, where the next begins; words that run over it stay whole."""
    start = group[0].start
    return Span(start=start, end=max(start, min(limit, max(segment.end for segment in group))))


def _part(transcript: Transcript, group: Sequence[Segment], span: Span, around: Span) -> Transcript:
    last = group[-1] is transcript.segments[-1]
    return replace(
        transcript,
        segments=tuple(group),
        duration=span.duration,
        probes=tuple(probe for probe in transcript.probes if around.start <= probe.start < around.end),
        cut_off=transcript.cut_off and last,
        tones=tuple(tone for tone in transcript.tones if around.start <= tone.start < around.end),
        gaps=tuple(gap for gap in transcript.gaps if gap & around),
        music=tuple(played for played in transcript.music if played & around),
        alternatives=tuple(other for other in transcript.alternatives if around.start <= other.start < around.end),
    )


def _groups(segments: Sequence[Segment], calls: Sequence[Call]) -> Iterator[list[Segment]]:
    """Yield the groups of segments in order: cut at the calls of the queue, and by signs where there are none."""
    before, *called = _split_at_calls(segments, calls)
    yield from _grouped_by_weight(before)
    for period in called:
        yield from _merged_service(_grouped_by_weight(period))


def _grouped_by_weight(segments: Sequence[Segment]) -> list[list[Segment]]:
    groups: list[list[Segment]] = []
    so_far = SoFar()
    for i, segment in enumerate(segments):
        if not groups or _begins(so_far, segments[i : i + LOOKAHEAD_SEGMENTS]):
            groups.append([])
            so_far = SoFar()
        groups[-1].append(segment)
        so_far = so_far.followed_by(segment)
    return _with_small_talk_joined(groups)


def _begins(before: SoFar, after: Sequence[Segment]) -> bool:
    """Return whether the next service begins: two signs, and none that the same citizen goes on."""
    return boundary_weight(before, after) >= CUT_WEIGHT and not same_service(before, after)


def _with_small_talk_joined(groups: Sequence[list[Segment]]) -> list[list[Segment]]:
    """Small talk within a service does not part it: nobody took leave before, and nobody is received after."""
    joined: list[list[Segment]] = []
    for group in groups:
        if len(joined) > 1 and aside_reasons(joined[-1]) and _service_continues(joined[-2], joined[-1], group):
            talk = joined.pop()
            joined[-1] = [*joined[-1], *talk, *group]
        else:
            joined.append(group)
    return joined


def _service_continues(before: Sequence[Segment], talk: Sequence[Segment], after: Sequence[Segment]) -> bool:
    pauses = _silence(before, talk), _silence(talk, after)
    received = phrases_found("opening", after[:OPENING_SEGMENTS]) or phrases_found(
        "farewell", before[-CLOSING_SEGMENTS:]
    )
    return max(pauses) < MAX_CHAT_PAUSE and not received


def _silence(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    """Return the seconds between the last word and the next one; below zero where they overlap."""
    return after[0].start - max(segment.end for segment in before)


def _split_at_calls(segments: Sequence[Segment], calls: Sequence[Call]) -> list[list[Segment]]:
    """Return the segments before the first call and after each; a number called again is still the same service."""
    starts = [call for i, call in enumerate(calls) if not i or not call.number or call.number != calls[i - 1].number]
    periods: list[list[Segment]] = [[]]
    for segment in segments:
        while starts and _belongs_to_call(segment, starts[0]):
            periods.append([])
            starts.pop(0)
        periods[-1].append(segment)
    return [periods[0], *(period for period in periods[1:] if period)]


def _belongs_to_call(segment: Segment, call: Call) -> bool:
    """Return whether the segment belongs to this call: the service before may still be taking leave."""
    leaving = (
        segment.start < call.at + FAREWELL_GRACE
        and phrases_found("farewell", [segment])
        and not phrases_found("opening", [segment])
    )
    return segment.start >= call.at and not leaving


def _merged_service(groups: list[list[Segment]]) -> Iterator[list[Segment]]:
    """The groups after one call as one service; only talk before or after it stands apart."""
    talk = [bool(aside_reasons(group)) for group in groups]
    if all(talk):
        yield from groups
        return
    first, last = talk.index(False), len(talk) - talk[::-1].index(False)
    yield from groups[:first]
    yield [segment for group in groups[first:last] for segment in group]
    yield from groups[last:]


def aside_reasons(group: Sequence[Segment], *, alone: bool = False) -> tuple[Reason, ...]:
    """Return the reasons why this is no service; none if it is one, or might be.

    Nothing of business may have been said and nobody received. Then it takes private talk, or that no citizen spoke;
    where nothing else was recorded (`alone`) the latter proves nothing, since the recording was meant for a service.
    """
    if phrases_found("business", group) or phrases_found("opening", group):
        return ()
    citizen = any(segment.role == "citizen" for segment in group)
    if len(phrases_found("private", group)) >= MIN_PRIVATE_PHRASES:
        return because("private-talk"), *(() if citizen else (because("no-citizen"),))
    if alone:
        return ()
    if sum(len(letters(segment.text)) for segment in group) < MIN_CHARACTERS:
        return (because("scrap"),)
    return () if citizen else (because("no-citizen-no-business"),)
