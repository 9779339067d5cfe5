"""How far the job of a recording is: asked for once, or told as it goes on (server-sent events)."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Final, get_args

from fastapi import Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from service.api.access import Who, router, who
from service.api.problems import responses
from service.api.schemas import Number, ProgressOut, StageOut
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.permissions import Permission
from service.errors import ServiceError, ThrottledError
from service.store import recordings
from service.store.recordings import Progress, Stage
from speechaudit.privacy import masked_text

routes = router("录音")
_STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
_OVER: Final = frozenset({"done", "failed"})
_LOOK_SECONDS: Final = 0.5
# Browsers come back by themselves; a service that stops does not wait for ever.
_LONGEST_SECONDS: Final = 600.0
MOST_WATCHED: Final = 20  # by one person or key: each asks the database twice a second
_watching: Final[Counter[str]] = Counter()
_counting: Final = threading.Lock()


def _visible(services: Wired, who: Who, recording_id: Number) -> int:
    with services.database.read() as session:
        return rows.recording(session, who, recording_id).id


Visible = Annotated[int, Depends(_visible)]


def _turn(asking: Who) -> Iterator[None]:
    """Take one of the few turns that each may have at once, and give it back. Raises ThrottledError."""
    with _counting:
        if _watching[asking.source] >= MOST_WATCHED:
            raise ThrottledError("进度", f"已有 {MOST_WATCHED} 个窗口在看", "请关闭不用的,或改用不持续的处理进度")
        _watching[asking.source] += 1
    try:
        yield
    finally:
        with _counting:
            _watching[asking.source] -= 1
            if not _watching[asking.source]:
                del _watching[asking.source]


Turn = Annotated[None, Depends(_turn)]


@routes.get("/recordings/{recording_id}/progress", summary="处理进度", responses=responses(404))
def get_progress(services: Wired, recording_id: Visible) -> ProgressOut:
    """处理到了哪一步。"""
    return _now(services, recording_id)


def _now(services: Services, recording_id: int) -> ProgressOut:
    with services.database.read() as session:
        standing = recordings.progress_of(session, recording_id)
    stages = [StageOut(stage=stage, state=_state(standing, stage)) for stage in _STAGES]
    return ProgressOut(
        id=standing.id,
        status=standing.status,
        progress=standing.progress,
        failure=standing.failure and masked_text(standing.failure),
        failure_code=standing.failure_code,
        failure_english=standing.failure_english and masked_text(standing.failure_english),
        stages=stages,
    )


def _state(standing: Progress, stage: Stage) -> str:
    here, there = _STAGES.index(standing.stage), _STAGES.index(stage)
    if there != here or standing.status == "done":
        return "done" if there <= here else "waiting"
    return "failed" if standing.status == "failed" else "running"


@routes.get(
    "/recordings/{recording_id}/events",
    summary="处理进度(持续)",
    response_class=EventSourceResponse,
    responses=responses(404, 429),
)
async def watch_progress(
    request: Request, services: Wired, recording_id: Visible, _: Turn
) -> AsyncIterator[ServerSentEvent]:
    """每有变化即发送一次 `progress` 事件,内容同处理进度;完成、失败或退出登录后结束。每人同时至多 20 个。"""
    until = time.monotonic() + _LONGEST_SECONDS
    last: ProgressOut | None = None
    while time.monotonic() < until:
        try:
            standing = await run_in_threadpool(_still, request, services, recording_id)
        except ServiceError:  # signed out, of another role by now, or the recording is deleted
            return
        if standing != last:
            yield ServerSentEvent(data=standing, event="progress")
            last = standing
        if standing.status in _OVER:
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _still(request: Request, services: Services, recording_id: int) -> ProgressOut:
    """Return how far it is for whoever may see that still. Raises SignInError, ForbiddenError, NotFoundError."""
    asking = who(request, services)
    asking.require(Permission.RECORDINGS_READ)
    return _now(services, _visible(services, asking, recording_id))
