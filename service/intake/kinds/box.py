"""The call logs of Chinese line recorders (录音盒、录音仪、录音卡): CSV, XLS or XLSX with Chinese or English titles.

There is no standard. The usual columns are the line, the number, the direction, when the call came, when it was
connected and when it ended, the result and the file; the titles below are those that were seen, others are mapped by
`fields`. Ringing is connected minus begin. 回铃 (the tone that a caller hears) is no ringing of our telephone and is
not read. A line has no extension of its own: it is registered as one, with the `prefix` of the box before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.intake.facts import Facts, of_fields
from service.intake.source import Source
from service.intake.tables import rows
from service.intake.told import from_begin, titles

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
TITLES: Final = {title: ours for ours, theirs in _SEEN.items() for title in theirs}


def read(content: bytes, source: Source, zone: ZoneInfo) -> Iterator[Facts]:
    """One call for each row that names a file. Raises RequestError where needed columns are missing."""
    named = titles(source, TITLES)
    seen = usable = 0
    for row in rows(content, named):
        seen += 1
        facts = of_fields(row, zone)
        if facts.file is None and not facts.ids:
            continue
        usable += 1
        yield from_begin(facts)
    if seen and not usable:
        raise RequestError("通话记录", "没有“录音文件”一列,或全部为空", "请在设置的 fields 里写明哪一列是 file")
