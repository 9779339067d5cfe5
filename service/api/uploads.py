"""Taking recordings in."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Header, Request, Response
from starlette.concurrency import run_in_threadpool

from service.api.access import V1, Who, router
from service.api.multipart import FILE, METADATA, UPLOAD_METADATA, UploadForm, UploadMetadata
from service.api.problems import responses
from service.api.schemas import ReceiptOut, ToldOtherwiseOut, links_of
from service.api.services import Services, Wired
from service.errors import TooLargeError
from service.ingest import placing, receiving
from service.ingest.call_record import CallRecord
from service.ingest.receiving import IncomingFile, Receipt
from speechaudit.model import fact_values

routes = router("录音")
_PIECE: Final = 1024 * 1024
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
        form = UploadForm(request.headers.get("content-type", ""), draft)
        await read_body(request, form)
        file = IncomingFile(
            name=form.file_name or "", media_type=form.media_type, sender=who.source, by=who.name, key=idempotency_key
        )
        record = record_of(services, form.metadata)
        taken = await run_in_threadpool(receiving.receive, services, file, record, draft)
    response.status_code = 200 if taken.state == "known" else 202
    receipt = receipt_of(taken)
    response.headers["Location"] = receipt.links["self"]
    return receipt


def refuse_too_large(request: Request, limit: int) -> None:
    """Check the length before anything is sent; parts around the file are small. Raises TooLargeError."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limit + _PIECE:
        problem = f"超过 {limit // _PIECE} MB 的上限"
        raise TooLargeError("录音", problem, "请分段上传,或请管理员调大 upload_limit_mb")


def receipt_of(taken: Receipt) -> ReceiptOut:
    """Return the answer to whoever sent a recording."""
    if taken.state == "pending":
        here = {"self": f"{V1}/intake/pending", "complete": f"{V1}/intake/pending/{taken.number}/complete"}
        return ReceiptOut(id=None, pending=taken.number, new=True, status=None, reasons=taken.reasons, links=here)
    differs = tuple(map(ToldOtherwiseOut.model_validate, taken.differs))
    links = links_of(taken.number)
    return ReceiptOut(id=taken.number, new=taken.state == "new", status=taken.status, differs=differs, links=links)


async def read_body(request: Request, form: UploadForm) -> None:
    """Read the whole body, handed over in pieces to a thread, so that other requests are not blocked."""
    waiting = bytearray()
    async for chunk in request.stream():
        waiting += chunk
        if len(waiting) >= _PIECE:
            await run_in_threadpool(form.feed, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(form.feed, bytes(waiting))
    form.finish()


def record_of(services: Services, known: UploadMetadata) -> CallRecord:
    """Return what the sender of a recording tells of it. Raises RequestError for a time beyond the calendar."""
    began = placing.in_zone(known.started_at, services.settings.zone)
    facts = fact_values(known) | {"started_at": began}
    facts["setting"] = known.setting or services.settings.upload_setting
    return CallRecord(staff=known.staff, window=known.window, extension=known.extension, **facts)
