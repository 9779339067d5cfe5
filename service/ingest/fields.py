"""What recorders tell under names of their own, in the name of a file or in a form, as call records."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from service.ingest.call_record import CallRecord, merged
from service.ingest.reading import of_fields
from service.sources import FIELDS, Source
from service.spreadsheets import TableRow

# Titles that line recorders (kind `box`) were seen to use.
_SEEN: Final[Mapping[str, tuple[str, ...]]] = {
    "started_at": ("开始时间", "呼叫时间", "来电时间", "起始时间", "呼入时间", "BeginTime", "StartTime"),
    "ring_at": ("振铃开始", "振铃时间", "振铃开始时间", "响铃时间", "开始振铃时间"),
    "answered_at": ("接通时间", "应答时间", "接听时间", "摘机时间", "通话开始", "ConnectTime", "AnswerTime"),
    "ended_at": ("结束时间", "挂机时间", "挂断时间", "EndTime", "HangupTime"),
    "ring_seconds": ("响铃时长", "振铃时长", "响铃秒数", "RingTime", "RingDuration"),
    "queue_seconds": (
        "排队时长",
        "排队秒数",
        "等待时长",
        "IVR时长",
        "菜单时长",
        "语音导航时长",
        "QueueTime",
        "WaitTime",
    ),
    "ended_by": ("挂机方", "挂断方", "结束方", "拆线方", "释放方", "先挂方", "HangupSide", "HangupBy", "ReleaseSide"),
    "transferred_to": (
        "转接",
        "转接到",
        "转接号码",
        "转接分机",
        "转接坐席",
        "转移号码",
        "TransferTo",
        "TransferNumber",
    ),
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
    """Return their names, folded, to ours: what is set for a fact alone, else what is usual, and our own names."""
    chosen = set(source.fields.values())
    usual = {title: ours for title, ours in _TITLES_OF_BOXES.items() if source.kind == "box" and ours not in chosen}
    known = dict(zip(FIELDS, FIELDS, strict=True)) | usual | dict(source.fields)
    return {name.casefold(): ours for name, ours in known.items()}


def by_texts(texts: Mapping[str, str], source: Source, zone: ZoneInfo) -> CallRecord:
    """Return a call from texts under their names; names that nobody knows are left out."""
    named = titles(source)
    return of_fields({named[name.casefold()]: text for name, text in texts.items() if name.casefold() in named}, zone)


def by_row(row: TableRow, zone: ZoneInfo) -> CallRecord:
    """Return a call from a row of a table; columns of one fact that differ are a doubt."""
    record = of_fields(row.cells, zone)
    cure = "请在设置的 fields 里写明用哪一列"
    differing = (f"两列说法不同:{each};{cure}" for each in row.differing)
    return replace(record, lines=(row.number,), doubts=(*record.doubts, *differing))


def by_name(source: Source, name: str, zone: ZoneInfo) -> CallRecord:
    """Return what the name of a file tells after the source's pattern."""
    if (pattern := source.named) is None:
        return CallRecord()
    if (found := pattern.search(unicodedata.normalize("NFC", name))) is None:
        return CallRecord(doubts=("文件名与设置的写法不符",)) if source.kind == "name" else CallRecord()
    return of_fields({key: text for key, text in found.groupdict().items() if text}, zone)


def by_form(source: Source, name: str, texts: Mapping[str, str], zone: ZoneInfo) -> CallRecord:
    """Return what a form that a recorder sends tells: its texts, and the name of its file."""
    told = by_texts(texts, source, zone)
    return merged(by_name(source, name, zone), from_begin(told) if source.kind == "box" else told, source.clock)


def from_begin(record: CallRecord) -> CallRecord:
    """Return the same call, its begin taken as when the telephone rang unless that is told or it had to queue."""
    if record.ring_at or record.queued:
        return record
    coarse = ("ring_at",) if "started_at" in record.coarse else ()
    return replace(record, ring_at=record.started_at, coarse=(*record.coarse, *coarse))
