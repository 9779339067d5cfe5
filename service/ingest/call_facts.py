"""What a call record says of its recording, once it is known which end is ours: setting, ringing, channel, legs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from service.ingest.call_record import CallRecord, End, Party
from service.sources import Source
from speechaudit.model import CallFacts, Direction, EndedBy, Leg, facts_of

_LONGEST_RING: Final = 3600
_SAME_RING: Final = 2
# By so many seconds, or this share, may the length of the sound differ from that by the clock of the switch.
_SAME_LENGTH, _SAME_SHARE = 3.0, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a recorder adds to its call: its settings, when the file was written or came, and the sound.

    `channels` and `seconds` are those of the sound; seconds are None where the file does not state them.
    """

    source: Source
    file_time: datetime
    channels: int
    seconds: float | None = None


def settled(record: CallRecord, origin: Origin | None, direction: Direction | None) -> tuple[CallFacts, list[str]]:
    """The facts, and what is in doubt. The ringing is that of our telephone: on the way out it is the citizen's."""
    doubts: list[str] = []
    ring = None if origin and direction == "out" else record.ring()
    timed = record.timed_ring()
    if ring is not None and timed is not None and abs(ring - timed) > _SAME_RING:
        doubts.append(f"响铃 {ring:g} 秒与时间相差的 {timed:g} 秒不同")
    if ring is not None and not 0 <= ring <= _LONGEST_RING:
        doubts.append(f"响铃 {ring:.0f} 秒不合理")
        ring = None
    facts = replace(
        facts_of(record),
        setting=record.setting or (origin.source.setting if origin else None),
        direction=direction,
        ring_seconds=ring,
        staff_channel=_channel(origin, record, direction),
        ended_by=record.ended_by or _rang_off(record.hung_up, direction),
        legs=record.legs or (() if direction == "out" else tuple(_legs(record, origin))),
    )
    return facts, doubts


def _rang_off(end: End | None, direction: Direction | None) -> EndedBy | None:
    """Who ended the call: the caller of a call that came in is the citizen."""
    if end is None or direction is None:
        return None
    return "citizen" if (end == "caller") == (direction == "in") else "staff"


def _channel(origin: Origin | None, record: CallRecord, direction: Direction | None) -> int | None:
    """The channel of the staff: as told, or after the side of the caller, which turns with the direction."""
    if origin is None:
        return record.staff_channel
    if origin.channels != 2:
        return None
    caller = origin.source.caller_channel
    if record.staff_channel is not None or caller is None or direction is None:
        return record.staff_channel
    return caller if direction == "out" else 1 - caller


def _legs(record: CallRecord, origin: Origin | None) -> Iterator[Leg]:
    """Who was put through, in seconds of the recording; nobody where it is unknown when the recording began."""
    if origin is None or origin.seconds is None or (began := _begin(record, origin.seconds)) is None:
        return
    for party in record.parties:
        start = max(0.0, (party.answered_at - began).total_seconds())
        end = min(origin.seconds, (party.ended_at - began).total_seconds())
        if start < end:
            yield Leg(kind=party.kind, who=party.who, start=start, end=end, ring_seconds=party.ring())


def _begin(record: CallRecord, seconds: float) -> datetime | None:
    """When the recording began: with the call, with an answer, or with one of the parties; its length decides."""
    spans = [*_spans(record.started_at, record.ended_at), *_party_spans(record.parties, record.ended_at)]
    apart = [(abs((end - start).total_seconds() - seconds), start) for start, end in spans]
    least, start = min(apart, default=(float("inf"), None))
    return start if least <= max(_SAME_LENGTH, _SAME_SHARE * seconds) else None


def _party_spans(parties: tuple[Party, ...], ended: datetime | None) -> Iterator[tuple[datetime, datetime]]:
    for party in parties:
        yield party.answered_at, party.ended_at
        yield from _spans(party.answered_at, ended)


def _spans(start: datetime | None, end: datetime | None) -> Iterator[tuple[datetime, datetime]]:
    if start is not None and end is not None:
        yield start, end
