"""What the log says was done, in plain Chinese: one word for each route, page and command that enters something."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from service.api.access import SUMMARIES, V1
from service.store.logbook import Kind
from speechaudit.terms import LEVELS, SETTINGS

KIND_NAMES: Final[Mapping[Kind, str]] = {
    "seen": "看",
    "heard": "听",
    "exported": "导出",
    "changed": "更改",
    "deleted": "删除",
    "entered": "登录、退出、换密码",
    "refused": "被拒绝和登录失败",
}
SYSTEM: Final[Mapping[str, str]] = {"shell": "服务器命令行", "retention": "保存期限", "stranger": "没有登录的人"}
# A route of the API and the page that does the same share a word; what is not here is called as in the documentation.
_WORDS: Final[Mapping[str, str]] = {
    "GET /openapi.json": "看接口的说明",
    "GET /today": "看今日",
    "GET /overview": "看今日",
    "GET /compare": "看人员和窗口的比较",
    "GET /comparison": "看人员和窗口的比较",
    "GET /signin": "打开登录页",
    "POST /signin": "登录",
    "POST /session": "登录",
    "POST /signout": "退出登录",
    "DELETE /session": "退出登录",
    "POST /password": "更换自己的密码",
    "PUT /session/password": "更换自己的密码",
    "GET /first": "打开首次设置",
    "POST /first": "建立第一位管理员",
    "POST /centre/{kind}": "登记人员或窗口",
    "GET /staff": "看人员名单",
    "PUT /staff/{number}": "登记或更改人员",
    "GET /windows": "看窗口名单",
    "PUT /windows/{code}": "登记或更改窗口",
    "GET /extensions": "看分机",
    "PUT /extensions/{number}": "登记或更改分机",
    "GET /rosters": "看排班",
    "POST /rosters": "登记排班",
    "POST /imports/{kind}": "导入表格",
    "GET /imports/{kind}/example": "下载表格的样子",
    "GET /settings/centre/{kind}": "看人员或窗口名单",
    "GET /settings/centre/{kind}/{entry_id}": "看一位人员或一个窗口",
    "POST /settings/centre/{kind}": "登记人员或窗口",
    "POST /settings/centre/{kind}/{entry_id}": "更改人员或窗口",
    "GET /settings/extensions": "看分机",
    "POST /settings/extensions": "登记分机",
    "POST /settings/extensions/delete": "删除分机",
    "GET /settings/rosters": "看排班",
    "POST /settings/rosters": "登记排班",
    "POST /settings/rosters/{roster_id}/delete": "删除排班",
    "GET /settings/webhooks": "看推送",
    "GET /webhooks": "看推送",
    "POST /settings/webhooks": "新增推送",
    "GET /settings/webhooks/{webhook_id}": "看一个推送和它的记录",
    "GET /webhooks/{webhook_id}/deliveries": "看推送的记录",
    "POST /settings/webhooks/{webhook_id}": "更改推送",
    "POST /settings/webhooks/{webhook_id}/active": "暂停或恢复推送",
    "POST /settings/webhooks/{webhook_id}/delete": "删除推送",
    "POST /settings/webhooks/{webhook_id}/test": "试推一次",
    "GET /settings/notices": "看通知的设置",
    "GET /settings/keys": "看密钥名单",
    "GET /keys": "看密钥名单",
    "POST /settings/keys": "新增密钥",
    "POST /keys": "新增密钥",
    "POST /settings/keys/{key_id}/revoke": "撤销密钥",
    "DELETE /keys/{key_id}": "撤销密钥",
    "GET /users": "看用户名单",
    "POST /users": "新增用户",
    "GET /users/{user_id}": "看一位用户",
    "POST /users/{user_id}": "更改用户",
    "PATCH /users/{user_id}": "更改用户",
    "POST /users/{user_id}/active": "启用或停用用户",
    "POST /users/{user_id}/password": "重设用户的密码",
    "GET /recordings": "看录音列表",
    "GET /search": "查找说过的话",
    "POST /recordings": "上传录音",
    "POST /upload": "上传录音",
    "GET /recordings/{recording_id}": "看录音和稽核结果",
    "GET /recordings/{recording_id}/audit": "看稽核结果",
    "GET /recordings/{recording_id}/audits": "看以前的稽核结果",
    "GET /recordings/{recording_id}/findings": "看判定",
    "GET /recordings/{recording_id}/transcript": "看转写",
    "GET /recordings/{recording_id}/audio": "听或下载整个录音",
    "GET /recordings/{recording_id}/listening": "听录音",
    "GET /recordings/{recording_id}/peaks": "打开录音的波形",
    "GET /recordings/{recording_id}/changes": "看重新稽核后的变化",
    "GET /recordings/{recording_id}/clip": "听录音的一段",
    "POST /recordings/{recording_id}/facts": "更正录音的信息",
    "PATCH /recordings/{recording_id}": "更正录音的信息",
    "DELETE /recordings/{recording_id}": "删除录音",
    "POST /recordings/{recording_id}/retry": "重试失败的录音",
    "GET /recordings/{recording_id}/mark": "打开标记漏判",
    "POST /recordings/{recording_id}/mark": "标记漏判",
    "POST /recordings/{recording_id}/marks": "标记漏判",
    "GET /findings": "看判定列表",
    "GET /findings/reasons": "看判定按原因的数目",
    "GET /findings/{code}": "按报告上的编号找判定",
    "GET /findings/codes/{code}": "按报告上的编号找判定",
    "GET /findings/{finding_id}": "看一个判定",
    "GET /findings/{finding_id}/clip": "听一个判定的声音",
    "GET /findings/{finding_id}/case": "看复核和申诉的经过",
    "GET /findings/{finding_id}/item": "看一项待复核的判定",
    "POST /review": "取下一项来复核",
    "POST /reviews/next": "取下一项来复核",
    "POST /review/skipped": "重新拿起跳过的",
    "DELETE /reviews/skipped": "重新拿起跳过的",
    "GET /review/{finding_id}": "看一项待复核的判定",
    "POST /review/{finding_id}": "复核一个判定",
    "POST /findings/{finding_id}/review": "复核一个判定",
    "POST /findings/{finding_id}/second": "第二人复核",
    "POST /review/{finding_id}/skip": "跳过一项复核",
    "POST /findings/{finding_id}/skip": "跳过一项复核",
    "POST /review/{finding_id}/undo": "撤销复核",
    "DELETE /findings/{finding_id}/review": "撤销复核",
    "POST /findings/{finding_id}/claim": "取一项来复核",
    "DELETE /findings/{finding_id}/claim": "放回一项复核",
    "GET /reviews": "看待复核的判定",
    "GET /reviews/left": "看还剩多少要复核",
    "GET /reviews/agreement": "看两人复核是否一致",
    "GET /reviews/rates": "看规则的错判率",
    "GET /reviews/lines": "取出复核过的话",
    "GET /cases": "看申诉和复核",
    "GET /appeals": "看申诉",
    "GET /appeals/terms": "看还可以申诉的判定",
    "GET /cases/{finding_id}": "看复核和申诉的经过",
    "POST /cases/{finding_id}/appeal": "提出申诉",
    "POST /findings/{finding_id}/appeal": "提出申诉",
    "POST /cases/{finding_id}/withdraw": "撤回申诉",
    "DELETE /findings/{finding_id}/appeal": "撤回申诉",
    "POST /cases/{finding_id}/comment": "补充意见",
    "POST /findings/{finding_id}/comments": "补充意见",
    "POST /cases/{finding_id}/decision": "裁定申诉",
    "POST /findings/{finding_id}/decision": "裁定申诉",
    "GET /reports/centre": "看中心报告",
    "GET /reports/windows/{code}": "看窗口报告",
    "GET /reports/staff/{number}": "看人员报告",
    "GET /reports/issued": "看已签发报告的列表",
    "POST /reports/issued": "签发报告",
    "GET /reports/issued/{issued_id}": "看签发的报告",
    "GET /reports/issued/{issued_id}/difference": "看报告签发以后的变化",
    "GET /pending": "看待补全的录音",
    "GET /intake/pending": "看待补全的录音",
    "GET /pending/several": "看待补全的几个录音",
    "GET /pending/{pending_id}": "看一个待补全的录音",
    "GET /intake/pending/{pending_id}": "看一个待补全的录音",
    "GET /intake/pending/{pending_id}/audio": "听待补全的录音",
    "POST /pending/{pending_id}/complete": "补全录音",
    "POST /intake/pending/{pending_id}/complete": "补全录音",
    "POST /pending/several/complete": "补全几个录音",
    "POST /pending/{pending_id}/discard": "放弃待补全的录音",
    "POST /intake/pending/{pending_id}/discard": "放弃待补全的录音",
    "POST /pending/several/discard": "放弃几个待补全的录音",
    "POST /intake/push/{source}": "录音设备送来录音",
    "GET /recorders": "看录音设备",
    "GET /recorders/{name}": "看一个录音设备",
    "POST /recorders/new/{kind}": "看样本或新增录音设备",
    "POST /recorders/{name}": "看样本或更改录音设备",
    "PUT /recorders/{name}": "设置录音设备",
    "DELETE /recorders/{name}": "删除录音设备",
    "GET /reaudits": "看复评",
    "POST /reaudits": "开始复评",
    "GET /reaudits/{batch_id}": "看一次复评",
    "GET /reaudits/{batch_id}/differences": "看复评的变化",
    "POST /reaudits/{batch_id}/apply": "采用复评的结果",
    "POST /reaudits/{batch_id}/discard": "放弃复评的结果",
    "POST /inbox/channels": "新增自己的通知方式",
    "POST /notices/channels": "新增自己的通知方式",
    "GET /notices/channels": "看自己的通知方式",
    "POST /inbox/channels/{channel_id}/delete": "删除自己的通知方式",
    "DELETE /notices/channels/{channel_id}": "删除自己的通知方式",
    "POST /notices/read": "把通知标为已读",
    "GET /log": "看操作记录",
    "GET /log/export": "导出操作记录",
    "POST /log/proof": "核对操作记录",
    "GET /retention": "看保存期限",
    "GET /voices": "看声纹和同意",
    "POST /voices": "登记声纹的同意",
    "PUT /voices/{number}/consent": "登记声纹的同意",
    "POST /voices/{number}/withdraw": "撤回同意，删除声纹",
    "DELETE /voices/{number}": "撤回同意，删除声纹",
    "failed sign-in": "登录失败",
    "failed sign-in while locked": "登录失败（正在限制登录）",
    "更正": "更正录音的信息",
    "更改姓名": "更改用户的姓名",
    "delete audio": "到期删除声音",
    "delete transcript": "到期删除转写",
    "delete audit": "到期全部删除",
    "delete report": "到期删除签发的报告",
    "speechaudit user add": "新增用户",
    "speechaudit user password": "重设用户的密码",
    "speechaudit key add": "新增密钥",
    "speechaudit key revoke": "撤销密钥",
    "speechaudit backup": "备份",
    "speechaudit restore": "从备份恢复",
    "speechaudit learn": "从复核中学习标签模型",
}
_TITLES: Final[dict[str, str]] = {}
_REFUSED: Final = re.compile(r"refused (\d+)(?: \(\+(\d+)\))? (.*)", re.DOTALL)
_NUMBERED: Final = re.compile(r"^录音 \d+:")  # which recording stands beside it
_WHY: Final = {"401": "密钥无效或已过期", "403": "没有权限", "404": "不存在或不归其看", "429": "太频繁"}
# What an act was about beside recordings and people, by the names that routes have for it.
_THINGS: Final[Mapping[str, str]] = {
    "batch_id": "复评",
    "code": "代码",
    "finding_id": "判定",
    "key_id": "密钥",
    "number": "号码",
    "pending_id": "待补全",
    "rule_id": "规则",
    "source": "来源",
    "user_id": "用户",
    "webhook_id": "推送",
}
_ASKED: Final[Mapping[str, str]] = {
    "end": "到第几秒",
    "format": "格式",
    "kind": "做什么",
    "level": "等级",
    "reason": "原因",
    "recording": "录音",
    "rule": "规则",
    "said_by": "谁说的",
    "score_from": "得分不低于",
    "score_to": "得分不高于",
    "setting": "场景",
    "since": "从",
    "staff": "工号",
    "start": "从第几秒",
    "status": "状态",
    "text": "说过的话",
    "until": "到",
    "verdict": "判定",
    "who": "谁做的",
    "window": "窗口",
}
_VALUES: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": {str(kind): name for kind, name in KIND_NAMES.items()},
    "level": {str(level): name for level, name in LEVELS.items()},
    "said_by": {"staff": "工作人员", "citizen": "群众"},
    "setting": {str(setting): name for setting, name in SETTINGS.items()},
    "status": {"queued": "等待", "running": "处理中", "done": "完成", "failed": "失败"},
    "verdict": {"pass": "符合", "fail": "违反", "unclear": "存疑", "n/a": "不适用"},
    "who": SYSTEM,
}
_NOT_TOLD: Final = frozenset({"cursor", "before", "limit", "sounds_like", "beep", "annex", "channel"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act as people read it. `refusal` is why it was refused, empty if not; `skipped` counts what followed."""

    words: str
    refusal: str = ""
    skipped: int = 0


