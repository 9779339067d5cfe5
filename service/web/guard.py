"""Pages that ask who looks before they show anything, and enter it into the log like the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from service.api.access import Handler, Need, NotedRoute, Open, admit, of_browser
from service.api.services import Wired
from service.auth.identity import CSRF_HEADER, SAFE_METHODS, Identity
from service.errors import ForbiddenError
from service.web import forms

_NEED: Final = "x-permission"
_NOTED: Final = "x-noted"


async def visitor(request: Request, services: Wired) -> Identity:
    """Return who looks, and keep it in the request. Raises SignInError, StaleFormError for a write without token."""
    who = await run_in_threadpool(of_browser, request, services)
    request.state.who = who
    if request.method not in SAFE_METHODS:
        token = request.headers.get(CSRF_HEADER) or (await forms.read(request)).raw(forms.CSRF)
        who.check_csrf(token)
    return who


Visitor = Annotated[Identity, Depends(visitor)]


def _own(request: Request) -> None:
    if request.method not in SAFE_METHODS and forms.foreign(request):
        raise ForbiddenError("请求", "来自其他网站的页面", "请直接打开本系统的页面操作")


class PageRoute(NotedRoute):
    """A route whose need was declared by `Pages`; the files of a form that was sent are closed at its end."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        (method,) = options["methods"]
        self.action = f"{method} {path}"
        declared = options["openapi_extra"]
        self.need = declared[_NEED]
        self.noted = declared[_NOTED]
        guards = [Depends(_own)]
        if self.need != Open.PUBLIC:
            guards.append(Depends(admit(self.need, visitor)))
        options["dependencies"] = [*guards, *(options.get("dependencies") or ())]
        options["response_model"] = None
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """Return the handler of a route that is noted, which closes the files of a form at its end."""
        handle = super().get_route_handler()

        async def closed(request: Request) -> Response:
            try:
                return await handle(request)
            finally:
                await request.close()

        return closed


class Pages:
    """The routes of a page. Nothing can be added without saying what it needs.

    `noted` is false where nothing of anybody is shown or changed.
    """

    def __init__(self) -> None:
        self.routes = APIRouter(route_class=PageRoute, include_in_schema=False)

    def get(self, path: str, need: Need, *, noted: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a page to look at, and what it asks for."""
        return self.routes.get(path, openapi_extra={_NEED: need, _NOTED: noted})

    def post(self, path: str, need: Need, *, noted: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a form that is sent, and what it asks for."""
        return self.routes.post(path, openapi_extra={_NEED: need, _NOTED: noted})
