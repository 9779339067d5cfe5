"""What happened, in one Chinese sentence: for the inbox, for e-mail and for robots. Nothing personal stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

Event = Literal[
    "finding.veto",
    "finding.reviewed",
    "case.commented",
    "appeal.received",
    "appeal.decided",
    "appeal.deadline",
    "intake.waiting",
    "worker.gone",
    "source.gone",
    "report.issued",
]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
TITLES: Final[Mapping[Event, str]] = {
    "finding.veto": "一票否决的判定",
    "finding.reviewed": "复核的结论",
    "case.commented": "补充意见",
    "appeal.received": "收到申诉",
    "appeal.decided": "申诉的裁定",
    "appeal.deadline": "申诉期限将到",
    "intake.waiting": "有录音等待补全",
    "worker.gone": "处理程序停止",
    "source.gone": "录音来源不能用",
    "report.issued": "报告已签发",
}
_SENTENCES: Final[Mapping[Event, str]] = {
    "finding.veto": "录音 {recording_id} 有一票否决的判定:{title}。",
    "finding.reviewed": "录音 {recording_id} 的判定“{title}”已经复核,结论是{verdict}。",
    "case.commented": "录音 {recording_id} 的判定“{title}”有了补充意见。",
    "appeal.received": "录音 {recording_id} 的判定“{title}”收到申诉,等待裁定。",
    "appeal.decided": "录音 {recording_id} 的判定“{title}”的申诉已经裁定,结论是{verdict}。",
    "appeal.deadline": "录音 {recording_id} 的判定“{title}”的申诉期限将到({until}{zone} 止)。",
    "intake.waiting": "有 {count} 个录音缺少人员、窗口等信息,等待补全。",
    "worker.gone": "处理程序 {worker} 没有消息了,它的任务由其他处理程序接手;没有其他的则录音不再处理。",
    "source.gone": "录音来源 {source} 不能用:{problem}",
    "report.issued": "{span}的{report}已签发(第 {issued_id} 号)。",
}
# What people decide, in the order in which they choose.
DECISIONS: Final[Mapping[str, str]] = {"fail": "违反", "pass": "不算违反", "n/a": "无法认定"}
_REPORTS: Final = {"staff": "人员语音报告", "window": "窗口语音报告", "centre": "中心语音报告"}
_VERDICTS: Final = {**DECISIONS, "unclear": "存疑"}


def told(event: str, values: Mapping[str, Any]) -> str:
    """Return the sentence. Raises KeyError for an event that is not ours or a value that is missing."""
    verdict = {"verdict": _VERDICTS[values["verdict"]]} if values.get("verdict") else {}
    known: Mapping[str, str] = _SENTENCES  # type: ignore[assignment]
    report = {"report": _REPORTS[values["kind"]]} if event == "report.issued" else {}
    # Older ones were told by the clock of the tables.
    return known[event].format(**{"zone": " UTC", **values, **verdict, **report})


def link(event: str, values: Mapping[str, Any]) -> str:
    """Return the address of the page where something can be done about it."""
    if "finding_id" in values:
        return f"/cases/{values['finding_id']}"
    if event == "report.issued":
        return f"/reports/issued/{values['issued_id']}" if "issued_id" in values else "/reports/issued"
    return "/pending" if event == "intake.waiting" else "/recordings"
