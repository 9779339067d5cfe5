"""What a browser sends: fields as text, read once; where a write may come from; where a page may lead back to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from service.api import services as wired
from service.api import uploads
from service.api.cases import DecisionIn
from service.errors import ConflictError, ForbiddenError, NotFoundError, RequestError, ServiceError
from service.wording import DECISIONS
from speechaudit.validation import meaning

M = TypeVar("M", bound=BaseModel)
# What a page answers beside its form, with everything that was typed still in it.
REFUSED: Final = (ConflictError, ForbiddenError, NotFoundError, RequestError)
CSRF: Final = "csrf"
_UNDECIDED: Final = RequestError("结论", "还没有选择", "请选择违反、不算违反或无法认定")
_UNUSABLE: Final = RequestError("理由", "太长或含有控制字符", "请写在 2000 字以内")
_MOST_FIELDS: Final = 2000
_MOST_FILES: Final = 500
# The address of a robot holds its key.
_SECRET: Final = re.compile("password|secret|token|key|address|url", re.IGNORECASE)
_LOCAL: Final = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The fields of a form; one that was not sent is empty."""

    sent: FormData = field(default_factory=FormData)

    def __getitem__(self, name: str) -> str:
        found = self.sent.get(name, "")
        return found.strip() if isinstance(found, str) else ""

    def raw(self, name: str) -> str:
        """Return the field as it was typed: blanks belong to a password."""
        found = self.sent.get(name, "")
        return found if isinstance(found, str) else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field that may come several times."""
        return tuple(each.strip() for each in self.sent.getlist(name) if isinstance(each, str))

    def files(self, name: str) -> tuple[UploadFile, ...]:
        """Return the files of a field; a browser sends one without a name if nothing was chosen."""
        found = self.sent.getlist(name)
        return tuple(each for each in found if isinstance(each, UploadFile) and each.filename)

    def fields(self) -> tuple[tuple[str, str], ...]:
        """Return names and values that may be kept for later: nothing secret, no token, no files."""
        kept = ((name, value) for name, value in self.sent.multi_items() if isinstance(value, str))
        return tuple((name, value) for name, value in kept if name != CSRF and not _SECRET.search(name))


async def read(request: Request) -> Form:
    """Read the form of this request; it is empty for a request that only reads.

    Raises TooLargeError, and RequestError for files whose size is not told beforehand.
    """
    if request.method in {"GET", "HEAD"}:
        return Form()
    if request.headers.get("content-type", "").startswith("multipart/"):  # before its files fill the disk
        if "content-length" not in request.headers:
            raise RequestError("请求", "没有说明大小", "请用浏览器的页面上传")
        uploads.refuse_too_large(request, wired.of(request).settings.upload_limit)
    return Form(sent=await request.form(max_files=_MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=4 * 1024 * 1024))


Sent = Annotated[Form, Depends(read)]


def read_as(shape: type[M], values: Mapping[str, object], otherwise: ServiceError) -> M:
    """Return what was sent, in the shape that the API takes. Raises `otherwise` where it does not fit."""
    try:
        return shape.model_validate(values)
    except ValidationError as problem:
        raise otherwise from problem


def read_told(shape: type[M], values: Mapping[str, object]) -> M:
    """Return what was sent, in the shape the API takes. Raises RequestError for the first field that does not fit."""
    try:
        return shape.model_validate(values)
    except ValidationError as problem:
        name, wrong = next(iter(complaints(problem).items()))
        raise RequestError(name, wrong, "请改正后再提交") from problem


def decision(form: Form) -> DecisionIn:
    """Return what a person decided, and why. Raises RequestError."""
    if form["verdict"] not in DECISIONS:
        raise _UNDECIDED
    return read_as(DecisionIn, {"verdict": form["verdict"], "reason": form["reason"]}, _UNUSABLE)


def complaints(problem: ValidationError) -> dict[str, str]:
    """Return what is wrong, by field, in Chinese."""
    return {
        str(error["loc"][0]) if error["loc"] else "": "请填写" if error["input"] == "" else meaning(error)
        for error in problem.errors()
    }


def foreign(request: Request) -> bool:
    """Return whether a page of another site made the browser send this."""
    if site := request.headers.get("sec-fetch-site"):
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).hostname != request.url.hostname


def local(address: str | None) -> str | None:
    """Return the address if it is a page of ours and nobody else's, else None."""
    found = address if address and _LOCAL.fullmatch(address) else None
    return None if found is None or found.startswith(("/api/", "/signin", "/signout")) else found


def here(request: Request) -> str:
    """Return the path of this page with what was asked for."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
