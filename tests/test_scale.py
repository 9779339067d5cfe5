"""The simulation of the queue: nothing gets lost in it, more workers wait less, and the page holds what it computes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench import marked
from bench.scale import days, measured, page, sums
from bench.scale.simulation import Crew, Load, Simulation, counted, sojourns

SMALL = sums.Size(name="small", windows=2)
ASSUMED = sums.Assumed()
EIGHT = 8 * 3600.0
TROUBLED = Crew(
    workers=2, failing=0.1, seconds_between_deaths=600, away=((10 * 3600.0, 10 * 3600.0 + 1200),), restart=15
)


def day(windows: float = 2, work: float = 0.15) -> list[Load]:
    return sums.working_day(windows, work, ASSUMED)


def waited(crew: Crew, loads: list[Load]) -> float:
    return sum(sojourns(Simulation(loads, crew).run(48 * 3600)))


@pytest.mark.parametrize("until", [EIGHT, 11 * 3600.0, 13 * 3600.0, 48 * 3600.0])
@pytest.mark.parametrize("crew", [Crew(workers=1), Crew(workers=3, places=2), TROUBLED], ids=["one", "six", "troubled"])
def test_what_arrived_is_done_or_failed_or_waits(crew: Crew, until: float) -> None:
    loads = [*day(), Load(at=10 * 3600.0, work=3000, beside=True)]
    arrived = sum(load.at <= until for load in loads)
    counts = counted(Simulation(loads, crew).run(until))
    assert sum(counts.values()) == arrived
    assert counts["running"] <= crew.workers * crew.places + crew.workers
    if until == 48 * 3600:
        assert counts["waiting"] == counts["running"] == 0
        assert (counts["failed"] > 0) == (crew is TROUBLED)


def test_more_workers_wait_less_and_more_work_waits_longer() -> None:
    waits = [waited(Crew(workers=n), day(8, 0.3)) for n in (2, 4, 8, 16)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > 10 * waits[-1]
    heavier = [waited(Crew(workers=2), day(8, work)) for work in (0.05, 0.1, 0.2, 0.4)]
    assert heavier == sorted(heavier)


def test_one_worker_takes_what_comes_in_its_order_and_looks_every_half_second() -> None:
    jobs = Simulation([Load(at=0, work=10), Load(at=1, work=10), Load(at=2, work=10)], Crew(workers=1)).run(100)
    assert [job.state for job in jobs] == ["done"] * 3
    began, ended = [job.began or 0.0 for job in jobs], [job.ended or 0.0 for job in jobs]
    assert 0 <= began[0] <= 0.5
    assert all(0 <= began[n + 1] - ended[n] <= 0.5 for n in range(2))


def test_a_long_reaudit_keeps_recordings_waiting_only_in_the_same_line() -> None:
    batch = Load(at=9 * 3600.0, work=4 * 3600.0, beside=True)
    crew = Crew(workers=1)
    alone, beside = waited(crew, day()), waited(crew, [*day(), batch])
    assert waited(replace(crew, beside_apart=False), [*day(), batch]) > 10 * beside
    assert beside == pytest.approx(alone, rel=0.05)


def test_what_kills_its_worker_each_time_is_given_up_and_the_line_goes_on() -> None:
    crew = Crew(workers=1, seconds_between_deaths=1.0)
    jobs = Simulation([Load(at=0, work=1e9), Load(at=1, work=0.001)], crew).run(3600)
    assert [job.state for job in jobs] == ["failed", "done"]


def test_the_page_holds_what_is_computed_and_foretells_the_real_run() -> None:
    known = measured.load()
    page.tables(known, sizes=(SMALL,), simulated=(SMALL,))
    for run in days.foretold(known):
        assert run.number == len(known.queueing.runs[0].arrivals)
        assert run.foretold[0] == pytest.approx(run.seen[0], rel=0.35)
    text = page.PAGE.read_text(encoding="utf-8")
    assert f"{known.hearing.counter:.3f} 秒" in text


def test_what_a_size_takes_grows_with_it() -> None:
    known = measured.load()
    small, large = (sums.needs(replace(SMALL, windows=n), known, ASSUMED) for n in (50, 5000))
    for name in ("hours", "core_hours", "database_bytes", "audio_bytes", "connections", "findings_per_month"):
        assert getattr(large, name) >= 50 * getattr(small, name) > 0
    worst = [sums.reached(replace(SMALL, windows=n), known, ASSUMED, sums.Bounds())[0].share for n in (50, 5000)]
    assert worst[0] < 1 < worst[1]


def test_tables_are_put_between_the_marks_of_their_command_only(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("before\n<!-- 以下由 make x 写入 -->\nold\n<!-- 以上由 make x 写入 -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        marked.put(path, "make x", "| new |\n")
        text = path.read_text(encoding="utf-8")
        assert text == "before\n<!-- 以下由 make x 写入 -->\n\n| new |\n\n<!-- 以上由 make x 写入 -->\nafter\n"
    with pytest.raises(ValueError, match="no marks of make y"):
        marked.put(path, "make y", "")
