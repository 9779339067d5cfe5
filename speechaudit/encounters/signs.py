"""Signs for and against a boundary between two services, and phrases that tell talk from a service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from speechaudit.encounters.forms import forms_in
from speechaudit.model import Segment

Sign = Literal[
    "farewell",
    "thanks",
    "opening",
    "goes_on",
    "business",
    "private",
    "hold",
    "transfer",
    "closes",
    "asks",
    "waits",
    "dead_line",
    "unfinished",
    "wonders",
    "agrees",
    "gives_up",
    "breaks_off",
    "walks_off",
    "calls_after",
    "next_called",
    "sent_away",
    "comes_back",
    "asked_back",
    "waits_still",
    "receives",
    "lets_wait",
]

# Seconds without speech, and how strong a sign that is; none cuts alone. Staff type for minutes within a service, and
# citizens go away to copy something.
SILENCE = 12.0
SILENCE_WEIGHTS = ((60.0, 1.5), (SILENCE, 1.0), (6.0, 0.5))
CLOSING_SEGMENTS = 3  # segments at the end of a service in which somebody takes leave
OPENING_SEGMENTS = 2  # segments at the beginning of a service in which it is opened, if one voice says them
HOLD_SEGMENTS = 5  # segments at the end of a service in which the citizen is asked to wait
LOOKAHEAD_SEGMENTS = 20  # segments that are searched for the next citizen
TOPIC_SEGMENTS = 4  # segments that tell whether talk is of business or private
_KEPT = 12  # segments at the end of a service that are looked at again
Topic = Literal["business", "private", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """A service up to here: its last segments, and what all of them together tell.

    It grows by a segment at a time, since to read all of an hour's again for each next one would take minutes.
    """

    last: tuple[Segment, ...] = ()
    end: float = float("-inf")
    topic: Topic = ""
    citizen: str | None = None

    def followed_by(self, segment: Segment) -> SoFar:
        """Return the service with one more segment."""
        return SoFar(
            last=(*self.last, segment)[-_KEPT:],
            end=max(self.end, segment.end),
            topic=self.topic if self.topic == "business" else topic_of([segment]) or self.topic,
            citizen=_citizen_speaker([segment]) or self.citizen,
        )


def boundary_weight(before: SoFar, after: Sequence[Segment]) -> float:
    """Return the weight of the signs for a boundary between the service so far and what follows; 2 make a cut."""
    if phrases_found("farewell", after[:1]) and not phrases_found("opening", after[:1]):
        return 0.0  # the service is not over before its last farewell
    silence = after[0].start - before.end
    weight = next((weight for seconds, weight in SILENCE_WEIGHTS if silence >= seconds), 0.0)
    return (
        weight
        + _farewell_weight(before.last)
        + _opening_weight(before.last, after)
        + float(other_citizen(before, after))
        + _topic_weight(before, after)
    )


def _farewell_weight(before: Sequence[Segment]) -> float:
    last = before[-CLOSING_SEGMENTS:]
    return 1.0 if phrases_found("farewell", last) else 0.5 if phrases_found("thanks", last) else 0.0


def _opening_weight(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    first = after[0]
    if phrases_found("hold", before[-HOLD_SEGMENTS:]) and phrases_found("goes_on", [first]):
        return -1.0  # whoever was asked to wait is spoken to again, whatever they are asked then
    if phrases_found("opening", [first]):
        return 1.0
    if phrases_found("goes_on", [first]):
        return -1.0
    close = [s for s in after[1:OPENING_SEGMENTS] if s.start - first.end < SILENCE_WEIGHTS[-1][0]]
    return 0.5 if phrases_found("opening", close) else 0.0


def _topic_weight(before: SoFar, after: Sequence[Segment]) -> float:
    """Return 1 where talk of business turns private or the other way round."""
    following = topic_of(_until_silence(after[:TOPIC_SEGMENTS]))
    return float(bool(before.topic and following and before.topic != following))


def _until_silence(after: Sequence[Segment]) -> list[Segment]:
    """Return the segments up to the first silence: behind it the next service may begin."""
    near, end = [after[0]], after[0].end
    for segment in after[1:]:
        if segment.start - end >= SILENCE:
            break
        near.append(segment)
        end = max(end, segment.end)
    return near


def topic_of(segments: Sequence[Segment]) -> Topic:
    """Return the topic of the talk; empty if neither can be recognised."""
    if phrases_found("business", segments) or phrases_found("opening", segments):
        return "business"
    return "private" if phrases_found("private", segments) else ""


def other_citizen(before: SoFar, after: Sequence[Segment]) -> bool:
    """Return whether surely another citizen speaks next."""
    following = _next_citizen(after)
    return before.citizen is not None and following is not None and before.citizen != following


def same_citizen(before: SoFar, after: Sequence[Segment]) -> bool:
    """Return whether the voice of the last citizen speaks next; that alone proves nothing: similar voices share one."""
    return before.citizen is not None and before.citizen == _next_citizen(after)


def _next_citizen(after: Sequence[Segment]) -> str | None:
    return _citizen_speaker(_until_silence(after[:LOOKAHEAD_SEGMENTS]))


def _citizen_speaker(segments: Iterable[Segment]) -> str | None:
    return next((segment.speaker for segment in segments if segment.role == "citizen" and segment.speaker), None)


def phrases_found(sign: Sign, segments: Iterable[Segment]) -> set[str]:
    """Return the different phrases of this sign in the segments."""
    return {form for segment in segments for form in forms_in("signs.yml", sign, segment.text)}


def said(sign: Sign, text: str) -> bool:
    """Return whether a text holds a phrase of this sign."""
    return bool(forms_in("signs.yml", sign, text))
