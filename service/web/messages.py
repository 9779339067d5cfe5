"""What is said once, on the page after the one where something was done: a name in a cookie, a sentence from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from fastapi import Request, Response

COOKIE: Final = "speechaudit_said"
Message = Literal["signed-out", "password-changed"]
_SENTENCES: Final[Mapping[str, str]] = {
    "signed-out": "已退出登录。",
    "password-changed": "密码已更换,其他地方的登录都已退出。",
}


def say(response: Response, message: Message) -> None:
    """Let the next page say this."""
    response.set_cookie(COOKIE, message, max_age=60, httponly=True, samesite="lax")


def said(request: Request) -> str | None:
    """What this page is to say."""
    return _SENTENCES.get(request.cookies.get(COOKIE, ""))
