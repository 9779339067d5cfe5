"""Webhooks: where events are pushed, and what became of each push."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AnyHttpUrl, Field

from service.api.access import router
from service.api.problems import responses
from service.api.schemas import In, Number, Out, Paged, paged
from service.api.services import Wired
from service.errors import RequestError
from service.outbound import AddressRefused, checked_literal
from service.store import webhooks
from service.store.webhooks import DeliveryStatus
from service.wording import Event

routes = router("推送")
WebhookEvent = Literal["recording.audited", "recording.failed"] | Event


class WebhookIn(In):
    """Where to push which events."""

    url: Annotated[
        AnyHttpUrl, Field(max_length=2000, description="接收推送的地址", examples=["https://oa.example/hook"])
    ]
    events: Annotated[list[WebhookEvent], Field(min_length=1, max_length=20, description="推送哪些事件")]


class WebhookOut(Out):
    """A webhook, without its secret."""

    id: int
    url: str
    events: list[str]
    active: bool
    created_at: datetime


class NewWebhookOut(WebhookOut):
    """A new webhook with its secret, shown once."""

    secret: Annotated[str, Field(description="验签密钥(Standard Webhooks),只显示这一次")]


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
    try:
        url = checked_literal(str(given.url), services.settings.webhook_networks)
    except AddressRefused as problem:
        raise RequestError(
            "url", str(problem), "请检查地址;内部网络要由管理员在设置 webhook_networks 里允许"
        ) from problem
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with services.database.write() as session:
        row = webhooks.add_webhook(session, url, secret, sorted(set(given.events)))
        return NewWebhookOut.model_validate(row)


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
