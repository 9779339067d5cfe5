"""上传: files are looked at before they go in. Without scripts it is one form, and each file is answered for itself."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from service.api import uploads
from service.api.multipart import UPLOAD_METADATA
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import RequestError, ServiceError
from service.ingest import receiving
from service.ingest.receiving import IncomingFile
from service.web import choices, naming, telling
from service.web.forms import Form, Sent
from service.web.guard import Pages, Visitor
from service.web.naming import Understood
from service.web.rendering import page, part

pages = Pages()
_PIECE: Final = 1024 * 1024
_MOST_SIDECAR: Final = 64 * 1024
_EMPTY: Final = RequestError("文件", "是空的(0 字节)", "录音没有写入,请重新导出或检查录音设备")
_BESIDE: Final = "请改正旁注文件(JSON)后重新上传"
_TWICE: Final = "同名的不止一个,分不清属于哪个录音"
_NONE: Final = RequestError("文件", "没有选择录音", "请选择一个或几个录音文件")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file: the number of its recording, or why it was refused; `new` is false for a repeat.

    `pending` is why it waits for a person: there is no recording yet, and the number is that under which it is kept.
    """

    name: str
    number: int | None = None
    new: bool = False
    pending: tuple[str, ...] = ()
    refused: str = ""
    cure: str = ""


@pages.get("/upload", Permission.RECORDINGS_WRITE, noted=False)
def ask(request: Request, services: Wired) -> Response:
    """Show where to drop files."""
    return _page(request, services)


@pages.post("/upload/look", Permission.RECORDINGS_WRITE, noted=False)
def look(request: Request, services: Wired, form: Sent) -> Response:
    """Show what is understood of each file, as rows of a table to be filled in."""
    sidecars = [each for each in form.sent.getlist("sidecar") if isinstance(each, str)]
    names = form.all("name")
    found = naming.understood(services, zip(names, [*sidecars, *[""] * len(names)], strict=False))
    return part(request, "part_upload_rows.html", rows=found, **choices.places(services, active=True))


@pages.post("/upload", Permission.RECORDINGS_WRITE)
def take(request: Request, services: Wired, who: Visitor, form: Sent) -> Response:
    """Take in what a form without scripts sends: what is filled in holds for all files that say nothing themselves."""
    files = form.files("files")
    sidecars = [each for each in files if _is_sidecar(each)]
    sounds = [each for each in files if not _is_sidecar(each)]
    if not sounds:
        return _page(request, services, problem=_NONE)
    told = _told(services, sounds, sidecars)
    outcomes = [_taken(services, who, each, known, form) for each, known in zip(sounds, told, strict=True)]
    return _page(request, services, outcomes=outcomes)


def _is_sidecar(file: UploadFile) -> bool:
    return (file.filename or "").lower().endswith(".json")


def _told(services: Services, sounds: list[UploadFile], sidecars: list[UploadFile]) -> list[Understood]:
    """Return what names and sidecars tell; a sidecar that may belong to another sound tells nothing."""
    beside = {_way(each): each.file.read(_MOST_SIDECAR).decode("utf-8", "replace") for each in sidecars}
    often = Counter(map(_way, sounds)), Counter(map(_way, sidecars))
    unsure = {way for way in beside if any(each[way] > 1 for each in often)}
    texts = ["" if _way(each) in unsure else beside.get(_way(each), "") for each in sounds]
    found = naming.understood(services, zip([each.filename or "" for each in sounds], texts, strict=True))
    return [
        replace(known, wrong=_TWICE) if _way(each) in unsure else known
        for each, known in zip(sounds, found, strict=True)
    ]


def _way(file: UploadFile) -> str:
    """Return folders and name, without what kind of file it is: a name alone stands in many folders."""
    return posixpath.splitext(file.filename or "")[0]


def _filled(known: Understood, form: Form) -> dict[str, Any]:
    stated = {name: getattr(known, name) for name in ("setting", "staff", "window", "started_at", "direction")}
    if stated["started_at"]:
        stated["started_at"] = stated["started_at"].isoformat()
    gaps = {name: form[name] for name in ("setting", "staff", "window", "direction") if stated[name] is None}
    found = {name: value for name, value in (stated | gaps).items() if value}
    return found | dict(known.more)


def _taken(services: Services, who: Identity, file: UploadFile, known: Understood, form: Form) -> Outcome:
    """Take in one file, refused by itself if it must be."""
    name = file.filename or ""
    if known.wrong:
        return Outcome(name=name, refused=f"旁注文件:{known.wrong}", cure=_BESIDE)
    try:
        metadata = UPLOAD_METADATA.validate_python(_filled(known, form))
        with services.audio.draft() as draft:
            for piece in _pieces(file):
                draft.write(piece)
            if not draft.size:
                raise _EMPTY
            incoming = IncomingFile(name=name, media_type=file.content_type or "", sender=who.source, by=who.name)
            receipt = receiving.receive(services, incoming, uploads.record_of(services, metadata), draft)
    except ValidationError as problem:
        told = telling.tell(RequestValidationError(problem.errors()))
        return Outcome(name=name, refused=told.detail, cure=_BESIDE)
    except ServiceError as problem:
        told = telling.tell(problem)
        return Outcome(name=name, refused=told.detail, cure=told.cure)
    if receipt.state == "pending":
        return Outcome(name=name, number=receipt.number, new=True, pending=receipt.reasons)
    return Outcome(name=name, number=receipt.number, new=receipt.state == "new")


def _pieces(file: UploadFile) -> Iterator[bytes]:
    while piece := file.file.read(_PIECE):
        yield piece


def _page(
    request: Request, services: Services, *, outcomes: list[Outcome] | None = None, problem: ServiceError | None = None
) -> Response:
    values = {"outcomes": outcomes or [], "problem": problem, "limit_mb": services.settings.upload_limit_mb}
    return page(
        request, "upload.html", status=422 if problem else 200, **values, **choices.places(services, active=True)
    )
