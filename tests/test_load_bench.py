"""What the load bench writes of a run, and when it says that something grows."""

from __future__ import annotations

import pytest

from bench.load import load_of
from bench.trends import SHOWN, TOLD, UPLOAD, Look, Run, Taken, flat, grown, tables


def run_of(minutes: int, *, more_each_minute: float = 0.0, answered: bool = True) -> Run:
    run = Run("http://127.0.0.1:1")
    run.forgot = 60.0
    for second in range(60 * minutes):
        at, slower = 60.0 + second, 1 + more_each_minute * (second // 60)
        run.taken.append(Taken(UPLOAD, at, 0.1 * slower, answered=answered or second != 7))
        run.taken.append(Taken(SHOWN, at, 0.2, answered=True))
        run.looks.append(Look(at, int((100 + second / 60) * (1 << 20)), 200 << 20, 50, 2 * second, waiting=second % 3))
    return run


def test_each_minute_is_a_row_that_counts_from_the_end_of_warming_up() -> None:
    run = run_of(2, answered=False)
    head, *_, first, second = (
        tables(run, f"2 分钟{load_of(1)}收到推送 31 次。", 2).split("\n\n| 从头到尾")[0].splitlines()
    )
    assert "2 分钟(开头的一分钟不算),每秒 1 个录音" in head and "收到推送 31 次" in head
    assert first == "| 0–1 | 100 / 100 毫秒 | 200 / 200 毫秒 | — | 1 | 118 | 2 | 101 MB | 200 MB | 50 |"
    assert second.startswith("| 1–2 | 100 / 100 毫秒") and second.endswith("| 102 MB | 200 MB | 50 |")


@pytest.mark.parametrize(("more", "answered", "expected"), [(0.0, True, True), (0.0, False, False), (0.2, True, False)])
def test_what_grows_or_is_not_answered_is_not_flat(more: float, answered: bool, expected: bool) -> None:
    run = run_of(10, more_each_minute=more, answered=answered)
    assert flat(run) is expected
    assert ("**在长**" in tables(run, "", 10)) is (more > 0)


def test_one_slow_request_is_no_trend() -> None:
    run = run_of(10)
    run.taken.append(Taken(SHOWN, 650.0, 60.0, answered=True))
    assert flat(run)


def test_how_long_a_recording_takes_until_somebody_is_told_is_noted_once() -> None:
    run = Run("http://127.0.0.1:1")
    run.sent[7] = run.now
    for _ in range(2):
        run.told(7)
    run.told(8)
    assert ([each.kind for each in run.taken], run.sent) == ([TOLD], {})
    assert grown(run, TOLD) == (0.0, 0.0, 0.0)
