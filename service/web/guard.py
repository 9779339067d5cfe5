"""Pages that ask who looks before they show anything, and enter it into the log like the API."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from service.api.access import Need, Open, of_browser
from service.api.noting import note, note_refusal
from service.api.services import Wired
from service.auth.identity import CSRF_HEADER, SAFE_METHODS, Identity
from service.auth.permissions import Permission
from service.errors import ForbiddenError, ServiceError
from service.web import forms

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_NEED: Final = "x-permission"
_NOTED: Final = "x-noted"


async def visitor(request: Request, services: Wired) -> Identity:
    """Who looks, also kept in the request. Raises SignInError, and StaleFormError for a write without its token."""
    who = await run_in_threadpool(of_browser, request, services)
    request.state.who = who
    if request.method not in SAFE_METHODS:
        token = request.headers.get(CSRF_HEADER) or (await forms.read(request)).raw(forms.CSRF)
        who.check_csrf(token)
    return who


Visitor = Annotated[Identity, Depends(visitor)]


def _admit(need: Need) -> Callable[[Identity], None]:
    def admit(who: Visitor) -> None:
        if isinstance(need, Permission):
            who.require(need)

    return admit


def _own(request: Request) -> None:
    if request.method not in SAFE_METHODS and forms.foreign(request):
        raise ForbiddenError("请求", "来自其他网站的页面", "请直接打开本系统的页面操作")


class PageRoute(APIRoute):
    """A route whose need was declared by `Pages`; what was shown to somebody is noted unless it says nothing."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        declared = options["openapi_extra"]
        self.need: Need = declared[_NEED]
        self.noted: bool = declared[_NOTED]
        guards = [Depends(_own)]
        if self.need != Open.PUBLIC:
            guards.append(Depends(_admit(self.need)))
        options["dependencies"] = [*guards, *(options.get("dependencies") or ())]
        options["response_model"] = None
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """As FastAPI's, with an entry in the log before anything is answered."""
        handle = super().get_route_handler()
        (method,) = self.methods or {""}

        async def noted(request: Request) -> Response:
            try:
                response = await handle(request)
            except ServiceError as problem:
                await run_in_threadpool(note_refusal, request, f"{method} {self.path}", problem)
                raise
            finally:
                await request.close()  # the files of a form
            if self.noted and getattr(request.state, "who", None) is not None:
                await run_in_threadpool(note, request, f"{method} {self.path}")
            return response

        return noted


class Pages:
    """The routes of a page. Nothing can be added without saying what it needs.

    `noted` is false where nothing of anybody is shown or changed.
    """

    def __init__(self) -> None:
        self.routes = APIRouter(route_class=PageRoute, include_in_schema=False)

    def get(self, path: str, need: Need, *, noted: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A page to look at."""
        return self.routes.get(path, openapi_extra={_NEED: need, _NOTED: noted})

    def post(self, path: str, need: Need, *, noted: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A form that is sent."""
        return self.routes.post(path, openapi_extra={_NEED: need, _NOTED: noted})
