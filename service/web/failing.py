"""Errors: as pages where a person looks, as problems where a program asked."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from service.api import problems, services
from service.api.access import ROUTES, V1
from service.api.problems import Told
from service.auth import identity
from service.errors import PasswordDueError, ServiceError, SignInError, StaleFormError
from service.web import forms, lost, telling
from service.web.rendering import MESSAGES, page, part

_OF_PROGRAMS: Final = frozenset(route.partition(" ")[2] for route in ROUTES)


def install(app: FastAPI) -> None:
    """Let people see pages where an error happens; programs get what they got."""
    for kind in problems.HANDLED:
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, problem: Exception) -> Response:
    path = request.url.path
    if path.startswith(V1) or path in _OF_PROGRAMS:
        return problems.answer(problems.tell(problem))
    try:
        return await _as_page(request, problem)
    finally:
        await request.close()  # the files of a form


async def _as_page(request: Request, problem: Exception) -> Response:
    if isinstance(problem, SignInError):
        return await lost.sign_in_first(request)
    if isinstance(problem, PasswordDueError):
        return RedirectResponse("/password", 303)
    if isinstance(problem, StaleFormError) and not forms.foreign(request):
        return await lost.send_again(request)
    if isinstance(problem, HTTPException):
        await run_in_threadpool(_recognise, request)
    return failed(request, telling.tell(problem))


def _recognise(request: Request) -> None:
    """Find out who looks at an address that no route has, so that the page shows the way back; nobody is no fault."""
    token = request.cookies.get(identity.COOKIE)
    if token is None or hasattr(request.state, "who"):
        return
    wired = services.of(request)
    with suppress(ServiceError):
        request.state.who = identity.of_cookie(wired.database, token, wired.settings.session_idle, active=False)


def failed(request: Request, told: Told) -> Response:
    """Answer with an error as a page, or as a message where a script asked."""
    if lost.by_script(request):
        return part(request, "part_problem.html", status=told.status, place=MESSAGES, told=told)
    response = page(request, "problem.html", status=told.status, told=told)
    response.headers.update(told.headers)
    return response
