"""What recorders tell under names of their own, in the name of a file or in a form, as call records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from service.ingest.call_record import CallRecord, merged, of_fields
from service.sources import FIELDS, Source

# Titles that line recorders (kind `box`) were seen to use.
_SEEN: Final[Mapping[str, tuple[str, ...]]] = {
    "started_at": ("开始时间", "呼叫时间", "来电时间", "起始时间", "振铃开始", "呼入时间", "BeginTime", "StartTime"),
    "answered_at": ("接通时间", "应答时间", "接听时间", "摘机时间", "通话开始", "ConnectTime", "AnswerTime"),
    "ended_at": ("结束时间", "挂机时间", "挂断时间", "EndTime", "HangupTime"),
    "ring_seconds": ("响铃时长", "振铃时长", "响铃秒数", "RingTime", "RingDuration"),
    "direction": ("方向", "呼叫方向", "呼叫类型", "通话类型", "来去电", "Direction", "CallType"),
    "result": ("结果", "呼叫结果", "接听状态", "通话状态", "Result", "Status"),
    "number": ("号码", "对方号码", "电话号码", "来电号码", "主叫号码", "Phone", "Number", "CallerNumber"),
    "extension": ("分机", "分机号", "线路", "线路号", "通道", "通道号", "本机号码", "Channel", "Line", "Ext"),
    "staff": ("工号", "坐席", "坐席工号", "座席工号", "AgentNo"),
    "window": ("窗口", "窗口号"),
    "file": ("文件", "文件名", "录音文件", "录音文件名", "文件路径", "录音路径", "File", "FileName", "RecFile"),
    "call_id": ("通话编号", "流水号", "CallId"),
}
_TITLES_OF_BOXES: Final = {title: ours for ours, theirs in _SEEN.items() for title in theirs}


def titles(source: Source) -> dict[str, str]:
    """Their names, folded, to ours: what is set wins over what is usual, and that over our own names."""
    usual = _TITLES_OF_BOXES if source.kind == "box" else {}
    known = dict(zip(FIELDS, FIELDS, strict=True)) | usual | dict(source.fields)
    return {name.casefold(): ours for name, ours in known.items()}


def by_texts(texts: Mapping[str, str], source: Source, zone: ZoneInfo) -> CallRecord:
    """A call from texts under their names; names that nobody knows are left out."""
    named = titles(source)
    return of_fields({named[name.casefold()]: text for name, text in texts.items() if name.casefold() in named}, zone)


def by_name(source: Source, name: str, zone: ZoneInfo) -> CallRecord:
    """What the name of a file tells after the source's pattern."""
    if (pattern := source.named) is None:
        return CallRecord()
    if (found := pattern.search(name)) is None:
        return CallRecord(doubts=("文件名不符合 pattern",)) if source.kind == "name" else CallRecord()
    return of_fields({key: text for key, text in found.groupdict().items() if text}, zone)


def by_form(source: Source, name: str, texts: Mapping[str, str], zone: ZoneInfo) -> CallRecord:
    """What a form that a recorder sends tells: its texts, and the name of its file."""
    told = by_texts(texts, source, zone)
    return merged(by_name(source, name, zone), from_begin(told) if source.kind == "box" else told, source.clock)


def from_begin(record: CallRecord) -> CallRecord:
    """The same call where its begin is when the telephone began to ring."""
    return replace(record, ring_at=record.ring_at or record.started_at)
