"""What runs beside the requests survives any single bad item, begins again, and shows how it fares."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from service.background import Duty, Loop, LoopHealth
from service.errors import UnavailableError
from service.store import workers
from tests.service.web_kit import Web, text_of


def until(happened: Callable[[], bool]) -> None:
    for _ in range(2000):
        if happened():
            return
        threading.Event().wait(0.01)
    pytest.fail("it did not happen within 20 seconds")


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (UnavailableError("数据库", "不在", "再试"), "数据库:不在。再试"),
        (UnicodeError("label empty or too long"), "UnicodeError"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_a_bad_item_ends_no_part_and_is_seen_until_the_next_good_round(problem: Exception, told: str) -> None:
    items: list[Exception | None] = [problem, None]

    def work() -> None:
        if items and (item := items.pop(0)):
            raise item

    duty = Duty("webhooks", work)
    assert not duty.run()
    assert duty.standing == LoopHealth(name="webhooks", state="failing", failures=1, problem=told)
    assert not duty.run()
    assert duty.standing == LoopHealth(name="webhooks", state="ok", failures=1)


def test_a_round_that_does_not_end_is_stuck() -> None:
    seen: list[str] = []
    duty = Duty("intake a", lambda: seen.append(duty.standing.state), patience=-1.0)
    duty.run()
    assert (seen, duty.standing.state) == (["stuck"], "ok")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_begins_again() -> None:
    rounds: list[int] = []

    def work() -> None:
        rounds.append(1)
        if len(rounds) == 1:
            raise SystemExit

    part = Loop(Duty("reminders", work), 0.01)
    assert part.standing.state == "stopped"
    part.start()
    assert part._thread is not None
    part._thread.join(20)
    assert part.standing.restarts == 1
    until(lambda: len(rounds) > 2)
    part.stop()
    assert part.standing == LoopHealth(name="reminders", state="stopped")


def test_readiness_metrics_and_page_show_how_the_parts_fare(web: Web) -> None:
    blocked, over = threading.Event(), threading.Event()

    def failing() -> None:
        raise ValueError

    def waiting() -> None:
        blocked.set()
        over.wait(60)

    parts = [
        Loop(Duty("reminders", failing), 60),
        Loop(Duty("intake box", waiting), 60),
        Loop(Duty("webhooks", int), 60),
    ]
    web.services.parts.add(*parts)
    with web.db.write() as session:
        workers.register(session, "w", host="h", pid=1, version="1")
        workers.beat(session, "w", {"retention": "failing", "sweep": "ok"})
    web.services.parts.start()
    assert blocked.wait(20)
    until(lambda: parts[0].standing.failures > 0)
    ready = web.client.get("/readyz").json()["parts"]
    assert ready == {"reminders": "failing", "intake box": "ok", "webhooks": "ok"}
    metrics = web.client.get("/metrics", headers=web.headers(None, "metrics:read")).text
    assert 'speechaudit_part_ok{part="reminders",worker=""} 0.0' in metrics
    assert 'speechaudit_part_ok{part="webhooks",worker=""} 1.0' in metrics
    assert 'speechaudit_part_ok{part="retention",worker="w"} 0.0' in metrics
    assert 'speechaudit_part_failures_total{part="reminders"} 1.0' in metrics
    shown = text_of(web.browser("admin").get("/start"))
    assert "“提醒”上一次失败、“保存期限”上一次失败(w)。" in shown
    parts[1]._duty._patience = -1.0
    refused = web.client.get("/readyz")
    assert (refused.status_code, "intake box" in refused.json()["detail"]) == (503, True)
    over.set()
    web.services.parts.stop()
    assert web.client.get("/readyz").json()["parts"]["webhooks"] == "stopped"


def test_nothing_runs_beside_the_requests_of_a_test(web: Web) -> None:
    assert web.client.get("/readyz").json() == {"status": "ok", "parts": {}}
