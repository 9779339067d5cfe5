"""Asterisk: `Master.csv` of cdr_csv, without a heading, or of cdr_custom with one.

Columns are those of cdr_csv.c: 16 fixed ones, then uniqueid and userfield (`loguniqueid`, `loguserfield`), then
peeraccount, linkedid and sequence (`newcdrcolumns`); see cdr.conf.sample and
https://docs.asterisk.org/Configuration/Reporting/Call-Detail-Records-CDR/CDR-Variables/. A call through a queue or a
ring group writes a record for each telephone that rang; linkedid holds them together
(https://github.com/ipoddubny/webcdr/issues/6), and `dstchannel` of the answered one says who answered. Recordings are
named after FreePBX and Issabel, by the uniqueid at the end:
https://diditho.com/2025/04/23/understanding-issabel-asterisk-call-recording-file-format
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.ingest.call_record import CallRecord
from service.ingest.reading import moment
from service.sources import Source
from service.spreadsheets import lines

COLUMNS: Final = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start"),
    *("answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield"),
    *("peeraccount", "linkedid", "sequence"),
)
_NEEDED: Final = {"start", "answer", "end", "disposition", "uniqueid"}
_FEWEST: Final = COLUMNS.index("uniqueid") + 1
# PJSIP/3201-00000c4e: the technology, the peer, and the number of this use of it.
_PEER: Final = re.compile(r"^[A-Za-z0-9]+/(?P<peer>.+?)(?:@.+)?-[0-9a-fA-F]+(?:;\d)?$")
Record = dict[str, str]


def read(content: bytes, _source: Source, zone: ZoneInfo) -> Iterator[CallRecord]:
    """One call for each linkedid. Raises RequestError where the columns are not those of a CDR."""
    calls: defaultdict[str, list[Record]] = defaultdict(list)
    for record in _records(content):
        calls[record.get("linkedid") or record["uniqueid"]].append(record)
    for records in calls.values():
        yield _call(records, zone)


def _records(content: bytes) -> Iterator[Record]:
    titles: Sequence[str] = COLUMNS
    seen = usable = 0
    for cells in lines(content):
        if {cell.casefold() for cell in cells} >= _NEEDED:
            titles = [cell.casefold() for cell in cells]
            continue
        seen += 1
        record = {title: cell for title, cell in zip(titles, cells, strict=False) if cell}
        if record.get("uniqueid") and record.get("start") and len(cells) >= min(_FEWEST, len(titles)):
            usable += 1
            yield record
    if seen and not usable:
        cure = "cdr.conf 的 [csv] 里要有 loguniqueid=yes;cdr_custom 请加上标题行"
        raise RequestError("通话记录", "没有一行是 Asterisk 的 CDR(列数不对,或没有 uniqueid)", cure)


def _call(records: list[Record], zone: ZoneInfo) -> CallRecord:
    """The record that was answered last tells who spoke; the first one, when the call came."""
    records = sorted(records, key=lambda record: (record["start"], record.get("sequence", "").zfill(12)))
    answered = [record for record in records if record.get("disposition") == "ANSWERED" and record.get("answer")]
    spoken = [record for record in answered if record.get("dstchannel")] or answered
    main = spoken[-1] if spoken else records[-1]
    started, ended = moment(records[0]["start"], zone), moment(records[-1].get("end", ""), zone)
    talkers = {peer for record in spoken if (peer := _peer(record.get("dstchannel")))}
    doubts = () if started else (f"start 不是时间:“{records[0]['start'][:40]}”",)
    if len(talkers) > 1:
        doubts = (*doubts, f"通话转接过,先后由 {'、'.join(sorted(talkers))} 接听")
    return CallRecord(
        caller=_peer(main.get("channel")) or main.get("src"),
        callee=_peer(main.get("dstchannel")) or main.get("dst"),
        answered=bool(spoken),
        started_at=started,
        ring_at=_rang(main, answered, zone),
        answered_at=moment(main.get("answer", ""), zone),
        ended_at=ended,
        ids=tuple(dict.fromkeys(r[key] for r in records for key in ("uniqueid", "linkedid") if r.get(key))),
        doubts=doubts,
    )


def _peer(channel: str | None) -> str | None:
    """The extension of a channel."""
    found = _PEER.match(channel or "")
    return found["peer"] if found else None


def _rang(main: Record, answered: list[Record], zone: ZoneInfo) -> datetime | None:
    """When the telephone began to ring: unknown where a menu or a queue had answered the call before.

    Then Asterisk writes the start of the record as the time of the answer.
    """
    if main.get("lastapp", "Dial").casefold() != "dial" or answered[:1] != [main] or main["answer"] == main["start"]:
        return None
    return moment(main["start"], zone)
