"""The log of who listened to, saw, changed or exported what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query
from pydantic import Field

from service.api.access import router
from service.api.schemas import BIGGEST, In, Out
from service.api.services import Wired
from service.store import logbook

routes = router("操作日志")


class LogIn(In):
    """Which part of it."""

    before: Annotated[int | None, Field(ge=1, le=BIGGEST, description="只要编号小于它的,用来翻页")] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="最多几条")] = 50


class EntryOut(Out):
    """One act."""

    id: int
    at: datetime
    who: Annotated[str, Field(description="账号", examples=["user:3"])]
    name: Annotated[str, Field(description="当时的名称")]
    action: Annotated[str, Field(description="做了什么", examples=["GET /api/v1/recordings/{recording_id}/audio"])]
    what: Annotated[str, Field(description="对什么", examples=["/api/v1/recordings/7/audio"])]
    hash: Annotated[str, Field(description="这一条与它之前所有条目的哈希")]


@routes.get("/log", summary="操作日志")
def list_log(services: Wired, chosen: Annotated[LogIn, Query()]) -> list[EntryOut]:
    """谁听了、看了、改了、导出了什么,新的在前;用 speechaudit log verify 核对有没有被改动。"""
    with services.database.read() as session:
        return [
            EntryOut.model_validate(row) for row in logbook.entries(session, before=chosen.before, limit=chosen.limit)
        ]
