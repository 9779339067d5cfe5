"""FreeSWITCH: `Master.csv` of mod_cdr_csv, or one XML or JSON file for each call.

The CSV has the columns of the template `example` in cdr_csv.conf.xml, or a heading with such names:
https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_cdr_csv_6587322. XML (mod_xml_cdr) and JSON
(mod_json_cdr) carry channel variables, whose values are URL-encoded unless `encode-values` is off:
https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_xml_cdr_6587377. Their `direction` is that
of the leg seen from the switch, `inbound` for every A-leg, and says nothing of the call: only `call_direction`, which
FusionPBX sets, is believed; else the registered extension decides. RECORD_STEREO puts the caller left, so the side of
the staff turns with the direction (`caller_channel = 0`):
https://developer.signalwire.com/freeswitch/Channel-Variables-Catalog/RECORD_STEREO_16352883
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.ingest.call_record import CallRecord
from service.ingest.reading import moment
from service.intake.xml import leaves, parsed
from service.sources import Source
from service.spreadsheets import decoded, lines
from speechaudit.model import Direction

COLUMNS: Final = (
    *("caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp"),
    *("end_stamp", "duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode", "read_codec"),
    "write_codec",
)
_NEEDED: Final = {"uuid", "start_stamp"}
_DIRECTIONS: Final[dict[str, Direction]] = {"inbound": "in", "outbound": "out"}
# Between the answer of one end and the joining of both: more, and a menu or a queue had answered before.
_JOINED: Final = timedelta(seconds=2)
Record = Mapping[str, str]


def read(content: bytes, _source: Source, zone: ZoneInfo) -> Iterator[CallRecord]:
    """The calls of one file. Raises RequestError where it is none of the three forms."""
    start = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start == b"<":
        yield _call({name: unquote(text) for name, text in leaves(parsed(content))}, zone)
    elif start == b"{":
        yield _call(_variables(content), zone)
    else:
        yield from (_call(record, zone) for record in _records(content))


def _variables(content: bytes) -> Record:
    try:
        whole: Any = json.loads(decoded(content))
        flows = whole.get("callflow", [{}])
        flow = flows[0] if isinstance(flows, list) and flows else flows
        known = flow.get("caller_profile", {}) | whole["variables"]
        return {str(name): unquote(str(value)) for name, value in known.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise RequestError("通话记录", f"不是 mod_json_cdr 的 JSON({problem})", "请检查文件是否完整") from problem


def _records(content: bytes) -> Iterator[Record]:
    titles: Sequence[str] = COLUMNS
    seen = usable = 0
    for cells in lines(content):
        if {cell.casefold() for cell in cells} >= _NEEDED:
            titles = [cell.casefold() for cell in cells]
            continue
        seen += 1
        record = {title: cell for title, cell in zip(titles, cells, strict=False) if cell}
        if len(record.get("uuid", "")) == 36:
            usable += 1
            yield record
    if seen and not usable:
        cure = "请用 cdr_csv.conf.xml 里的 example 模板,或加上标题行"
        raise RequestError("通话记录", "没有一行是 FreeSWITCH 的 CDR(列数不对,或没有 uuid)", cure)


def _call(record: Record, zone: ZoneInfo) -> CallRecord:
    started = _moment(record, "start", zone)
    answered = _moment(record, "answer", zone)
    bridged = _moment(record, "bridge", zone)
    before = bridged is not None and answered is not None and bridged - answered > _JOINED
    return CallRecord(
        caller=record.get("caller_id_number"),
        callee=record.get("dialed_user") or record.get("destination_number"),
        direction=_DIRECTIONS.get(record.get("call_direction", "")),
        answered=answered is not None,
        started_at=started,
        ring_at=None if before else started,
        answered_at=bridged if before else answered,
        ended_at=_moment(record, "end", zone),
        ids=tuple(dict.fromkeys(filter(None, (record.get(name) for name in ("uuid", "bleg_uuid", "bridge_uuid"))))),
        doubts=() if started else ("通话记录里没有开始时间",),
    )


def _moment(record: Record, name: str, zone: ZoneInfo) -> datetime | None:
    """Seconds since 1970 are surer than a stamp without zone; what did not happen is 0 or empty."""
    epoch = record.get(f"{name}_epoch", "0")
    return moment(epoch if epoch.strip("0") else record.get(f"{name}_stamp", ""), zone)
