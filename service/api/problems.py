"""Errors as `application/problem+json` (RFC 9457): Chinese title and detail, and the cure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from service.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RequestError,
    ServiceError,
    SignInError,
    ThrottledError,
    TooLargeError,
    UnavailableError,
)
from speechaudit.errors import InputError, MissingPartError, RulebookError, SpeechAuditError
from speechaudit.validation import field_of, meaning

MEDIA_TYPE: Final = "application/problem+json"
MOST_ERRORS: Final = 50  # told one by one; nobody reads on, and a hostile request could bring millions
_RETRY_SECONDS: Final = {429: "300", 503: "10"}


class FieldProblem(BaseModel):
    """What is wrong with one value of a request."""

    field: Annotated[str, Field(description="哪一项", examples=["query.limit"])]
    problem: Annotated[str, Field(description="有什么问题", examples=["应不大于 200"])]


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: Annotated[str, Field(description="错误类别,固定不变", examples=["not-found"])]
    title: Annotated[str, Field(description="错误名称", examples=["找不到"])]
    status: Annotated[int, Field(description="HTTP 状态码", examples=[404])]
    detail: Annotated[str, Field(description="哪里、什么问题", examples=["录音 7:不存在或已删除"])]
    cure: Annotated[str, Field(description="如何解决", examples=["请检查编号"])]
    routes: Annotated[list[str], Field(description="可以用来解决的接口", examples=[["PUT /api/v1/staff/3008"]])] = []
    errors: Annotated[list[FieldProblem], Field(description="逐项说明", examples=[[]])] = []


_KINDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad-request", "请求有误"),
    401: ("not-signed-in", "未登录"),
    403: ("forbidden", "无权限"),
    404: ("not-found", "找不到"),
    405: ("method-not-allowed", "不支持的方法"),
    408: ("too-slow", "太慢"),
    409: ("conflict", "有冲突"),
    413: ("too-large", "太大"),
    414: ("uri-too-long", "地址太长"),
    415: ("unsupported-media-type", "类型不对"),
    416: ("range-not-satisfiable", "范围超出"),
    422: ("invalid", "内容有误"),
    429: ("throttled", "太频繁"),
    500: ("internal", "内部错误"),
    503: ("unavailable", "暂时不能用"),
}
_STATUSES: Final[Mapping[type[SpeechAuditError], int]] = {
    SignInError: 401,
    ForbiddenError: 403,
    NotFoundError: 404,
    ConflictError: 409,
    TooLargeError: 413,
    RequestError: 422,
    InputError: 422,
    RulebookError: 422,
    ThrottledError: 429,
    UnavailableError: 503,
    MissingPartError: 503,
}
_OF_HTTP: Final[Mapping[int, tuple[str, str]]] = {
    400: ("请求的内容读不懂", "请发送 UTF-8 编码的 JSON,不要嵌套很深,数字不要很长"),
    404: ("没有这个地址", "所有地址见 /api/v1/openapi.json"),
    405: ("这个地址不支持这种方法", "允许的方法见 Allow"),
    408: ("请求:很久没有传来新的内容,没有收下", "请检查网络,然后重新发送"),
    413: ("请求太大", "请分成几次发送"),
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return descriptions for OpenAPI of the problems that a route may answer with."""
    return {status: _described(status) for status in statuses}


def _described(status: int) -> dict[str, Any]:
    kind, title = _KINDS[status]
    example = {"type": kind, "title": title, "status": status, "detail": "…", "cure": "…", "routes": [], "errors": []}
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    return {"description": title, "content": content}


def schemas() -> dict[str, Any]:
    """Return the schemas that `responses` refers to."""
    whole = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**whole.pop("$defs"), "Problem": whole}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An error as it is told: the HTTP status, where and what (`detail`), and the `cure`; `headers` belong to it.

    `routes` are the requests that cure it; only programs are told them.
    """

    status: int
    detail: str
    cure: str
    routes: tuple[str, ...] = ()
    errors: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The name of the error."""
        return _kind(self.status)[1]


def _kind(status: int) -> tuple[str, str]:
    return _KINDS.get(status, ("http", HTTPStatus(status).phrase))


def answer(told: Told) -> Response:
    """Return a problem as a response."""
    kind, title = _kind(told.status)
    problem = Problem(
        type=kind,
        title=title,
        status=told.status,
        detail=told.detail,
        cure=told.cure,
        routes=list(told.routes),
        errors=list(told.errors),
    )
    headers = {"Retry-After": _RETRY_SECONDS[told.status]} if told.status in _RETRY_SECONDS else {}
    if told.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    content = problem.model_dump_json().encode("utf-8", "backslashreplace")
    return Response(content, told.status, headers | dict(told.headers), media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let the application answer all errors as problems."""
    for kind in HANDLED:
        app.add_exception_handler(kind, _answer)


async def _answer(_: Request, problem: Exception) -> Response:
    return answer(tell(problem))


def tell(problem: Exception) -> Told:
    """Return what is said of an error. Nobody reads that of a broken line; it keeps stacks out of the log."""
    return next(told(problem) for kind, told in HANDLED.items() if isinstance(problem, kind))


def _of_ours(problem: Any) -> Told:
    status = next((code for kind, code in _STATUSES.items() if isinstance(problem, kind)), 500)
    routes = problem.routes if isinstance(problem, ServiceError) else ()
    return Told(status=status, detail=f"{problem.where}:{problem.problem}", cure=problem.cure, routes=routes)


def _of_http(problem: Any) -> Told:
    detail, cure = _OF_HTTP.get(problem.status_code, (str(problem.detail), "请对照 /api/v1/openapi.json 检查请求"))
    return Told(status=problem.status_code, detail=detail, cure=cure, headers=problem.headers or {})


def _of_validation(problem: Any) -> Told:
    return invalid(problem.errors())


def _always(status: int, detail: str, cure: str) -> Callable[[Any], Told]:
    told = Told(status=status, detail=detail, cure=cure)
    return lambda _: told


def invalid(errors: Sequence[Any]) -> Told:
    """Return pydantic's complaints as one problem; the first ones are told one by one."""
    told = tuple(
        FieldProblem(field=field_of(error["loc"])[:200], problem=meaning(error)) for error in errors[:MOST_ERRORS]
    )
    detail = ";".join(f"{each.field}:{each.problem}" for each in told[:3])
    return Told(status=422, detail=detail, cure="请逐项改正;各项的类型和范围见 /api/v1/openapi.json", errors=told)


# The last one is for all others.
HANDLED: Final[Mapping[type[Exception], Callable[[Any], Told]]] = {
    SpeechAuditError: _of_ours,
    RequestValidationError: _of_validation,
    HTTPException: _of_http,
    UnicodeEncodeError: _always(422, "请求:含有不能保存的字符", "请去掉无法显示的字符"),
    DataError: _always(422, "请求:含有不能保存的字符,或数值超出范围", "请去掉控制字符,改正数值"),
    IntegrityError: _always(409, "请求:与已有的数据冲突", "请刷新后再试"),
    ClientDisconnect: _always(400, "请求:没有传完", "请重新发送"),
    Exception: _always(500, "服务:内部出错,已记入日志", "请稍后再试;若仍出错,请把时间和操作告诉管理员"),
}
