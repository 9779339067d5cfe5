"""The web application: all routes, problems in place of errors, and headers that browsers need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import (
    account,
    cases,
    centre,
    comparison,
    findings,
    imports,
    intake,
    issued,
    laboratory,
    learning,
    listening,
    log,
    notices,
    operations,
    overview,
    people,
    problems,
    profiles,
    progress,
    reaudits,
    recorders,
    recordings,
    reports,
    retention,
    reviews,
    rules,
    uploads,
    voices,
    webhooks,
)
from service.api.access import PUSH, V1, GuardedRoute, router
from service.api.pace import Paced
from service.api.problems import Told
from service.api.services import Services
from service.auth.identity import COOKIE
from speechaudit import __version__

# What is sent there is counted as it goes to the disk: by the API, and by the page for browsers without scripts.
COUNTED: Final = (f"{V1}/recordings", "/upload")
# The most bytes that a request may bring, by the beginning of its path: what a stranger may send is small, since each
# unknown key of a JSON object becomes an error of its own in memory.
SIGN_IN_BODY: Final = 8 * 1024
USUAL_BODY: Final = 256 * 1024
TABLE_BODY: Final = 16 * 1024 * 1024
ADDRESS: Final = 8000  # bytes of path and query: all of it is entered into the log
_TOO_LONG: Final = Told(status=414, detail="请求:地址太长", cure="请减少筛选的条件")
PASTED_BODY: Final = 4 * 1024 * 1024
BODIES: Final = (
    (f"{V1}/session", SIGN_IN_BODY),
    (f"{V1}/imports", TABLE_BODY),
    ("/centre/", PASTED_BODY),
    ("/recorders/", TABLE_BODY),
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
_ROUTERS: Final[tuple[APIRouter, ...]] = (
    operations.routes,
    account.routes,
    overview.routes,
    comparison.routes,
    uploads.routes,
    intake.routes,
    recorders.routes,
    recordings.routes,
    listening.routes,
    progress.routes,
    findings.routes,
    reviews.routes,
    learning.routes,
    cases.routes,
    reports.routes,
    issued.routes,
    centre.routes,
    imports.routes,
    rules.routes,
    laboratory.routes,
    profiles.routes,
    reaudits.routes,
    notices.routes,
    webhooks.routes,
    people.routes,
    log.routes,
    retention.routes,
    voices.routes,
)
_DESCRIPTION: Final = router("运行")
_ABOUT: Final = "政务服务窗口语音稽核:上传录音,得到转写、判定、得分和报告。所有错误都是 application/problem+json。"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build(services: Services, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the application with all routes of the API, its limits and its headers."""
    app = FastAPI(
        title="speechaudit",
        summary="政务服务窗口语音稽核",
        description=_ABOUT,
        version=__version__,
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # the redirection would lead to whatever host the request names
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = services
    app.add_middleware(_Bounded)
    app.add_middleware(Paced)
    app.add_middleware(_Headers)
    problems.install(app)
    for part in _ROUTERS:
        app.include_router(part)
    app.include_router(_DESCRIPTION)
    return app


def served() -> Iterator[GuardedRoute]:
    """Yield all routes, in the order of the documentation."""
    for part in _ROUTERS:
        for route in part.routes:
            assert isinstance(route, GuardedRoute)
            yield route


@_DESCRIPTION.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """Return the description of all routes."""
    return JSONResponse(described(request.app))


def described(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI description, with problems and ways to sign in."""
    schema = app.openapi()
    parts = schema.setdefault("components", {})
    parts["schemas"] |= problems.schemas()
    parts["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "密钥(speechaudit key add)"},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": "登录后的 cookie"},
    }
    return schema


class _Headers:
    """Adds the headers that a browser needs to every answer that does not have its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sent if scope["type"] == "http" else send)


class _Bounded:
    """Refuses bodies that are larger than their route needs; an upload counts for itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(scope.get("raw_path", b"")) + len(scope.get("query_string", b"")) > ADDRESS:
            await problems.answer(_TOO_LONG)(scope, receive, send)
            return
        most = next((most for start, most in BODIES if scope.get("path", "").startswith(start)), USUAL_BODY)
        taken = 0

        async def bounded() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413)
            return message

        await self._app(scope, receive if _counted(scope) else bounded, send)


def _counted(scope: Scope) -> bool:
    """Return whether what is sent there is counted where it is read; every other body is bounded before it is read."""
    if scope["type"] != "http" or scope["path"].startswith(PUSH):
        return True
    return scope["path"] in COUNTED and Headers(scope=scope).get("content-type", "").startswith("multipart/")
