"""Who was put through in a call of Asterisk, from all its records.

| record | what it is |
|---|---|
| no `dstchannel`, lastapp Playback, BackGround, IVR … | a machine |
| no `dstchannel` or `Local/…;1`, lastapp Queue, Park … | waiting in a queue, on hold, parked |
| `Local/…;2` → `PJSIP/3201-…` | the telephone of a queue or a ring group: rang from start to answer |
| trunk → `PJSIP/3201-…`, Dial | a telephone; it rang from start to answer if nothing had answered before |
| `PJSIP/3202-…`, lastapp Pickup or ParkedCall | who picked the call up, or took it out of the park |
| `PJSIP/3201-…` → `PJSIP/3202-…` after 3201 was put through | 3201 asks 3202; who stays longer has taken over |

Where the channel was answered before, Asterisk writes the start of a record as the time of its answer: no ringing
follows from it. See https://docs.asterisk.org/Configuration/Reporting/Call-Detail-Records-CDR/CDR-Specification/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from service.ingest.call_record import End, Party
from service.ingest.reading import moment
from speechaudit.model import LegKind

# PJSIP/3201-00000c4e: the technology, the peer, and the number of this use of it.
_PEER: Final = re.compile(r"^[A-Za-z0-9]+/(?P<peer>.+?)(?:@.+)?-[0-9a-fA-F]+(?:;\d)?$")
_LOCAL: Final = re.compile(r"^Local/.*;(?P<half>[12])$")
_QUEUES: Final = frozenset({"queue", "park", "parkandannounce", "musiconhold", "wait", "ringing"})
_TAKEN: Final = frozenset({"pickup", "pickupchan", "parkedcall"})
# Causes of a hangup that nobody meant: the network or the other telephone was gone (Q.850).
_BROKEN: Final = frozenset({"27", "38", "41", "42", "44", "47", "58", "102", "111", "127"})
_CLOSE: Final = 2  # seconds between the records of one hand-over
_PROBABLE_MENU: Final = re.compile(r"ivr|menu|queue", re.IGNORECASE)
Record = Mapping[str, str]


def parties(records: Sequence[Record], zone: ZoneInfo) -> tuple[Party, ...]:
    """Return everybody and everything that answered, in order of time."""
    answered = [record for record in records if record.get("disposition") == "ANSWERED" and record.get("answer")]
    taken = [party for record in answered if _app(record) in _TAKEN if (party := _party(record, zone, "channel"))]
    rung = list(_answered(answered, zone))
    kept = [party for party in rung if party.kind != "person" or not any(_together(party, each) for each in taken)]
    found = list(_without_questions(kept, answered, zone))
    return tuple(
        sorted(
            _once([*found, *(_for_as_long(each, rung) for each in taken)]),
            key=lambda party: (party.answered_at, party.ended_at),
        )
    )


def ends(records: Sequence[Record], people: Sequence[Party]) -> tuple[str | None, str | None]:
    """Return the two ends of the call as the switch names them: who called, and who was put through first."""
    calling = next((record for record in records if not _is_local(record.get("channel"))), records[0])
    last = records[-1]
    callee = people[0].who if people else peer(last.get("dstchannel")) or last.get("dst")
    return peer(calling.get("channel")) or calling.get("src"), callee


def rang_off(records: Sequence[Record], caller: str | None) -> End | None:
    """Return the end that rang off, where `hangupsource` says so in the record that ended last; else None."""
    last = max(records, key=lambda record: record.get("end", ""))
    if (source := peer(last.get("hangupsource"))) is None:
        return None
    return "caller" if source == caller else "callee"


def line_broke(records: Iterable[Record]) -> bool:
    """Return whether the record that ended last has a cause that nobody meant."""
    last = max(records, key=lambda record: record.get("end", ""))
    return last.get("hangupcause", "") in _BROKEN


def peer(channel: str | None) -> str | None:
    """Return the extension of a channel; None where it names none."""
    found = _PEER.match(channel or "")
    return found["peer"] if found else None


def _app(record: Record) -> str:
    return record.get("lastapp", "").casefold()


def _is_local(channel: str | None) -> bool:
    return _LOCAL.match(channel or "") is not None


def _answered(records: Sequence[Record], zone: ZoneInfo) -> Iterator[Party]:
    """Yield one party for each record but those that say who took a call."""
    before = False
    for record in records:
        if _app(record) in _TAKEN:
            continue
        half = _LOCAL.match(record.get("channel", ""))
        rang = half is not None or not before
        if party := _party(record, zone, "dstchannel", rang=rang):
            yield party
        before = before or half is None


def _party(record: Record, zone: ZoneInfo, end: str, *, rang: bool = False) -> Party | None:
    """Return who answered at this end of a record. `rang`: its answer is that of the telephone."""
    answered, ended = moment(record["answer"], zone), moment(record.get("end", ""), zone)
    if answered is None or ended is None:
        return None
    who = None if _is_local(record.get(end)) else peer(record.get(end))
    kind: LegKind = "person" if who else "queue" if _app(record) in _QUEUES else "machine"
    ring_at = moment(record["start"], zone) if rang and _dialled(record) else None
    return Party(kind=kind, who=who, answered_at=answered, ended_at=ended, ring_at=ring_at)


def _dialled(record: Record) -> bool:
    """Return whether nothing but a telephone can have answered."""
    menu = _PROBABLE_MENU.search(record.get("dcontext", "")) and not _is_local(record.get("channel"))
    return _app(record) in {"dial", ""} and not menu


def _together(party: Party, taken: Party) -> bool:
    """Return whether this telephone rang while somebody else picked the call up."""
    return abs((taken.answered_at - party.answered_at).total_seconds()) <= _CLOSE


def _for_as_long(taken: Party, rung: Iterable[Party]) -> Party:
    """Return who picked a call up, who had it as long as its record goes on under the telephone that rang."""
    return replace(taken, ended_at=max([taken.ended_at, *(p.ended_at for p in rung if _together(p, taken))]))


def _without_questions(found: Sequence[Party], records: Sequence[Record], zone: ZoneInfo) -> Iterator[Party]:
    """Yield all but whom one of ours called in between, unless they stayed when the other had gone."""
    asked = {(peer(r.get("dstchannel")), moment(r["answer"], zone)): peer(r.get("channel")) for r in records}
    people = {party.who: party for party in reversed(found) if party.kind == "person"}
    for party in found:
        asking = people.get(asked.get((party.who, party.answered_at)))
        if asking is None or asking.answered_at >= party.answered_at:
            yield party
        elif (party.ended_at - asking.ended_at).total_seconds() > _CLOSE:
            yield replace(party, answered_at=max(party.answered_at, asking.ended_at), ring_at=None)


def _once(found: Sequence[Party]) -> Iterator[Party]:
    """Yield the parts of one person that follow on each other as one; a queue ends where a person answers."""
    people = [party for party in found if party.kind == "person"]
    seen: dict[str | None, Party] = {}
    for party in sorted(people, key=lambda each: each.answered_at):
        before = seen.get(party.who)
        if before and (party.answered_at - before.ended_at).total_seconds() <= _CLOSE:
            seen[party.who] = replace(before, ended_at=max(before.ended_at, party.ended_at))
        else:
            if before:
                yield before
            seen[party.who] = party
    yield from seen.values()
    for party in found:
        if party.kind != "person":
            yield replace(party, ended_at=_until(party, people))


def _until(party: Party, people: Iterable[Party]) -> datetime:
    after = (each.answered_at for each in people if each.answered_at >= party.answered_at)
    return min([party.ended_at, *after])
