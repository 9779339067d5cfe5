"""What the log says was done, with what and why not, as people read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from service.api.access import SUMMARIES, V1
from service.api.act_words import WORDS
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
_TITLES: Final[dict[str, str]] = {}
_REFUSED: Final = re.compile(r"refused (\d+)(?: \(\+(\d+)\))? (.*)", re.DOTALL)
_NUMBERED: Final = re.compile(
    r"^录音 \d+:"
)  # so corrections of earlier versions begin; which recording stands beside it
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
        return Act(words=WORDS.get(action, "登录失败"), refusal="用户名或密码不对")
    return Act(words=known(action) or action)


def known(action: str) -> str:
    """Return the words for an action; a page without its own is told by the title that it stands under, if any."""
    return WORDS.get(action.replace(f" {V1}/", " /", 1)) or SUMMARIES.get(action) or _by_title(action)


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
