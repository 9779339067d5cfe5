"""What was understood of a call, as labels and texts in Chinese for whoever sets up a recorder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.ingest.call_record import CallRecord, Party, masked
from service.ingest.placing import Placement
from service.store import centre
from service.store.centre import Staff, Window
from speechaudit.model import CallFacts, Direction, EndedBy, LegKind, Setting

_SETTINGS: Final[Mapping[Setting, str]] = {"phone": "电话", "counter": "柜台"}
_DIRECTIONS: Final[Mapping[Direction, str]] = {"in": "呼入", "out": "呼出"}
_ENDED_BY: Final[Mapping[EndedBy, str]] = {"staff": "工作人员", "citizen": "群众", "line": "线路中断"}
_LEGS: Final[Mapping[LegKind, str]] = {"machine": "自动语音", "queue": "排队", "person": ""}
_UNKNOWN: Final = "不知道"
Told = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderstoodCall:
    """A call with its facts; `place` is None where no centre was asked for windows and staff."""

    record: CallRecord
    facts: CallFacts
    place: Placement | None
    zone: ZoneInfo


def told(known: UnderstoodCall, session: Session | None) -> Told:
    """Return everything that is known of a call; who and where as the centre's records have them."""
    pairs = [*_times(known), *_ends(known), *_place(known, session), *_sound(known.facts), *_parties(known)]
    return tuple((label, text) for label, text in pairs if text)


def _times(known: UnderstoodCall) -> Iterator[tuple[str, str]]:
    record, facts = known.record, known.facts
    yield "场景", _SETTINGS[record.setting] if record.setting else ""
    yield "开始", _clock(record.started_at, known.zone) or _UNKNOWN
    yield "响铃", "" if facts.direction == "out" else _seconds(facts.ring_seconds)
    yield "接通", _time(record.answered_at, known.zone)
    yield "结束", _time(record.ended_at, known.zone)


def _ends(known: UnderstoodCall) -> Iterator[tuple[str, str]]:
    record, direction = known.record, known.facts.direction
    ours, theirs = (record.caller, record.callee) if direction == "out" else (record.callee, record.caller)
    yield "方向", _DIRECTIONS[direction] if direction else _UNKNOWN
    if record.extension or direction:
        yield "分机", record.extension or ours or ""
        yield "对方", masked(record.number or (None if record.extension else theirs)) or ""
    else:
        yield "主叫", masked(record.caller) or ""
        yield "被叫", masked(record.callee) or ""


def _place(known: UnderstoodCall, session: Session | None) -> Iterator[tuple[str, str]]:
    place = known.place
    if place is None or session is None:
        yield "窗口", known.record.window or ""
        yield "工号", known.record.staff or ""
        return
    window = centre.get(session, Window, place.window_id) if place.window_id else None
    person = centre.get(session, Staff, place.staff_id) if place.staff_id else None
    yield "窗口", f"{window.code} {window.name}" if window else _UNKNOWN
    yield "工号", person.number if person else _UNKNOWN


def _sound(facts: CallFacts) -> Iterator[tuple[str, str]]:
    channel = facts.staff_channel
    yield "工作人员声道", "" if channel is None else f"{'左' if channel == 0 else '右'}(双声道时)"
    yield "谁挂断", _ENDED_BY[facts.ended_by] if facts.ended_by else ""


def _parties(known: UnderstoodCall) -> Iterator[tuple[str, str]]:
    yield "各方", ";".join(_party(each, known) for each in known.record.parties)
    yield "录音", known.record.file or "、".join(known.record.ids[:1])


def _party(party: Party, known: UnderstoodCall) -> str:
    name = _LEGS[party.kind] or party.who or _UNKNOWN
    staff = next((leg.staff for leg in known.facts.legs if leg.who == party.who and leg.staff), None)
    rang = f",响 {party.ring():g} 秒" if party.kind == "person" and party.ring() is not None else ""
    whose = f"(工号 {staff})" if staff and staff != party.who else ""
    return f"{name}{whose} {_time(party.answered_at, known.zone)}–{_time(party.ended_at, known.zone)}{rang}"


def _seconds(seconds: float | None) -> str:
    return "不知道(不评铃响)" if seconds is None else f"{seconds:g} 秒"


def _clock(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if moment else ""


def _time(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M:%S}" if moment else ""
