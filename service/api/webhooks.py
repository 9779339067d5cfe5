"""Webhooks: where events are pushed, and what became of each push."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import AnyHttpUrl, Field

from service.api.access import router
from service.api.problems import responses
from service.api.schemas import In, Number, Out, Paged, paged
from service.api.services import Services, Wired
from service.errors import RequestError
from service.outbound import AddressRefused, checked_literal
from service.store import webhooks
from service.store.webhooks import DeliveryStatus
from service.webhooks import try_out
from service.wording import Event

routes = router("推送")
MOST_HOURS: Final = 720
WebhookEvent = Literal["recording.audited", "recording.failed"] | Event


class WebhookIn(In):
    """Where to push which events."""

    url: Annotated[
        AnyHttpUrl, Field(max_length=2000, description="接收推送的地址", examples=["https://oa.example/hook"])
    ]
    events: Annotated[list[WebhookEvent], Field(min_length=1, max_length=20, description="推送哪些事件")]


class WebhookChange(In):
    """What is to change; what is not given stays."""

    url: Annotated[AnyHttpUrl | None, Field(max_length=2000, description="接收推送的地址")] = None
    events: Annotated[list[WebhookEvent] | None, Field(min_length=1, max_length=20, description="推送哪些事件")] = None
    active: Annotated[bool | None, Field(description="false 暂停:新的事件不记,排队的等恢复")] = None


class WebhookOut(Out):
    """A webhook, without its secret."""

    id: int
    url: str
    events: list[str]
    active: bool
    created_at: datetime
    old_until: Annotated[
        datetime | None, Field(description="换下的密钥也还签名到这一刻;没有换过或已作废的为 null(过去的时刻同)")
    ]


class SecretIn(In):
    """How long the secret that is replaced is good beside the new one."""

    keep_hours: Annotated[
        int, Field(ge=0, le=MOST_HOURS, description="旧的密钥再用几小时:这期间每次推送带两个签名;0 立即作废")
    ] = 24


class NewWebhookOut(WebhookOut):
    """A new webhook with its secret, shown once."""

    secret: Annotated[str, Field(description="验签密钥(Standard Webhooks),只显示这一次")]


class TrialOut(Out):
    """What came back for a message that was sent to try it out."""

    message_id: Annotated[str, Field(description="即 webhook-id")]
    http_status: Annotated[int | None, Field(description="应答的状态;没有应答时为 null")]
    error: Annotated[str, Field(description="哪里不对;为空即已收下")]
    answer: Annotated[str, Field(description="应答开头的 500 字节")]


class DeliveryOut(Out):
    """One push and how it went."""

    id: int
    message_id: Annotated[str, Field(description="即 webhook-id;重试时不变")]
    event: str
    payload: dict[str, Any]
    status: Annotated[DeliveryStatus, Field(description="pending 待推送,delivered 已送达,failed 已放弃")]
    attempts: int
    created_at: datetime
    next_at: datetime
    delivered_at: datetime | None
    http_status: int | None
    error: str


@routes.get("/webhooks", summary="推送列表")
def list_webhooks(services: Wired) -> list[WebhookOut]:
    """所有推送地址。"""
    with services.database.read() as session:
        return [WebhookOut.model_validate(row) for row in webhooks.webhooks(session)]


@routes.post("/webhooks", status_code=201, summary="新增推送", responses=responses(422))
def add_webhook(services: Wired, given: WebhookIn) -> NewWebhookOut:
    """从现在起推送这些事件,按 Standard Webhooks 签名。"""
    url = _checked(services, given.url)
    with services.database.write() as session:
        row = webhooks.add_webhook(session, url, _fresh_secret(), sorted(set(given.events)))
        return NewWebhookOut.model_validate(row)


def _fresh_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@routes.post("/webhooks/{webhook_id}/secret", summary="更换验签密钥", responses=responses(404))
def replace_secret(services: Wired, webhook_id: Number, given: SecretIn | None = None) -> NewWebhookOut:
    """给出新的密钥,只这一次。keep_hours 之内每次推送带新旧两个签名,接收的程序先后换都验得过。"""
    kept = timedelta(hours=(given or SecretIn()).keep_hours)
    with services.database.write() as session:
        return NewWebhookOut.model_validate(webhooks.change_secret(session, webhook_id, _fresh_secret(), kept))


@routes.delete("/webhooks/{webhook_id}/secret/old", summary="旧的验签密钥立即作废", responses=responses(404))
def end_old_secret(services: Wired, webhook_id: Number) -> WebhookOut:
    """接收的程序都换好了:从这一刻起只用新的密钥签名。没有旧的不变。"""
    with services.database.write() as session:
        return WebhookOut.model_validate(webhooks.end_old_secret(session, webhook_id))


def _checked(services: Services, url: AnyHttpUrl) -> str:
    """Return the address as it is written in requests. Raises RequestError for what can never be sent to."""
    try:
        return checked_literal(str(url), services.settings.webhook_networks)
    except AddressRefused as problem:
        cure = "请检查地址;内部网络要由管理员在设置 webhook_networks 里允许"
        raise RequestError("url", str(problem), cure) from problem


@routes.patch("/webhooks/{webhook_id}", summary="更改、暂停或恢复推送", responses=responses(404))
def change_webhook(services: Wired, webhook_id: Number, given: WebhookChange) -> WebhookOut:
    """更改地址和事件,暂停或恢复;验签密钥和推送记录不变。"""
    url = _checked(services, given.url) if given.url else None
    events = sorted(set(given.events)) if given.events else None
    with services.database.write() as session:
        row = webhooks.change_webhook(session, webhook_id, url=url, events=events, active=given.active)
        return WebhookOut.model_validate(row)


@routes.post("/webhooks/{webhook_id}/test", summary="试推一次", responses=responses(404))
def try_webhook(services: Wired, webhook_id: Number) -> TrialOut:
    """立即推送一个签名的试验事件(webhook.test),给出应答;至多 15 秒,不重试,不记进推送记录。"""
    with services.database.read() as session:
        hook = webhooks.webhook(session, webhook_id)
    return TrialOut.model_validate(try_out(hook, services.settings.webhook_networks))


@routes.delete("/webhooks/{webhook_id}", status_code=204, summary="删除推送", responses=responses(404))
def delete_webhook(services: Wired, webhook_id: Number) -> None:
    """不再推送,并删除其记录。"""
    with services.database.write() as session:
        webhooks.delete_webhook(session, webhook_id)


@routes.get("/webhooks/{webhook_id}/deliveries", summary="推送记录", responses=responses(404))
def list_deliveries(
    services: Wired,
    webhook_id: Number,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Paged[DeliveryOut]:
    """每次推送的结果,从新到旧。"""
    with services.database.read() as session:
        return paged(webhooks.log(session, webhook_id, cursor=cursor, limit=limit), DeliveryOut)
