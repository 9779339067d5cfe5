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
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote
from xml.etree.ElementTree import Element
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.ingest.call_record import CallRecord, Party, masked
from service.ingest.reading import moment
from service.intake.broken import place_in
from service.intake.kinds import cdr
from service.intake.kinds.freeswitch_legs import JOINED, Flow, line_broke, parties, rang_off, unexplained
from service.intake.xml import leaves, parsed
from service.sources import Source
from service.spreadsheets import decoded
from speechaudit.model import Direction

COLUMNS: Final = (
    *("caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp"),
    *("end_stamp", "duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode", "read_codec"),
    "write_codec",
)
NEEDED: Final = {"uuid", "start_stamp"}
_DIRECTIONS: Final[dict[str, Direction]] = {"inbound": "in", "outbound": "out"}
_UUID: Final = 36
Record = cdr.Record


def read(content: bytes, _source: Source, zone: ZoneInfo) -> Iterator[CallRecord]:
    """Yield the calls of one file. Raises RequestError where it is none of the three forms."""
    start = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if start == b"<":
        root = parsed(content)
        yield _call({name: unquote(text) for name, text in leaves(root)}, zone, tuple(_xml_flows(root)))
    elif start == b"{":
        yield _call(*_variables(content, zone))
    else:
        yield from cdr.read(content, TABLE, zone)[0]


def _xml_flows(root: Element) -> Iterator[Flow]:
    for flow in root.iter("callflow"):
        profile, times = flow.find("caller_profile"), flow.find("times")
        told = dict(leaves(profile)) if profile is not None else {}
        apps = frozenset(app.get("app_name", "") for app in flow.iter("application"))
        when = dict(leaves(times)) if times is not None else {}
        yield Flow(number=_number(told), apps=apps, times=when)


def _number(profile: Mapping[str, str]) -> str | None:
    """Return who was called in a flow: whom the other leg reached, if it says so."""
    return unquote(profile.get("callee_id_number") or profile.get("destination_number") or "") or None


def _variables(content: bytes, zone: ZoneInfo) -> tuple[Record, ZoneInfo, tuple[Flow, ...]]:
    try:
        whole: Any = json.loads(decoded(content))
        given = whole.get("callflow", [])
        flows = given if isinstance(given, list) else [given]
        profile = flows[0].get("caller_profile", {}) if flows else {}
        known = {name: text for name, text in profile.items() if isinstance(text, str)} | whole["variables"]
        record = {str(name): unquote(_text(value)) for name, value in known.items()}
        return record, zone, tuple(_json_flow(flow) for flow in flows)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise RequestError(
            "通话记录", f"不是 mod_json_cdr 的 JSON{place_in(problem)}", "请检查文件是否完整"
        ) from problem


def _text(value: Any) -> str:
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)


def _json_flow(flow: Any) -> Flow:
    applications = flow.get("extension", {}).get("applications", [])
    times = {str(name): str(value) for name, value in flow.get("times", {}).items()}
    profile = {name: text for name, text in flow.get("caller_profile", {}).items() if isinstance(text, str)}
    apps = frozenset(str(app.get("app_name", "")) for app in applications)
    return Flow(number=_number(profile), apps=apps, times=times)


def _calls(records: Sequence[cdr.Row], zone: ZoneInfo) -> Iterator[CallRecord]:
    """Yield one call for each row that is not the other leg of one: that tells how long the telephone rang."""
    rows = {record["uuid"]: (number, record) for number, record in records}
    for number, record in records:
        line, other = rows.get(record.get("bleg_uuid", ""), (number, record))
        if other["uuid"] == record["uuid"]:
            yield replace(_call(record, zone), lines=(number,))
        elif record.get("start_stamp", "") <= other.get("start_stamp", ""):
            yield replace(_with_leg(_call(record, zone), other, zone), lines=(number, line))


