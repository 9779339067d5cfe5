"""How values are called on the pages; what the reports have a word for is called as there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from service.auth.permissions import ROLE_NAMES
from service.store.recordings import Stage, Status
from service.wording import DECISIONS
from speechaudit.model import Direction, EndedBy, Verdict
from speechaudit.reasons.codes import Code
from speechaudit.reports.words import how
from speechaudit.reviews import Action, CaseState
from speechaudit.terms import LEVELS, ROLES, SETTINGS

__all__ = [
    "ACTIONS",
    "CASE_STATES",
    "CHANNELS",
    "DECISIONS",
    "DIRECTIONS",
    "ENDED_BY",
    "FACTS",
    "FIELDS",
    "LEVELS",
    "NOT_HEARD",
    "REASONS",
    "ROLES",
    "ROLE_NAMES",
    "SETTINGS",
    "STAGES",
    "STATUSES",
    "VERDICTS",
    "called",
    "fact",
    "how",
    "lasting",
    "size",
    "typed",
    "zone",
]
# The causes by which people look for findings; each told in full beside its finding.
REASONS: Final[Mapping[Code, str]] = {
    "said": "说了不该说的",
    "not-said": "没有说应说的",
    "courtesy-not-said": "没有说礼貌用语",
    "not-answered": "没有回答提问",
    "wait-unexplained": "等待没有说明",
    "speaker-unsure": "不知道是谁说的",
    "words-unsure": "字听不准",
    "short-homophone": "只是读音相近",
    "nin-or-ni": "您还是你",
    "sounds-otherwise": "再听一遍不像",
    "not-written-again": "两次识别不同",
    "meaning-otherwise": "整句不像违反",
    "helped-late": "对方再开口才帮",
    "tone-to-be-heard": "要听语气",
    "meaning-alike": "意思相近",
    "meaning-forbidden": "意思属于忌语",
    "unknown-spoke": "有身份不明的人说话",
    "badly-heard": "录音听不清",
    "end-not-recorded": "录音没有录完",
    "not-ruled-out": "再听一遍不能排除",
    "heard-again": "再听一遍听出",
    "service-not-scored": "这次服务不予评分",
}
# Why there is no quote: words were missing, and not a figure too high.
NOT_HEARD: Final[frozenset[Code]] = frozenset(
    {"not-said", "courtesy-not-said", "part-not-said", "opening-badly-heard", "closing-badly-heard"}
)
DIRECTIONS: Final[Mapping[Direction, str]] = {"in": "呼入", "out": "呼出"}
ENDED_BY: Final[Mapping[EndedBy, str]] = {"staff": "工作人员", "citizen": "群众", "line": "线路中断"}
CHANNELS: Final[Mapping[str, str]] = {"0": "左", "1": "右"}
# What is known of a recording, under the names of `service.sources.FIELDS`.
FACTS: Final[Mapping[str, str]] = {
    "setting": "场景",
    "window": "窗口",
    "staff": "工号",
    "started_at": "开始时间",
    "direction": "方向",
    "extension": "分机",
    "caller": "主叫",
    "callee": "被叫",
    "number": "对方号码",
    "ring_seconds": "响铃秒数",
    "staff_channel": "工作人员声道",
    "ended_by": "谁结束的",
    "call_id": "通话编号",
}
# What else may be wrong in a form, an address or the JSON beside a recording, under the names that these have for it.
FIELDS: Final[Mapping[str, str]] = {
    **FACTS,
    "address": "地址",
    "after": "翻页的位置",
    "at": "叫号时间",
    "base": "以哪个为底",
    "back": "登录后去哪里",
    "before": "翻页的位置",
    "calls": "叫号",
    "cursor": "翻页的位置",
    "days": "最近几天",
    "display_name": "姓名",
    "end": "结束时间",
    "ends_at": "结束时间",
    "events": "事件",
    "expires_at": "到期日",
    "extras": "其他信息",
    "file": "文件",
    "group": "分组",
    "given_on": "签字的日期",
    "id": "选中的录音",
    "ids": "选中的录音",
    "kind": "方式",
    "legs": "通话各段",
    "level": "等级",
    "limit": "每页几个",
    "looks": "看了几次",
    "metadata": "录音的信息",
    "name": "用户名",
    "new": "新密码",
    "of": "谁的报告",
    "old": "原密码",
    "ordered": "次序",
    "own": "另存为",
    "password": "密码",
    "period": "起止日期",
    "reason": "理由",
    "recording": "录音的编号",
    "replaces": "更正第几号",
    "required": "必须说的",
    "rest": "其余的",
    "ringing": "怎样规定",
    "role": "角色",
    "rule": "规则",
    "rule_id": "规则编号",
    "said_by": "谁说的",
    "score_from": "得分不低于",
    "score_to": "得分不高于",
    "scopes": "权限",
    "secret": "密钥",
    "service": "第几次服务",
    "annex": "附件",
    "since": "从哪天",
    "sounds_like": "同音字",
    "start": "开始时间",
    "state": "哪些",
    "status": "处理状态",
    "stretch": "从哪里听起",
    "terms": "申诉期限的页",
    "text": "文字",
    "ticked": "全选",
    "title": "名称",
    "units": "单位名称",
    "undo": "撤销哪一个",
    "until": "到哪天",
    "url": "地址",
    "verdict": "判定",
    "waiting": "等待的页",
    "within": "几声或几秒",
    "who": "接听的人",
    "windows": "窗口",
}
STATUSES: Final[Mapping[Status, str]] = {"queued": "等待", "running": "处理中", "done": "完成", "failed": "失败"}
ACTIONS: Final[Mapping[Action, str]] = {
    "review": "复核",
    "mark": "标记漏判",
    "undo": "撤销复核",
    "second": "第二人复核",
    "appeal": "申诉",
    "withdraw": "撤回申诉",
    "decide": "裁定",
    "comment": "补充意见",
}
CASE_STATES: Final[Mapping[CaseState, str]] = {
    "reviewed": "已复核",
    "appealed": "申诉中,等待裁定",
    "decided": "已裁定",
    "withdrawn": "已撤回",
}
# What people type into forms, shown when one waited for a sign-in; what other fields hold is for programs.
_TYPED: Final[Mapping[str, str]] = {
    **{name: FIELDS[name] for name in ("reason", "staff", "since", "until", "given_on", "expires_at", "ends_at")},
    **{name: FIELDS[name] for name in ("started_at", "ring_seconds", "extension", "name", "display_name", "title")},
    "starts_at": "开始时间",
    "text": "文字",
    "table": "表格",
    "sample": "样本",
    "code": "代码或工号",
    "called": "名称或姓名",
    "target": "接收的地址",
    "folder": "监视的文件夹",
    "units": "单位名称",
}
_CHOSEN: Final[Mapping[str, Mapping[str, str]]] = {
    "setting": SETTINGS,  # type: ignore[dict-item]
    "direction": DIRECTIONS,  # type: ignore[dict-item]
    "staff_channel": CHANNELS,
    "ended_by": ENDED_BY,  # type: ignore[dict-item]
    "role": ROLE_NAMES,  # type: ignore[dict-item]
    "verdict": DECISIONS,
}
STAGES: Final[Mapping[Stage, str]] = {"waiting": "排队", "hearing": "识别", "judging": "判定", "done": "完成"}
VERDICTS: Final[Mapping[Verdict, str]] = {"pass": "符合", "fail": "违反", "unclear": "存疑", "n/a": "不适用"}


def called(where: str) -> str:
    """Return what pages call the place of a fault, such as `staff` or `query.limit`; what has no name here stays."""
    parts = where.split(".")
    return next((FIELDS[part] for part in reversed(parts) if part in FIELDS), where)


def fact(name: str, value: str, zone: ZoneInfo) -> str:
    """Return a fact that is kept as text, as people read it."""
    if name == "started_at":
        return datetime.fromisoformat(value).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
    return _CHOSEN.get(name, {}).get(value, value)


def typed(name: str, value: str) -> tuple[str, str] | None:
    """Return what a field of a form is called and what somebody typed or chose in it; None for what programs put."""
    if name in _CHOSEN:
        return (FIELDS[name], _CHOSEN[name][value]) if value in _CHOSEN[name] else None
    return (_TYPED[name], value) if name in _TYPED and value.strip() else None


def lasting(seconds: float) -> str:
    """Return how long something takes, as roughly as it is known."""
    minutes = max(1, round(seconds / 60))
    return f"{minutes} 分钟" if minutes < 90 else f"{round(minutes / 60)} 小时"


def size(count: float) -> str:
    """Return a number of bytes in the unit in which it is short."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} TB"


def zone(known: ZoneInfo, at: datetime) -> str:
    """Return a time zone by the name by which people know it, with how far it is from UTC just now."""
    away = at.astimezone(known).utcoffset() or timedelta(0)
    hours, minutes = divmod(abs(away) // timedelta(minutes=1), 60)
    name = "北京时间" if known.key in _OF_CHINA else known.key
    return f"{name}（UTC{'-' if away < timedelta(0) else '+'}{hours}{f':{minutes:02}' if minutes else ''}）"


_OF_CHINA: Final = frozenset({"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "PRC"})
