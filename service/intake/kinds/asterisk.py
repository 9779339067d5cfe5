"""Asterisk: `Master.csv` of cdr_csv, without a heading, or of cdr_custom with one.

Columns are those of cdr_csv.c: 16 fixed ones, then uniqueid and userfield (`loguniqueid`, `loguserfield`), then
peeraccount, linkedid and sequence (`newcdrcolumns`); see cdr.conf.sample and
https://docs.asterisk.org/Configuration/Reporting/Call-Detail-Records-CDR/CDR-Variables/. A call through a queue or a
ring group writes a record for each telephone that rang; linkedid holds them together
(https://github.com/ipoddubny/webcdr/issues/6), and `asterisk_legs` reads who was put through. Recordings are
named after FreePBX and Issabel, by the uniqueid at the end:
https://diditho.com/2025/04/23/understanding-issabel-asterisk-call-recording-file-format
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from service.ingest.call_record import CallRecord
from service.ingest.reading import moment
from service.intake.kinds import asterisk_legs as legs
from service.intake.kinds import cdr
from service.sources import Source

COLUMNS: Final = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start"),
    *("answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield"),
    *("peeraccount", "linkedid", "sequence"),
)
NEEDED: Final = {"start", "answer", "end", "disposition", "uniqueid"}
_FEWEST: Final = COLUMNS.index("uniqueid") + 1
Record = cdr.Record


def read(content: bytes, _source: Source, zone: ZoneInfo) -> Iterator[CallRecord]:
    """Yield one call for each linkedid. Raises RequestError where the columns are not those of a CDR."""
    return iter(cdr.read(content, TABLE, zone)[0])


def _calls(rows: Sequence[cdr.Row], zone: ZoneInfo) -> Iterator[CallRecord]:
    calls: defaultdict[str, list[cdr.Row]] = defaultdict(list)
    for number, record in rows:
        calls[_key(record)].append((number, record))
    for found in calls.values():
        yield replace(_call([record for _, record in found], zone), lines=tuple(number for number, _ in found))


def _key(record: Record) -> str:
    return record.get("linkedid") or record["uniqueid"]


def _is_whole(record: Record, cells: int, titles: int) -> bool:
    return bool(record.get("uniqueid") and record.get("start")) and cells >= min(_FEWEST, titles)


TABLE: Final = cdr.SwitchTable(
    titles=COLUMNS,
    needed=NEEDED,
    usable=_is_whole,
    keys=lambda record: (_key(record),),
    calls=_calls,
    problem="没有一行是 Asterisk 的 CDR(列数不对,或没有 uniqueid)",
    cure="cdr.conf 的 [csv] 里要有 loguniqueid=yes;cdr_custom 请加上标题行",
)


def _call(records: list[Record], zone: ZoneInfo) -> CallRecord:
    """Return a call: the first person put through is its own, and the first record tells when it came."""
    records = sorted(records, key=lambda record: (record["start"], record.get("sequence", "").zfill(12)))
    found = legs.parties(records, zone)
    people = [party for party in found if party.kind == "person"]
    started, ended = moment(records[0]["start"], zone), _latest(records, zone)
    caller, callee = legs.ends(records, people)
    doubts = () if started else (f"start 不是时间:“{records[0]['start'][:40]}”",)
    first = people[0] if people else None
    return CallRecord(
        caller=caller,
        callee=callee,
        answered=first is not None,
        started_at=started,
        ring_at=first.ring_at if first else None,
        answered_at=first.answered_at if first else None,
        ended_at=ended,
        ids=tuple(dict.fromkeys(r[key] for r in records for key in ("uniqueid", "linkedid") if r.get(key))),
        parties=found,
        hung_up=legs.rang_off(records, caller),
        ended_by="line" if legs.line_broke(records) else None,
        doubts=doubts,
    )


def _latest(records: list[Record], zone: ZoneInfo) -> datetime | None:
    return max(filter(None, (moment(record.get("end", ""), zone) for record in records)), default=None)