def told(action: str) -> Act:
    """Return an action in words; one that no version of ours has is shown as it is."""
    if found := _REFUSED.fullmatch(action):
        status, skipped, inner = found.groups()
        return Act(words=told(inner).words, refusal=_WHY.get(status, f"拒绝（{status}）"), skipped=int(skipped or 0))
    if action.startswith("failed "):
        return Act(words=_WORDS.get(action, "登录失败"), refusal="用户名或密码不对")
    return Act(words=known(action) or action)


def known(action: str) -> str:
    """Return the words for an action; a page without its own is told by the title that it stands under, if any."""
    return _WORDS.get(action.replace(f" {V1}/", " /", 1)) or SUMMARIES.get(action) or _by_title(action)


def _by_title(action: str) -> str:
    method, _, path = action.partition(" ")
    above = [each for each in _TITLES if path == each or path.startswith(f"{each}/")]
    if not above:
        return ""
    title = _TITLES[max(above, key=len)]
    return f"看“{title}”" if method == "GET" else f"在“{title}”里更改"


def entitle(titles: Mapping[str, str]) -> None:
    """Take over how pages are called, by their addresses: the API does not know them."""
    _TITLES.update(titles)


def detail(action: str, what: str) -> str:
    """Return what else is known of an act, beside the recording and the person, as people read it."""
    action = found[3] if (found := _REFUSED.fullmatch(action)) else action
    method, _, template = action.partition(" ")
    if not method.isupper() or not template.startswith("/"):
        return _of_system(what)
    path, _, query = what.partition("?")
    return "；".join([*_things(template, path), *_asked(query)])


def _of_system(what: str) -> str:
    """Return the words of a command or of a correction; those of a deletion without the digest of what is gone."""
    return (
        ""
        if what.startswith("recording ")
        else _NUMBERED.sub("", what).replace("pending ", "待补全 ").split(" sha256 ")[0]
    )


def _things(template: str, path: str) -> Iterator[str]:
    for name, value in zip(template.split("/"), path.split("/"), strict=False):
        if (called := _THINGS.get(name.strip("{}"))) and name.startswith("{") and not _of_person(template, name):
            yield f"{called} {unquote(value)}"


def _of_person(template: str, name: str) -> bool:
    return name == "{number}" and ("/staff/" in template or "/voices/" in template)


def _asked(query: str) -> Iterator[str]:
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if value and name not in _NOT_TOLD:
            yield f"{_ASKED.get(name, name)} {_VALUES.get(name, {}).get(value, value)}"