TABLE: Final = cdr.SwitchTable(
    titles=COLUMNS,
    needed=NEEDED,
    usable=lambda record, _cells, _titles: len(record.get("uuid", "")) == _UUID,
    keys=lambda record: tuple(filter(None, (record["uuid"], record.get("bleg_uuid")))),
    calls=_calls,
    problem="没有一行是 FreeSWITCH 的 CDR(列数不对,或没有 uuid)",
    cure="请用 cdr_csv.conf.xml 里的 example 模板,或加上标题行",
)


def _with_leg(call: CallRecord, leg: Record, zone: ZoneInfo) -> CallRecord:
    """Return a call with the leg of the telephone that answered."""
    ring_at, answered, ended = (_moment(leg, name, zone) for name in ("start", "answer", "end"))
    if answered is None or ended is None:
        return call
    who = leg.get("dialed_user") or leg.get("destination_number") or call.callee
    person = Party(kind="person", who=who, answered_at=answered, ended_at=ended, ring_at=ring_at)
    menu = call.answered_at and Party(kind="machine", who=None, answered_at=call.answered_at, ended_at=answered)
    before = (menu,) if menu and (answered - menu.answered_at).total_seconds() > JOINED else ()
    return replace(call, callee=who, ring_at=ring_at, answered_at=answered, parties=(*before, person))


def _call(record: Record, zone: ZoneInfo, flows: Sequence[Flow] = ()) -> CallRecord:
    """Return a call, whose own person is the first who was put through, or whom its variables name."""
    started = _moment(record, "start", zone)
    found = parties(flows)
    named = record.get("dialed_user") or record.get("destination_number")
    if sum(party.kind == "person" for party in found) == 1 and (user := record.get("dialed_user")):
        found = tuple(replace(party, who=user) if party.kind == "person" else party for party in found)
    people = [party for party in found if party.kind == "person"]
    first = people[0] if people else _by_variables(record, named, zone)
    lost = unexplained(record.get("transfer_history", ""), found or filter(None, [first]))
    doubts = () if started else ("通话记录里没有开始时间",)
    if lost is not None:
        doubts = (*doubts, f"通话转接到 {masked(lost)},通话记录里没有后来由谁接听")
    disposition = record.get("sip_hangup_disposition") or record.get("hangup_disposition") or ""
    return CallRecord(
        caller=record.get("caller_id_number"),
        callee=people[0].who if people else named,
        direction=_DIRECTIONS.get(record.get("call_direction", "")),
        answered=first is not None,
        started_at=started,
        ring_at=first.ring_at if first else None,
        answered_at=first.answered_at if first else None,
        ended_at=_moment(record, "end", zone),
        ids=tuple(dict.fromkeys(filter(None, (record.get(name) for name in ("uuid", "bleg_uuid", "bridge_uuid"))))),
        parties=found,
        ended_by="line" if line_broke(record.get("hangup_cause", "")) else None,
        hung_up=None if found and found[-1].kind != "person" else rang_off(disposition),
        doubts=doubts,
    )


def _by_variables(record: Record, who: str | None, zone: ZoneInfo) -> Party | None:
    """Return who answered, where no flow says it."""
    started, answered, bridged = (_moment(record, name, zone) for name in ("start", "answer", "bridge"))
    if answered is None:
        return None
    before = bridged is not None and (bridged - answered).total_seconds() > JOINED
    ended = _moment(record, "end", zone) or answered
    up = bridged if before and bridged else answered
    return Party(kind="person", who=who, answered_at=up, ended_at=ended, ring_at=None if before else started)


def _moment(record: Record, name: str, zone: ZoneInfo) -> datetime | None:
    """Return a time in UTC, by seconds since 1970, which are surer than a stamp without zone; None for 0 or empty."""
    epoch = record.get(f"{name}_epoch", "0")
    return moment(epoch if epoch.strip("0") else record.get(f"{name}_stamp", ""), zone)
