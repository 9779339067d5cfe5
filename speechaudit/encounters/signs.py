"""Signs for and against a boundary between two services, and phrases that tell talk from a service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from speechaudit.encounters.forms import forms_in
from speechaudit.model import Segment

Sign = Literal[
    "farewell",
    "thanks",
    "concludes",
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
    "asks_wish",
    "calls_next",
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
CALLED = 1.5  # weight of the next number called, or of the question for a wish: nobody who sits there is asked that
JOINED = 0.5  # seconds between pieces of one sentence, which are cut where a voice or a recogniser was in doubt
NEXT_SERVICE = 8.0  # seconds of silence behind which another voice may be of the next service but one
TELLING = 0.7  # seconds of words from which on they tell whose voice it is
LOOKAHEAD_SEGMENTS = 20  # segments that are searched for the next citizen
TOPIC_SEGMENTS = 4  # segments that tell whether talk is of business or private
_KEPT = 12  # segments at the end of a service that are looked at again
_SENTENCE_END = re.compile(r"[。!?\uff01\uff1f]\W*$")
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
    citizens: frozenset[str] = frozenset()

    def followed_by(self, segment: Segment) -> SoFar:
        """Return the service with one more segment."""
        voice = _citizen_speaker([segment])
        return SoFar(
            last=(*self.last, segment)[-_KEPT:],
            end=max(self.end, segment.end),
            topic=self.topic if self.topic == "business" else topic_of([segment]) or self.topic,
            citizen=voice or self.citizen,
            citizens=self.citizens | {voice} if voice else self.citizens,
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
        + _opening_weight(before.last, after, called=weight > 0)
        + float(other_citizen(before, after))
        + _topic_weight(before, after)
    )


def _farewell_weight(before: Sequence[Segment]) -> float:
    last = before[-CLOSING_SEGMENTS:]
    if phrases_found("farewell", last):
        return 1.0
    return 0.5 if phrases_found("thanks", last) or concluded(before) else 0.0


def concluded(before: Sequence[Segment]) -> bool:
    """Return whether the staff's last words hand over what was made, or say when it comes."""
    said_last = next((s for s in reversed(before[-CLOSING_SEGMENTS:]) if s.role == "staff"), None)
    return said_last is not None and said("concludes", said_last.text)


def _opening_weight(before: Sequence[Segment], after: Sequence[Segment], *, called: bool) -> float:
    """Return the weight of an opening; a number may be `called` behind a pause, while without one it is an answer."""
    first = first_sentence(after)
    if phrases_found("hold", before[-HOLD_SEGMENTS:]) and phrases_found("goes_on", [first]):
        return -1.0  # whoever was asked to wait is spoken to again, whatever they are asked then
    told = _first_weight(before, first, called=called)
    if told is not None:
        return told
    close = [s for s in after[1:OPENING_SEGMENTS] if s.start - first.end < SILENCE_WEIGHTS[-1][0]]
    return 0.5 if phrases_found("opening", close) else 0.0


def _first_weight(before: Sequence[Segment], first: Segment, *, called: bool) -> float | None:
    """Return the weight of the first sentence by itself; None where it says nothing."""
    staff = first.role == "staff"
    if staff and _waits_for_staff(before):
        return 0.0
    if called and ((staff and said("asks_wish", first.text)) or _calls_next(first)):
        return CALLED
    if phrases_found("opening", [first]):
        return 1.0
    if phrases_found("goes_on", [first]):
        return -1.0
    behind_thanks = not staff and phrases_found("thanks", before[-1:])
    return 0.5 if behind_thanks and said("waits_still", first.text) else None


def _waits_for_staff(before: Sequence[Segment]) -> bool:
    """Return whether nobody of the staff has spoken yet: who waited is received by their first words."""
    waited = bool(before) and all(segment.role == "citizen" for segment in before)
    return waited and not phrases_found("farewell", before)


def _calls_next(first: Segment) -> bool:
    return first.role != "citizen" and said("calls_next", first.text)


def _topic_weight(before: SoFar, after: Sequence[Segment]) -> float:
    """Return 1 where talk of business turns private or the other way round."""
    following = topic_of(_until_silence(after[:TOPIC_SEGMENTS]))
    return float(bool(before.topic and following and before.topic != following))


def turns_private(before: SoFar, after: Sequence[Segment]) -> bool:
    """Return whether business is left for private talk: that is no going on, whoever speaks."""
    return before.topic == "business" and topic_of(_until_silence(after[:TOPIC_SEGMENTS])) == "private"


def first_sentence(after: Sequence[Segment]) -> Segment:
    """Return what is said first as one segment: a sentence may lie in pieces, cut where a voice was in doubt.

    It has the role that its pieces agree on, and else none.
    """
    whole = after[0]
    for piece in after[1 : OPENING_SEGMENTS + 1]:
        agree = piece.role == whole.role or "unknown" in (piece.role, whole.role)
        if _SENTENCE_END.search(whole.text) or piece.start - whole.end >= JOINED or not agree:
            break
        role = whole.role if piece.role == whole.role else "unknown"
        whole = replace(whole, end=piece.end, text=whole.text + piece.text, role=role, words=())
    return whole


def _until_silence(after: Sequence[Segment], silence: float = SILENCE) -> list[Segment]:
    """Return the segments up to the first silence: behind it the next service may begin."""
    near, end = [after[0]], after[0].end
    for segment in after[1:]:
        if segment.start - end >= silence:
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
    return bool(before.citizens) and following is not None and following not in before.citizens


def same_citizen(before: SoFar, after: Sequence[Segment]) -> bool:
    """Return whether the voice of the last citizen speaks next; that alone proves nothing: similar voices share one."""
    return before.citizen is not None and before.citizen == _next_citizen(after[:TOPIC_SEGMENTS])


def _next_citizen(after: Sequence[Segment]) -> str | None:
    return _citizen_speaker(_until_silence(after[:LOOKAHEAD_SEGMENTS], NEXT_SERVICE))


def _citizen_speaker(segments: Iterable[Segment]) -> str | None:
    told = (s.speaker for s in segments if s.role == "citizen" and s.speaker and s.duration >= TELLING)
    return next(told, None)


def phrases_found(sign: Sign, segments: Iterable[Segment]) -> set[str]:
    """Return the different phrases of this sign in the segments."""
    return {form for segment in segments for form in forms_in("signs.yml", sign, segment.text)}


def said(sign: Sign, text: str) -> bool:
    """Return whether a text holds a phrase of this sign."""
    return bool(forms_in("signs.yml", sign, text))
