"""Messages as 企业微信, 钉钉 and mail servers want them. Addresses of robots hold a key: they are never shown again."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

from service import wording
from service.outbound import DEADLINE

ChannelKind = Literal["email", "wecom", "dingtalk"]
HOSTS: Final[Mapping[ChannelKind, str]] = {"wecom": "qyapi.weixin.qq.com", "dingtalk": "oapi.dingtalk.com"}
MAIL: Final = "mailto:"
LONGEST_ANSWER: Final = 4096  # bytes; what a robot says is wrong is short
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
# Dot-string and domain of RFC 5321, 4.1.2: what every mail server takes, and no list, name or header beside it.
_MAILBOX: Final = re.compile(rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in; `security` is how the connection is kept private."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    sender: str
    user: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Where mail is handed in, if anywhere, and where the pages are, if messages shall say so."""

    mail: MailServer | None = None
    site: str = ""


def text_of(event: str, values: Mapping[str, Any], site: str) -> str:
    """Return the sentence, and the address of the page if the settings say where the pages are."""
    said = f"【语音稽核】{wording.told(event, values)}"
    return f"{said}\n{site.rstrip('/')}{wording.link(event, values)}" if site else said


def body(text: str) -> str:
    """Return a message as both robots take it."""
    return json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False)


def signed(url: str, secret: str, at: datetime) -> str:
    """Return a 钉钉 robot's address with its signature: HMAC-SHA256 over time and secret, good for an hour.

    Source: https://open.dingtalk.com/document/robots/customize-robot-security-settings
    """
    stamp = str(int(at.timestamp() * 1000))
    digest = hmac.digest(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    more = urlencode({"timestamp": stamp, "sign": base64.b64encode(digest).decode()})
    return f"{url}{'&' if urlsplit(url).query else '?'}{more}"


def complaint(answer: bytes) -> str:
    """Return what a robot says is wrong, in Chinese; empty if it took the message: its status is 200 in any case."""
    try:
        told = json.loads(answer)
        code = told["errcode"]
    except (ValueError, KeyError, TypeError):
        return "机器人的应答无法理解"
    return "" if code == 0 else f"机器人拒收(errcode {code})"


def is_mailbox(text: str) -> bool:
    """Return whether it is the address of one mail box, and nothing besides."""
    return _MAILBOX.fullmatch(text) is not None


async def mail(server: MailServer, to: str, text: str) -> None:
    """Hand a mail in within `DEADLINE`, however slowly the server speaks. Raises SMTPException, TimeoutError, OSError.

    Unless `security` is none, nothing is said to a server that cannot prove its name.
    """
    from aiosmtplib import send

    message = EmailMessage()
    message["From"], message["To"] = server.sender, to
    message["Subject"] = text.splitlines()[0][:120]
    message.set_content(text)
    async with asyncio.timeout(DEADLINE):
        await send(
            message,
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.security == "tls",
            start_tls=server.security == "starttls",
            tls_context=ssl.create_default_context(),
            timeout=DEADLINE,
        )


def masked(kind: str, url: str) -> str:
    """Return an address as it may be shown: a robot's holds its key."""
    if kind == "email":
        return url.removeprefix(MAIL)
    return f"{urlsplit(url).hostname}…{url[-4:]}"
