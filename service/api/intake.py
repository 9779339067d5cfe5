"""Recorders push here, and people complete or discard what could not be matched."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from service.api import ranges
from service.api.access import Who, router
from service.api.privacy import name_for, text_for
from service.api.problems import responses
from service.api.recorder_form import RecorderForm
from service.api.schemas import Code, Differing, In, Name, Number, Out, Paged, ReceiptOut, ToldOtherwiseOut
from service.api.services import Services, Wired
from service.api.uploads import read_body, receipt_of, refuse_too_large
from service.audio import Draft
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import NotFoundError
from service.ingest import placing, receiving
from service.ingest.call_record import CallRecord
from service.ingest.fields import by_form
from service.ingest.receiving import Receipt, of_recorder
from service.sources import Source
from service.store import intake
from service.store.base import now
from service.store.intake import Pending, State
from speechaudit.model import Direction, EndedBy, Setting

routes = router("录音设备")
_PUSH: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary", "description": "录音文件"}},
                    "additionalProperties": {"type": "string"},
                },
                "example": {"extension": "8021", "started_at": "2026-03-02 09:15:00", "direction": "in"},
            }
        },
    }
}


class PushedOut(Out):
    """That it is stored. One of the two numbers is null."""

    recording: Annotated[int | None, Field(description="录音的编号")]
    pending: Annotated[int | None, Field(description="待处理的编号:已收好,但信息不全或对不上")]
    new: Annotated[bool, Field(description="false:以前收到过,没有重复保存")]
    differs: Differing = ()


@routes.post(
    "/intake/push/{source}",
    status_code=202,
    summary="录音设备推送",
    openapi_extra=_PUSH,
    responses={200: {"model": PushedOut, "description": "以前收到过"}, **responses(404, 413, 422, 503)},
)
async def push(request: Request, response: Response, services: Wired, source: str) -> PushedOut:
    """设备按自己的字段名推送一个录音;成功应答之前已安全落盘,设备随后可以删除。信息不全的进入待处理。

    不能设请求头的设备,可以把密钥写在地址里(?key=sa_…)或用 Basic 认证的密码。
    """
    known = await run_in_threadpool(_source, services, source)
    refuse_too_large(request, services.settings.upload_limit)
    with services.audio.draft() as draft:
        form = RecorderForm(request.headers.get("content-type", ""), draft)
        await read_body(request, form)
        taken = await run_in_threadpool(_receive, services, known, form, draft)
    response.status_code = 202 if taken.state in {"new", "pending"} else 200
    recording = taken.number if taken.state in {"new", "known"} else None
    pending = None if recording else taken.number
    differs = tuple(map(ToldOtherwiseOut.model_validate, taken.differs))
    return PushedOut(recording=recording, pending=pending, new=taken.state == "new", differs=differs)


def _source(services: Services, name: str) -> Source:
    if (found := services.source(name)) is None:
        cure = "请检查地址,或在网页的“录音设备”或设置文件的 [[intake]] 里加上"
        raise NotFoundError(f"来源 {name[:40]}", "没有设置", cure)
    return found


def _receive(services: Services, source: Source, form: RecorderForm, draft: Draft) -> Receipt:
    name = form.file_name or ""
    record = by_form(source, name, form.texts, source.zone(services.settings.zone))
    return receiving.receive(services, of_recorder(source, name, now(), form.media_type), record, draft)


class PendingOut(Out):
    """A recording that waits for a person, or waited."""

    id: int
    source: Annotated[str, Field(description="来源的名称", examples=["line-box"])]
    file_name: Annotated[str, Field(description="设备上的文件名", examples=["20260302-091500.wav"])]
    size: Annotated[int, Field(description="字节数;0 表示没有可以保存的声音")]
    reasons: Annotated[list[str], Field(description="缺什么,或什么对不上", examples=[["排班:当时窗口 A01 没有人"]])]
    known: Annotated[dict[str, str], Field(description="已知的信息", examples=[{"extension": "8021"}])]
    received_at: datetime
    state: Annotated[State, Field(description="waiting 待处理,completed 已补全,discarded 已放弃")]
    recording_id: Annotated[int | None, Field(description="补全后成为哪个录音")]
    decided_by: Annotated[str | None, Field(description="谁处理的;设备名表示信息后来补到了")]
    decided_at: datetime | None


class Listed(In):
    """Which to list."""

    state: Annotated[State, Field(description="waiting 待处理,completed 已补全,discarded 已放弃")] = "waiting"
    cursor: Annotated[str | None, Field(description="上一页的 next", max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=200, description="一页几项")] = 50


@routes.get("/intake/pending", summary="待处理列表")
def list_pending(services: Wired, who: Who, chosen: Annotated[Listed, Query()]) -> Paged[PendingOut]:
    """自动收来却对不上的录音,从新到旧,附原因。"""
    with services.database.read() as session:
        page = intake.page(session, chosen.state, cursor=chosen.cursor, limit=chosen.limit)
        return Paged(items=[_pending_for(who, row) for row in page.items], next=page.next)


@routes.get("/intake/pending/{pending_id}", summary="一个待处理", responses=responses(404))
def get_pending(services: Wired, who: Who, pending_id: Number) -> PendingOut:
    """缺什么、已知什么;处理过的,后来成了什么。"""
    with services.database.read() as session:
        return _pending_for(who, intake.get(session, pending_id))


def _pending_for(who: Identity, row: Pending) -> PendingOut:
    """Return what waits as this person may read it."""
    shown = PendingOut.model_validate(row)
    return shown.model_copy(
        update={
            "file_name": name_for(who, shown.file_name),
            "known": {name: name_for(who, value) for name, value in shown.known.items()},
            "reasons": [text_for(who, reason) for reason in shown.reasons],
        }
    )


@routes.get(
    "/intake/pending/{pending_id}/audio",
    summary="待处理的声音",
    response_class=Response,
    responses={
        200: {"content": {"audio/*": {}}, "description": "全部"},
        206: {"content": {"audio/*": {}}, "description": "请求的范围"},
        **responses(403, 404, 416),
    },
)
def pending_audio(request: Request, services: Wired, who: Who, pending_id: Number) -> Response:
    """听一听再决定,支持 Range。还没有转写,无从遮盖,所以须有查看个人信息的权限。"""
    with services.database.read() as session:
        row = intake.get(session, pending_id)
    who.require(Permission.PERSONAL_READ)
    sha256 = receiving.sound_of(row)
    return ranges.serve(
        request,
        lambda start, end: services.audio.read(sha256, start, end),
        size=services.audio.size(sha256),
        tag=sha256,
        media_type=row.media_type,
        name=row.file_name,
    )


class CompletedIn(In):
    """What a person says; null means that nobody can tell, and what is left out stays as the recorder told it."""

    setting: Annotated[Setting, Field(description="场景:phone 电话,counter 柜台")]
    window: Annotated[Name | None, Field(description="窗口代码或名称", examples=["A01"])]
    staff: Annotated[Code | None, Field(description="工号;null 时由排班决定", examples=["1017"])]
    started_at: Annotated[
        datetime | None, Field(description="开始时间;没有人知道则为 null", examples=["2026-03-02T09:15:00+08:00"])
    ]
    ring_seconds: Annotated[float | None, Field(ge=0, le=3600, description="接听前响铃的秒数")] = None
    staff_channel: Annotated[int | None, Field(ge=0, le=1, description="工作人员所在声道:0 左,1 右")] = None
    direction: Annotated[Direction | None, Field(description="in 呼入,out 呼出")] = None
    ended_by: Annotated[EndedBy | None, Field(description="谁结束的;不写则按设备说的")] = None


@routes.post(
    "/intake/pending/{pending_id}/complete", status_code=202, summary="补全后稽核", responses=responses(404, 409)
)
def complete_pending(services: Wired, who: Who, pending_id: Number, told: CompletedIn) -> ReceiptOut:
    """补上场景、窗口、人员和时间,成为录音并排队稽核。"""
    record = CallRecord(
        setting=told.setting,
        window=told.window,
        staff=told.staff,
        started_at=placing.in_zone(told.started_at, services.settings.zone),
        ring_seconds=told.ring_seconds,
        staff_channel=told.staff_channel,
        direction=told.direction,
        ended_by=told.ended_by,
    )
    left = CompletedIn.model_fields.keys() - told.model_fields_set
    return receipt_of(receiving.complete(services, pending_id, record, who.name, left))


@routes.post(
    "/intake/pending/{pending_id}/discard", status_code=204, summary="放弃一个待处理", responses=responses(404, 409)
)
def discard_pending(services: Wired, who: Who, pending_id: Number) -> None:
    """不稽核,并删除声音。同样的录音再来时不再列出。"""
    with services.database.write() as session:
        waiting = intake.waiting(session, pending_id)
        # Inside the transaction: if the sound cannot be deleted, it waits on and can be discarded again.
        if sha256 := intake.give_up(session, waiting, who.name):
            services.audio.delete(sha256)
