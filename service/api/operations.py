"""For those who keep the service running: is it alive, is it ready, how does it fare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from pydantic import Field

from service.api.access import router
from service.api.problems import responses
from service.api.schemas import Out
from service.api.services import Services, Wired
from service.background import State
from service.errors import UnavailableError
from service.store import figures, intake, recordings, workers
from service.store.base import clock
from service.store.workers import Worker

routes = router("运行", prefix="")


class Health(Out):
    """That it is."""

    status: Annotated[str, Field(examples=["ok"])]


class Readiness(Health):
    """That it is, and how its parts fare."""

    parts: Annotated[
        dict[str, State],
        Field(description="在后台运行的部分:ok 正常,failing 上一轮失败、还会再试,stuck 太久没有做完,stopped 没有运行"),
    ]


@routes.get("/healthz", summary="程序在运行")
def healthz() -> Health:
    """程序能够应答。"""
    return Health(status="ok")


@routes.get("/readyz", summary="可以接收请求", responses=responses(503))
def readyz(services: Wired) -> Readiness:
    """数据库和录音存储都能用,后台的部分没有卡住;否则 503。只是上一轮失败的部分列在 parts 里。"""
    services.database.check()
    services.audio.check()
    parts = {each.name: each.state for each in services.parts}
    if stuck := [name for name, state in parts.items() if state == "stuck"]:
        raise UnavailableError("后台", f"卡住了({'、'.join(stuck)})", "请查看日志,然后重启服务")
    return Readiness(status="ok", parts=parts)


@routes.get(
    "/metrics",
    summary="运行指标(Prometheus)",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"example": "speechaudit_recordings_queued 3.0\n"}}}, **responses(503)},
)
def metrics(services: Wired) -> Response:
    """队列长度、最早的等待时间、失败原因、每秒处理的音频秒数。"""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(services))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    """Read from the database, so that they are the same whichever process answers; but for the parts of this one."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Queue and workers."""
        with self._services.database.read() as session:
            moment = clock(session)
            queue = recordings.queue(session)
            causes = figures.failures(session)
            waiting = intake.count(session)
            crew = workers.workers(session)
            alive = workers.alive(session, self._services.settings.dead_after_seconds)
        yield from self._parts(alive)
        yield GaugeMetricFamily("speechaudit_intake_pending", "Recordings that wait for a person.", waiting)
        age = (moment - queue.oldest).total_seconds() if queue.oldest else 0.0
        yield GaugeMetricFamily("speechaudit_recordings_queued", "Recordings that wait.", queue.queued)
        yield GaugeMetricFamily("speechaudit_recordings_running", "Recordings being audited.", queue.running)
        yield GaugeMetricFamily("speechaudit_oldest_wait_seconds", "Age of the oldest waiting recording.", age)
        failed = GaugeMetricFamily("speechaudit_recordings_failed", "Recordings that failed.", labels=["cause"])
        for cause, count in causes.items():
            failed.add_metric([cause], count)
        yield failed
        yield GaugeMetricFamily("speechaudit_workers_alive", "Workers with a heartbeat.", len(alive))
        for name, meaning in _WORKED.items():
            done = CounterMetricFamily(f"speechaudit_worker_{name}", meaning, labels=["worker"])
            for worker in crew:
                done.add_metric([worker.id], getattr(worker, name))
            yield done

    def _parts(self, alive: Sequence[Worker]) -> Iterator[Metric]:
        """Yield how the parts of this process are, and those of the workers, who tell it with their heartbeat."""
        up = GaugeMetricFamily("speechaudit_part_ok", "Whether its last round succeeded.", labels=["part", "worker"])
        failures = CounterMetricFamily("speechaudit_part_failures", "Rounds that failed.", labels=["part"])
        restarts = CounterMetricFamily("speechaudit_part_restarts", "Threads that died.", labels=["part"])
        for each in self._services.parts:
            up.add_metric([each.name, ""], each.state == "ok")
            failures.add_metric([each.name], each.failures)
            restarts.add_metric([each.name], each.restarts)
        for worker in alive:
            for name, state in worker.parts.items():
                up.add_metric([name, worker.id], state == "ok")
        yield from (up, failures, restarts)


_WORKED = {
    "recordings": "Recordings heard.",
    "audio_seconds": "Seconds of audio heard; its rate is the throughput.",
    "busy_seconds": "Seconds spent hearing.",
}
