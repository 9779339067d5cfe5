"""Being told: one's inbox, and where one wants to be told besides: by e-mail, or by a robot in a group."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
from fastapi import Query
from pydantic import Field, SecretStr

from service import robots, wording
from service.api.access import Who, router
from service.api.cases import person
from service.api.problems import responses
from service.api.schemas import In, Number, Out
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.errors import RequestError
from service.robots import ChannelKind
from service.store import notices, webhooks
from service.store.notices import Notice
from service.store.webhooks import Webhook
from service.wording import Event

routes = router("通知")
_MOST_CHANNELS = 10


class NoticeOut(Out):
    """Something that one is told."""

    id: int
    event: Annotated[str, Field(description="事件", examples=["appeal.received"])]
    text: Annotated[str, Field(description="一句话")]
    link: Annotated[str, Field(description="处理它的网页")]
    values: Annotated[dict[str, Any], Field(description="编号等;与推送的 data 相同")]
    at: datetime
    read_at: Annotated[datetime | None, Field(description="读过的时间;没有读过为 null")]


class InboxOut(Out):
    """What one was told."""

    unread: Annotated[int, Field(description="没有读过的有多少")]
    items: list[NoticeOut]


class ReadIn(In):
    """What was read."""

    ids: Annotated[list[int] | None, Field(max_length=500, description="哪些;null 为全部")] = None


class ChannelIn(In):
    """Where to be told of what."""

    kind: Annotated[ChannelKind, Field(description="email 邮件,wecom 企业微信群机器人,dingtalk 钉钉群机器人")]
    address: Annotated[
        str, Field(min_length=3, max_length=2000, description="邮箱,或机器人的 Webhook 地址", examples=["a@example.cn"])
    ]
    secret: Annotated[SecretStr, Field(max_length=200, description="钉钉机器人的加签密钥;不再显示")] = SecretStr("")
    events: Annotated[list[Event], Field(min_length=1, max_length=20, description="哪些事件")]


class ChannelOut(Out):
    """Where one is told; robots' addresses hold a key and are shown in part only."""

    id: int
    kind: str
    address: str
    events: list[str]
    active: bool


@routes.get("/notices", summary="通知")
def list_notices(
    services: Wired,
    who: Who,
    unread: Annotated[bool, Query(description="只要没有读过的")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> InboxOut:
    """本人的通知,从新到旧。"""
    with services.database.read() as session:
        found = notices.notices(session, person(who), unread=unread, limit=limit)
        return InboxOut(unread=notices.unread(session, person(who)), items=[_shown(each) for each in found])


def get_notice(services: Services, who: Identity, notice_id: int) -> NoticeOut:
    """Return one notice of one's own. Raises NotFoundError, and ForbiddenError for a key."""
    with services.database.read() as session:
        return _shown(notices.get(session, person(who), notice_id))


def _shown(row: Notice) -> NoticeOut:
    return NoticeOut(
        id=row.id,
        event=row.event,
        text=wording.told(row.event, row.values),
        link=wording.link(row.event, row.values),
        values=row.values,
        at=row.at,
        read_at=row.read_at,
    )


@routes.post("/notices/read", status_code=204, summary="标为已读")
def read_notices(services: Wired, who: Who, given: ReadIn) -> None:
    """把本人的通知标为已读。"""
    with services.database.write() as session:
        notices.mark_read(session, person(who), given.ids)


@routes.get("/notices/channels", summary="通知方式")
def list_channels(services: Wired, who: Who) -> list[ChannelOut]:
    """除网页以外,还通知到哪里;默认哪里也不通知。"""
    with services.database.read() as session:
        return _channels(webhooks.channels(session, [person(who)]))


def _channels(found: Sequence[Webhook]) -> list[ChannelOut]:
    return [_channel(row) for row in found]


def _channel(row: Webhook) -> ChannelOut:
    address = robots.masked(row.kind, row.url)
    return ChannelOut(id=row.id, kind=row.kind, address=address, events=row.events, active=row.active)


@routes.post("/notices/channels", status_code=201, summary="新增通知方式", responses=responses(422))
def add_channel(services: Wired, who: Who, given: ChannelIn) -> ChannelOut:
    """从现在起,这些事件也通知到那里。失败的重试三天。"""
    url = _address(services, given)
    with services.database.write() as session:
        if len(webhooks.channels(session, [person(who)])) >= _MOST_CHANNELS:
            raise RequestError("通知方式", f"已有 {_MOST_CHANNELS} 种", "请先删除不用的")
        secret = given.secret.get_secret_value()
        row = webhooks.add_channel(session, person(who), given.kind, url, secret, sorted(set(given.events)))
        return _channel(row)


def _address(services: Services, given: ChannelIn) -> str:
    """Return where to tell. Raises RequestError for what is none of this kind: nobody makes us send where they like."""
    if given.kind == "email":
        if services.settings.smtp_host is None:
            raise RequestError("kind", "没有设置邮件服务器", "请管理员设置 smtp_host")
        if not robots.is_mailbox(given.address):
            raise RequestError("address", "不是邮箱", "例如 name@example.cn")
        return robots.MAIL + given.address
    if not _is_robot(given.address, robots.HOSTS[given.kind], services.settings.robot_hosts):
        cure = f"请从群机器人的设置里复制,以 https://{robots.HOSTS[given.kind]}/ 开头"
        raise RequestError("address", "不是机器人的地址", cure)
    return given.address


def _is_robot(address: str, public: str, internal: Collection[str]) -> bool:
    """Return whether both readings of the address lead to a robot: one sends, the other signs and shows."""
    try:
        known, sent = urlsplit(address), httpx.URL(address)
        if known.hostname != sent.host or known.port == 0:
            return False
    except (ValueError, httpx.InvalidURL):
        return False
    return (sent.scheme == "https" and sent.host == public) or (
        sent.scheme in {"http", "https"} and sent.host in internal
    )


@routes.delete("/notices/channels/{channel_id}", status_code=204, summary="删除通知方式", responses=responses(404))
def delete_channel(services: Wired, who: Who, channel_id: Number) -> None:
    """不再通知到那里。"""
    with services.database.write() as session:
        webhooks.delete_channel(session, person(who), channel_id)
