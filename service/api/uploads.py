"""Taking recordings in."""

from __future__ import annotations

import logging
import mimetypes
import re
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import Header, Request, Response
from starlette.concurrency import run_in_threadpool

from service.api import placing
from service.api.access import Who, router
from service.api.multipart import FILE, METADATA, UPLOAD_METADATA, Form
from service.api.problems import responses
from service.api.schemas import ReceiptOut, links_of
from service.api.services import Services, Wired
from service.audio import Draft
from service.auth.identity import Identity
from service.errors import TooLargeError, UnavailableError
from service.store import recordings
from service.store.recordings import NewRecording, RecordingRow

routes = router("录音")
_PIECE: Final = 1024 * 1024
_PLAYABLE: Final = re.compile(r"(audio|video)/[a-z0-9.+-]{1,80}")
log = logging.getLogger(__name__)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FILE],
                    "properties": {
                        FILE: {"type": "string", "format": "binary", "description": "录音文件"},
                        METADATA: UPLOAD_METADATA.json_schema() | {"description": "已知的信息(JSON)"},
                    },
                },
                "encoding": {METADATA: {"contentType": "application/json"}},
                "example": {METADATA: {"setting": "phone", "staff": "1017", "window": "A01", "ring_seconds": 8}},
            }
        },
    }
}
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="同一个录音重复发送时用同一个键,只保存一次",
    ),
]


@routes.post(
    "/recordings",
    status_code=202,
    summary="上传录音",
    openapi_extra=_BODY,
    responses={200: {"model": ReceiptOut, "description": "以前收到过"}, **responses(409, 413, 422, 503)},
)
async def upload(
    request: Request, response: Response, services: Wired, who: Who, idempotency_key: Key = None
) -> ReceiptOut:
    """流式接收一个录音及其信息,排队稽核。同样的内容只保存一次;成功应答之前,录音已安全落盘。"""
    refuse_too_large(request, services.settings.upload_limit)
    with services.audio.draft() as draft:
        form = Form(request.headers.get("content-type", ""), draft)
        await receive(request, form)
        row, new = await run_in_threadpool(_keep, services, who, form, draft, idempotency_key)
    response.status_code = 202 if new else 200
    response.headers["Location"] = links_of(row.id)["self"]
    return ReceiptOut(id=row.id, new=new, status=row.status, links=links_of(row.id))


def refuse_too_large(request: Request, limit: int) -> None:
    """Before anything is sent: the parts around the file are small."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limit + _PIECE:
        problem = f"超过 {limit // _PIECE} MB 的上限"
        raise TooLargeError("录音", problem, "请分段上传,或请管理员调大 upload_limit_mb")


async def receive(request: Request, form: Form) -> None:
    """Read the whole body, handed over in pieces to a thread, so that other requests are not blocked."""
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if len(waiting) >= _PIECE:
            await run_in_threadpool(form.feed, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(form.feed, bytes(waiting))
    form.finish()


def _keep(services: Services, who: Identity, form: Form, draft: Draft, key: str | None) -> tuple[RecordingRow, bool]:
    """Check what is known before the audio gets its place, and queue the job last: what is stored can be done."""
    new = _new(services, form)
    stored = services.audio.keep(draft)
    new = replace(new, sha256=stored.sha256, size=stored.size, source=who.source, idempotency_key=key)
    with services.database.write() as session:
        row, is_new = recordings.add(session, new)
        if is_new:
            services.audio.must_have(stored.sha256)
    if row.audio_deleted_at is not None and stored.new:  # what grew too old does not come back with a copy
        services.audio.delete(stored.sha256)
    if row.status == "queued":
        hand_in(services, row)
    return row, is_new


def _new(services: Services, form: Form) -> NewRecording:
    known = form.metadata
    began = placing.moment(known.started_at, services.settings.zone)
    placing.refuse_future(began)
    with services.database.read() as session:
        staff_id, window_id = placing.who_and_where(session, known.staff, known.window, began, known.extension)
    return NewRecording(
        sha256="",
        size=0,
        file_name=form.file_name or "",
        media_type=media_type(form.media_type, form.file_name or ""),
        setting=known.setting or "counter",
        staff_id=staff_id,
        window_id=window_id,
        started_at=began,
        ring_seconds=known.ring_seconds,
        staff_channel=known.staff_channel,
        direction=known.direction,
        calls=known.calls,
        extras=dict(known.extras),
    )


def hand_in(services: Services, row: RecordingRow) -> None:
    """Queue the job; where the queue is away, a worker will find the recording later."""
    try:
        services.jobs.audit(row.id, row.attempt)
    except UnavailableError as problem:
        log.warning("recording %d waits for its job: %s", row.id, problem)


def media_type(stated: str, file_name: str) -> str:
    """Only sound and film keep what the sender says: nobody shall make a browser run an upload as a page."""
    guess = mimetypes.guess_type(file_name)[0] or ""
    found = (each for each in (stated.partition(";")[0].strip().lower(), guess) if _PLAYABLE.fullmatch(each))
    return next(found, "application/octet-stream")
