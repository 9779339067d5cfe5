"""What the load bench writes of a run."""

from __future__ import annotations

from bench.load import SHOWN, UPLOAD, Look, Run, Taken, tables


def test_each_fifth_of_the_time_is_a_row_that_counts_from_the_end_of_warming_up() -> None:
    run = Run("http://127.0.0.1:1")
    run.forgot = 60.0
    run.taken = [Taken(UPLOAD, 60.0 + n / 10, 0.1 if n < 300 else 0.2, answered=n != 7) for n in range(600)]
    run.taken += [Taken(SHOWN, 119.0, 9.0, answered=True)]
    run.looks = [Look(60.0 + n, (100 + n) << 20, 200 << 20, 50 + n, 2 * n) for n in range(60)]
    head, *_, first, second, third, fourth, fifth = tables(run, 31, minutes=1, rate=10).splitlines()
    assert "1 分钟,每秒 10 个录音" in head and "收到推送 31 次" in head
    assert first == "| 0.0–0.2 分 | 100 / 100 毫秒 | — | 1 | 22 | 111 MB | 200 MB | 61 |"
    assert [row.split(" | ")[1] for row in (second, fourth)] == ["100 / 100 毫秒", "200 / 200 毫秒"]
    assert "150 / 200 毫秒" in third
    assert fifth.endswith("| 0 | 22 | 159 MB | 200 MB | 109 |")
