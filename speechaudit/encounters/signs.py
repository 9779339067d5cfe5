"""Signs for and against a boundary between two services, and phrases that tell talk from a service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def silence_before(before: Sequence[Segment], after: Segment) -> float:
    """Return the seconds between the last word so far and the next one; below zero where they overlap."""
    return after.start - max(segment.end for segment in before)


def boundary_weight(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    """Return the weight of the signs for a boundary between the service so far and what follows; 2 make a cut."""
    if phrases_found("farewell", after[:1]) and not phrases_found("opening", after[:1]):
        return 0.0  # the service is not over before its last farewell
    silence = silence_before(before, after[0])
    weight = next((weight for seconds, weight in SILENCE_WEIGHTS if silence >= seconds), 0.0)
    return (
        weight
        + _farewell_weight(before)
        + _opening_weight(before, after)
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


def _topic_weight(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    """Return 1 where talk of business turns private or the other way round."""
    last, following = topic_of(before), topic_of(_until_silence(after[:TOPIC_SEGMENTS]))
    return float(bool(last and following and last != following))


def _until_silence(after: Sequence[Segment]) -> list[Segment]:
    """Return the segments up to the first silence: behind it the next service may begin."""
    near = [after[0]]
    for segment in after[1:]:
        if silence_before(near, segment) >= SILENCE:
            break
        near.append(segment)
    return near


def topic_of(segments: Sequence[Segment]) -> Literal["business", "private", ""]:
    """Return the topic of the talk; empty if neither can be recognised."""
    if phrases_found("business", segments) or phrases_found("opening", segments):
        return "business"
    return "private" if phrases_found("private", segments) else ""


def other_citizen(before: Sequence[Segment], after: Sequence[Segment]) -> bool:
    """Return whether surely another citizen speaks next."""
    last, following = _citizens(before, after)
    return last is not None and following is not None and last != following


def same_citizen(before: Sequence[Segment], after: Sequence[Segment]) -> bool:
    """Return whether the voice of the last citizen speaks next; that alone proves nothing: similar voices share one."""
    last, following = _citizens(before, after)
    return last is not None and last == following


def _citizens(before: Sequence[Segment], after: Sequence[Segment]) -> tuple[str | None, str | None]:
    return _citizen_speaker(reversed(before)), _citizen_speaker(_until_silence(after[:LOOKAHEAD_SEGMENTS]))


def _citizen_speaker(segments: Iterable[Segment]) -> str | None:
    return next((segment.speaker for segment in segments if segment.role == "citizen" and segment.speaker), None)


def phrases_found(sign: Sign, segments: Iterable[Segment]) -> set[str]:
    """Return the different phrases of this sign in the segments."""
    return {form for segment in segments for form in forms_in("signs.yml", sign, segment.text)}


def said(sign: Sign, text: str) -> bool:
    """Return whether a text holds a phrase of this sign."""
    return bool(forms_in("signs.yml", sign, text))
