"""Tencent Cloud Contact Centre (腾讯云联络中心): pushed CDRs, one JSON object or several in a file, Response or not.

Fields after https://www.tencentcloud.com/zh/document/product/1229/59641 (CDR; times are Unix seconds) and
https://www.tencentcloud.com/zh/document/product/1229/59642: each party has a file of its own, told apart by RecordId.
The file of a seat is audited; that of the customer holds nothing but the customer. The files themselves are fetched by
the centre's own tool: this service opens no address that a pushed record names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.ingest.call_record import CallRecord, Party, basename
from service.intake.broken import place_in
from service.sources import Source
from service.spreadsheets import decoded
from speechaudit.model import Direction, EndedBy

_DIRECTIONS: Final[dict[int, Direction]] = {0: "in", 1: "out"}
_SEATS: Final = frozenset({"", "staffSeat", "outboundSeat", "staffPhoneSeat"})
_ENDED_BY: Final[Mapping[str, EndedBy]] = {"user": "citizen", "seat": "staff"}
Json = Mapping[str, Any]


def read(content: bytes, _source: Source, _zone: ZoneInfo) -> Iterator[CallRecord]:
    """Yield one call for each party that has a file. Raises RequestError where this is no such JSON."""
    try:
        whole: Any = json.loads(decoded(content))
        for session in whole if isinstance(whole, list) else [whole]:
            yield from _parties(session.get("Response", session))
    except (ValueError, TypeError, AttributeError, OverflowError, OSError, RecursionError) as problem:
        raise RequestError("通话记录", f"不是腾讯云推送的 CDR{place_in(problem)}", "请保存推送的原文") from problem


def _parties(session: Json) -> Iterator[CallRecord]:
    if "SessionId" not in session and "ServeParticipants" not in session:
        raise ValueError("没有 SessionId")
    direction = _DIRECTIONS.get(session.get("Direction", -1)) or {1: "out", 2: "in"}.get(session.get("CallType", -1))
    seats = [party for party in session.get("ServeParticipants") or () if party.get("Type", "") in _SEATS]
    last = max((_ended(party) for party in seats), default=0.0)
    for party in seats:
        yield _seat(session, party, direction, last=_ended(party) == last)
    if names := _names(session):
        yield CallRecord(other_party=bool(seats), ids=names, doubts=() if seats else ("没有坐席接听",))


def _ended(party: Json) -> float:
    return float(str(party.get("EndedTimestamp") or 0))


def _seat(session: Json, party: Json, direction: Any, *, last: bool) -> CallRecord:
    """Return what one seat did: its own times, and its 工号 where the session names this seat.

    Its file holds nobody else of ours, and only of the `last` seat the session says who rang off.
    """
    user = session.get("SeatUser") or {}
    mine = not user.get("Mail") or user.get("Mail") == party.get("Mail")
    number = party.get("StaffNumber") or (user.get("StaffNumber") if mine else None)
    caller, callee = session.get("Caller"), session.get("Callee")
    rang, accepted, ended = (_moment(party.get(f"{name}Timestamp")) for name in ("Ring", "Accept", "Ended"))
    name = str(number) if number else party.get("Mail") or None
    parties = _alone(name, (rang, accepted, ended))
    return CallRecord(
        staff=str(number) if number else None,
        extension=party.get("Mail") or None,
        number=callee if direction == "out" else caller,
        direction=direction,
        answered=accepted is not None,
        started_at=rang or _moment(party.get("StartTimestamp")),
        ring_at=rang,
        answered_at=accepted,
        ended_at=ended,
        ended_by=_ENDED_BY.get(str(session.get("HungUpSide"))) if last else None,
        parties=parties,
        ids=_names(party),
        extras={"session": str(session["SessionId"])} if session.get("SessionId") else {},
        doubts=() if _names(party) else ("坐席的记录里没有 RecordId",),
    )


def _alone(who: str | None, times: tuple[datetime | None, ...]) -> tuple[Party, ...]:
    """Return the seat as the only party of its file, by when it rang, answered and ended."""
    rang, answered, ended = times
    if answered is None or ended is None:
        return ()
    return (Party(kind="person", who=who, answered_at=answered, ended_at=ended, ring_at=rang),)


def _names(party: Json) -> tuple[str, ...]:
    """Return what the file of a party may be called: its RecordId, and the ends of its addresses."""
    urls = (party.get(name) for name in ("RecordURL", "CustomRecordURL"))
    ends = (basename(unquote(urlsplit(str(url)).path)) for url in urls if url)
    return tuple(dict.fromkeys(str(name) for name in (party.get("RecordId"), *ends) if name))


def _moment(seconds: object) -> datetime | None:
    """Return a moment from Unix seconds; None for 0, which means that it did not happen."""
    return datetime.fromtimestamp(float(str(seconds)), UTC) if seconds else None
