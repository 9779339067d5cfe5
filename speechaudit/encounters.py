"""Where one service ends and the next begins.

A cut needs two signs of four: a long silence, a farewell before, an opening after, another citizen's voice after. One
sign alone happens within a service too, and a service cut in two would be charged with the greeting of its second half.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from speechaudit.model import Encounter, Probe, Recording, Segment, Transcript

SILENCE = 12.0  # seconds without speech that are one sign
LONG_SILENCE = 60.0  # seconds that are two signs
ENOUGH = 2
AHEAD = 20  # segments that are searched for the next citizen

FAREWELL = re.compile(r"再见|再会|拜拜|慢走|走好")
OPENING = re.compile(
    r"^(喂|唉|诶|哎|嗯|来)?(你好|早上好|上午好|下午好)|^(请|来|好)?.{0,6}下一(位|个)|^请.{0,8}号"
    r"|请问.{0,6}(办|什么)|你?(要|想)?(办理?|咨询)(什么|哪)|什么事|我(想|要)?(来)?(办|咨询|申请)"
)


def split(transcript: Transcript, recording: Recording) -> tuple[Encounter, ...]:
    """The services of a recording, ordered, not overlapping; every segment lies in exactly one of them.

    A phone call is one service over the whole recording, even if nothing was said. A counter recording is cut between
    segments; a silent one holds no service.
    """
    if recording.setting == "phone":
        return (Encounter(start=0.0, end=transcript.duration, transcript=transcript),)
    if not transcript.segments:
        return ()
    groups = _groups(transcript.segments)
    limits = [*(group[0].start for group in groups[1:]), transcript.duration]
    begins = [0.0, *limits[:-1]]
    found = [
        _encounter(group, limit, tuple(p for p in transcript.probes if begin <= p.start < limit))
        for group, begin, limit in zip(groups, begins, limits, strict=True)
    ]
    return (*found[:-1], replace(found[-1], transcript=replace(found[-1].transcript, cut_off=transcript.cut_off)))


def _encounter(segments: Sequence[Segment], limit: float, probes: tuple[Probe, ...]) -> Encounter:
    """`limit` is where the next service begins: speech that runs over it is cut off in the span, not in the words."""
    start = segments[0].start
    end = max(start, min(limit, max(segment.end for segment in segments)))
    transcript = Transcript(segments=tuple(segments), duration=end - start, probes=probes)
    return Encounter(start=start, end=end, transcript=transcript)


def _groups(segments: Sequence[Segment]) -> list[list[Segment]]:
    groups: list[list[Segment]] = []
    for i, segment in enumerate(segments):
        if not groups or _signs(groups[-1], segments[i : i + AHEAD]) >= ENOUGH:
            groups.append([])
        groups[-1].append(segment)
    return groups


def _signs(before: Sequence[Segment], after: Sequence[Segment]) -> int:
    """How many signs stand for a cut between what was said in this service so far and what comes."""
    if FAREWELL.search(after[0].text):
        return 0  # the service is not over before its last farewell
    silence = after[0].start - max(segment.end for segment in before)
    signs = (silence >= SILENCE) + (silence >= LONG_SILENCE) + _took_leave(before) + _opens(after[0])
    return signs + _other_citizen(before, after)


def _took_leave(before: Sequence[Segment]) -> bool:
    return any(FAREWELL.search(segment.text) for segment in before[-2:])


def _opens(segment: Segment) -> bool:
    return bool(OPENING.search(re.sub(r"[\W_]", "", segment.text).replace("您", "你")))


def _other_citizen(before: Sequence[Segment], after: Sequence[Segment]) -> bool:
    """Whether surely another citizen speaks next. The same label proves nothing: similar voices share one."""
    last, following = _citizen(reversed(before)), _citizen(after)
    return last is not None and following is not None and last != following


def _citizen(segments: Iterable[Segment]) -> str | None:
    return next((segment.speaker for segment in segments if segment.role == "citizen" and segment.speaker), None)
