"""Several jobs at a time: results in order, an error is its job's own, and who leaves early leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from itertools import count

import pytest

from speechaudit.crew import Crew

PATIENCE = 60


def names() -> set[str]:
    return {thread.name.partition("_")[0] for thread in threading.enumerate()}


def test_results_come_in_order_whichever_job_is_done_first() -> None:
    second = threading.Event()

    def work(job: int) -> int:
        if job == 1:
            second.set()
        else:
            assert second.wait(PATIENCE)  # the first is done only when the second is: both are under way at once
        return 10 * job

    with Crew(work, 2) as crew:
        assert [(job, result()) for job, result in crew.results(range(4))] == [(0, 0), (1, 10), (2, 20), (3, 30)]
    assert "recording" not in names()


def test_one_at_a_time_is_done_where_it_is_asked_for() -> None:
    def work(_job: int) -> threading.Thread:
        return threading.current_thread()

    with Crew(work, 1) as crew:
        assert {result() for _, result in crew.results(range(3))} == {threading.current_thread()}


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_job_that_fails_is_no_matter_of_the_others(at_once: int) -> None:
    def work(job: int) -> float:
        return 6 / job

    def told(result: Callable[[], float]) -> float | str:
        try:
            return result()
        except ZeroDivisionError as problem:
            return str(problem)

    with Crew(work, at_once) as crew:
        assert [told(result) for _, result in crew.results([1, 0, 3])] == [6.0, "division by zero", 2.0]


def test_jobs_without_end_are_begun_as_their_results_are_taken() -> None:
    begun: list[int] = []
    with Crew(begun.append, 2) as crew:
        results = crew.results(count())
        for number in range(40):
            assert next(results)[0] == number
            assert len(begun) <= number + 17


def test_who_leaves_early_gets_what_is_done_and_waits_for_no_job() -> None:
    begun = threading.Barrier(3)
    ended: list[int] = []

    def work(job: int) -> int:
        tell = crew.stoppable(lambda _: None)
        if job == 0:
            return 7
        begun.wait(PATIENCE)
        try:
            for _ in iter(lambda: threading.Event().wait(0.001), True):
                tell(0.5)
        except CancelledError:
            ended.append(job)
            raise
        return job

    with Crew(work, 2) as crew:
        results = crew.results([0, 1, 2, 3])
        job, result = next(results)
        begun.wait(PATIENCE)
        assert (job, result()) == (0, 7)
        assert list(crew.done()) == []
    assert sorted(ended) == [1, 2]
    assert "recording" not in names()
