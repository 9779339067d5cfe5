"""What a call record says of its recording, once it is known which end is ours: setting, ringing, channel, legs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from service.ingest.call_record import CallRecord, End, Party
from service.sources import Source
from speechaudit.model import CallFacts, Direction, EndedBy, Leg, facts_of

_LONGEST_RING: Final = 3600
_SAME_RING: Final = 2
# By so many seconds, or this share, may the length of the sound differ from that by the clock of the switch.
_SAME_LENGTH, _SAME_SHARE = 3.0, 0.01
# Who was on the line for less of the sound than this had put the call through, or had not taken it yet.
_GLIMPSE: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What a recorder adds to its call: its settings, when the file was written or came, and the sound.

    `channels` and `seconds` are those of the sound; seconds are None where the file does not state them.
    """

    source: Source
    file_time: datetime
    channels: int
    seconds: float | None = None


def of_sound(record: CallRecord, origin: Origin | None) -> CallRecord:
    """Return what the record says of those whom the sound holds: who had gone before it began is nobody in it.

    Who ended a call says nothing of a sound that ends with somebody before.
    """
    served = record.served()
    if origin is None or origin.seconds is None or record.direction == "out" or len(served) < 2:
        return record
    if (began := _begin(record, origin.seconds)) is None:
        return record
    ended = began + timedelta(seconds=origin.seconds)
    heard = tuple(p for p in record.parties if min(p.ended_at, ended) - max(p.answered_at, began) > _GLIMPSE)
    people = [party for party in heard if party.kind == "person"]
    if not people:
        return record
    if people[-1] != served[-1]:
        record = replace(record, ended_by=None, hung_up=None)
    return replace(record if people[0] == served[0] else _of_later(record, people[0], began), parties=heard)


def _of_later(record: CallRecord, first: Party, began: datetime) -> CallRecord:
    """Return the record of whom the sound begins with: ringing and answer are those of their telephone."""
    return replace(
        record,
        callee=first.who,
        extension=None,
        started_at=began,
        ring_at=first.ring_at,
        answered_at=first.answered_at,
        ring_seconds=None,
    )


def settled(record: CallRecord, origin: Origin | None, direction: Direction | None) -> tuple[CallFacts, list[str]]:
    """Return the facts, and what is in doubt. The ringing is that of our telephone: on the way out the citizen's."""
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
    """Return who ended the call: the caller of a call that came in is the citizen."""
    if end is None or direction is None:
        return None
    return "citizen" if (end == "caller") == (direction == "in") else "staff"


def _channel(origin: Origin | None, record: CallRecord, direction: Direction | None) -> int | None:
    """Return the channel of the staff: as told, or after the caller's side, which turns with the direction."""
    if origin is None:
        return record.staff_channel
    if origin.channels != 2:
        return None
    caller = origin.source.caller_channel
    if record.staff_channel is not None or caller is None or direction is None:
        return record.staff_channel
    return caller if direction == "out" else 1 - caller


def _legs(record: CallRecord, origin: Origin | None) -> Iterator[Leg]:
    """Yield who was put through, in seconds of the recording; nobody where its begin is unknown."""
    if origin is None or origin.seconds is None or (began := _begin(record, origin.seconds)) is None:
        return
    for party in record.parties:
        start = max(0.0, (party.answered_at - began).total_seconds())
        end = min(origin.seconds, (party.ended_at - began).total_seconds())
        if start < end:
            yield Leg(kind=party.kind, who=party.who, start=start, end=end, ring_seconds=party.ring())


def _begin(record: CallRecord, seconds: float) -> datetime | None:
    """Return when the recording began: with the call, an answer, or one of the parties; its length decides.

    None where none of these is as long, or where one of several people may be meant as well as another.
    """
    spans = [*_spans(record.started_at, record.ended_at), *_party_spans(record.parties, record.ended_at)]
    nearly = max(_SAME_LENGTH, _SAME_SHARE * seconds)
    fitting = [
        (apart, start) for start, end in spans if (apart := abs((end - start).total_seconds() - seconds)) <= nearly
    ]
    starts = [start for _, start in fitting]
    if not fitting or (len(record.served()) > 1 and (max(starts) - min(starts)).total_seconds() > nearly):
        return None
    return min(fitting)[1]


def _party_spans(parties: tuple[Party, ...], ended: datetime | None) -> Iterator[tuple[datetime, datetime]]:
    for party in parties:
        yield party.answered_at, party.ended_at
        yield from _spans(party.answered_at, ended)


def _spans(start: datetime | None, end: datetime | None) -> Iterator[tuple[datetime, datetime]]:
    if start is not None and end is not None:
        yield start, end
