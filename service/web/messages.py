"""What is said once, on the page after the one where something was done: a name in a cookie, a sentence from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from fastapi import Request, Response

COOKIE: Final = "speechaudit_said"
Message = Literal[
    "rule-written",
    "reaudit-applied",
    "reaudit-discarded",
    "profile-written",
    "signed-out",
    "password-changed",
    "rows-taken",
    "reviewed",
    "skipped",
    "undone",
    "marked",
    "appealed",
    "withdrawn",
    "commented",
    "decided",
    "told",
    "completed",
    "known-before",
    "discarded",
    "several-completed",
    "several-discarded",
    "user-changed",
    "user-named",
    "user-enabled",
    "user-disabled",
    "corrected",
    "corrected-hearing",
    "corrected-judging",
    "nothing-changed",
    "key-revoked",
    "consent-noted",
    "voice-deleted",
    "hook-changed",
    "hook-paused",
    "hook-resumed",
    "hook-deleted",
    "entry-added",
    "entry-changed",
    "entry-same",
    "entry-deleted",
    "recorder-kept",
    "recorder-off",
    "recorder-deleted",
]
_SENTENCES: Final[Mapping[str, str]] = {
    "signed-out": "已退出登录。",
    "password-changed": "密码已更换,所有地方的登录都已退出。请用新密码登录。",
    "reviewed": "已记下。",
    "skipped": "已跳过,可以在复核首页重新拿起。",
    "undone": "已撤销,请重新复核。",
    "marked": "已标记为违反,得分随之改变。",
    "appealed": "申诉已提出,裁定后会通知您。",
    "withdrawn": "申诉已撤回。",
    "commented": "意见已补充。",
    "decided": "已裁定,当事人会得到通知。",
    "told": "通知方式已保存。",
    "completed": "已补全,开始稽核。",
    "known-before": "已补全;同样的录音以前收到过,没有重复保存。",
    "recorder-kept": "已保存,几秒之内生效。",
    "recorder-off": "已停用,收过的录音都保留。",
    "recorder-deleted": "已删除,收过的录音都保留。",
    "discarded": "已放弃,声音已删除。",
    "several-completed": "已补全 {count} 个,开始稽核。",
    "several-discarded": "已放弃 {count} 个,声音已删除。",
    "user-changed": "已更改,本人须重新登录。",
    "user-named": "已保存。",
    "user-enabled": "已启用。",
    "user-disabled": "已停用。",
    "corrected": "已更正。",
    "corrected-hearing": "已更正,正在排队重新听;在新的结果出来之前,原来的仍然算数。",
    "corrected-judging": "已更正,正在排队重新判定;在新的结果出来之前,原来的仍然算数。",
    "rule-written": "已写进规则文件夹,立即起作用;以前的录音可以复评。",
    "profile-written": "方案已写进规则文件夹;是现行方案的,立即起作用,以前的录音可以复评。",
    "reaudit-applied": "已采用,新的判定和得分生效。",
    "reaudit-discarded": "已放弃,什么都没有变。",
    "nothing-changed": "与已知的信息相同,没有更正。",
    "key-revoked": "已撤销,立即失效。",
    "consent-noted": "同意已登记。",
    "voice-deleted": "同意已撤回,声纹已删除,今后不再比对。",
    "hook-changed": "已更改。",
    "hook-paused": "已暂停。",
    "hook-resumed": "已恢复。",
    "hook-deleted": "已删除,不再推送。",
    "entry-added": "已登记。",
    "entry-changed": "已更改。",
    "entry-same": "与登记的相同,没有更改。",
    "entry-deleted": "已删除。",
    "rows-taken": "已登记 {count} 行。",
}


def say(response: Response, message: Message, count: int = 0) -> None:
    """Let the next page say this; `count` is what the sentence counts."""
    response.set_cookie(COOKIE, f"{message}.{count}", max_age=60, httponly=True, samesite="lax")


def said(request: Request) -> str | None:
    """Return what this page is to say; None if it is nothing."""
    message, _, count = request.cookies.get(COOKIE, "").partition(".")
    sentence = _SENTENCES.get(message)
    return sentence.format(count=count if count.isdecimal() else "0") if sentence else None
