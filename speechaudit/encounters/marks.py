"""What happened within a service: waits, returns from them, transfers, and an end that came too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from speechaudit.encounters.ending import ending
from speechaudit.encounters.signs import phrases_found
from speechaudit.model import EndedBy, Mark, MarkKind, Segment, Setting, Span

ANNOUNCED_HOLD = 10.0  # seconds of silence that are a wait where the staff asked for it
UNANNOUNCED_HOLD = 30.0  # seconds that are one in any case
LEAST_MUSIC = 4.0  # seconds of music that are a wait of any length
RETURN_WINDOW = 15.0  # seconds after a wait in which the staff take up the service again
MIN_CONFIDENCE = 0.35  # under this confidence words in a wait are music or noise
_CLOSING_SEGMENTS = 3


def marks(
    segments: Sequence[Segment],
    setting: Setting,
    ended_by: EndedBy | None = None,
    silence: float | None = None,
    music: Sequence[Span] = (),
) -> tuple[Mark, ...]:
    """Return the waits, returns and transfers in order, and how a service ended too early (see `ending`).

    What is hardly to be understood does not end a wait, nor does an announcement: music is no voice, and nobody came.
    """
    people = (segment for segment in segments if segment.role != "machine")
    heard = [segment for segment in people if segment.confidence is None or segment.confidence >= MIN_CONFIDENCE]
    ended = ending(heard, setting, ended_by, silence)
    transfers = (_mark("transfer", s) for s in heard if s.role == "staff" and phrases_found("transfer", [s]))
    ordered = sorted((*_waits(heard, music), *transfers), key=lambda mark: (mark.start, mark.end))
    return (*ordered, ended) if ended else tuple(ordered)


def _waits(heard: Sequence[Segment], music: Sequence[Span]) -> Iterator[Mark]:
    end = heard[0].end if heard else 0.0
    for i, (before, after) in enumerate(pairwise(heard), 1):
        end = max(end, before.end)
        asked = next((s for s in reversed(heard[max(0, i - _CLOSING_SEGMENTS) : i]) if _asks_to_wait(s)), None)
        played = sum(span.overlap(Span(start=end, end=max(end, after.start))) for span in music) >= LEAST_MUSIC
        if played or after.start - end >= (ANNOUNCED_HOLD if asked else UNANNOUNCED_HOLD):
            yield Mark(kind="hold", start=end, end=after.start, quote=asked.text if asked else "")
            yield from _return(after.start, heard[i:])


def _asks_to_wait(segment: Segment) -> bool:
    return segment.role == "staff" and bool(phrases_found("hold", [segment]))


def _return(since: float, following: Sequence[Segment]) -> Iterator[Mark]:
    back = next((s for s in following if s.role == "staff"), None)
    if back and back.start - since <= RETURN_WINDOW:
        yield _mark("return", back)


def _mark(kind: MarkKind, segment: Segment) -> Mark:
    return Mark(kind=kind, start=segment.start, end=segment.end, quote=segment.text)
