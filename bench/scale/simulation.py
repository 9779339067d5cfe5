"""The queue of the service, event by event: `service/jobs` without database, sound and processes.

What it takes from there: first come first served, `worker_jobs` places in each worker, a look for work every half
second, a second queue beside with one place in each worker, failures that end a job, workers that die and come back and
find their own jobs again, ten starts at most, and storage that is away and waited for.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import simpy

from service.jobs.engine import POLL_SECONDS
from service.jobs.work import MOST_STARTS

State = Literal["waiting", "running", "done", "failed"]
Steps = Generator[simpy.Event, None, None]
# As the steps of the engine are retried: 1, 2, 4 … seconds, ten times in all.
_PATIENCE = tuple(2.0**n for n in range(9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What arrives: `at` in seconds, `work` in seconds of one place; `beside` waits in the other queue."""

    at: float
    work: float
    beside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Crew:
    """Who works. `overhead` are the seconds that a job keeps its place beside its work.

    A worker dies once in `seconds_between_deaths` of work and is back after `restart` seconds. A share `failing` of the
    jobs ends without an audit. The storage is away in the spans of `away`.
    """

    workers: int
    places: int = 1
    overhead: float = 0.0
    poll: float = POLL_SECONDS
    failing: float = 0.0
    seconds_between_deaths: float = 0.0
    restart: float = 15.0
    away: tuple[tuple[float, float], ...] = ()
    beside_apart: bool = True


@dataclass(slots=True)
class Job:
    """One of what arrived, and what became of it. Times are seconds; None is not yet."""

    load: Load
    number: int
    state: State = "waiting"
    began: float | None = None
    ended: float | None = None
    starts: int = 0

    @property
    def sojourn(self) -> float | None:
        """Seconds from arrival to end."""
        return None if self.ended is None else self.ended - self.load.at


@dataclass(slots=True)
class _Line:
    """One queue with its free places: a heap by arrival, for a job that is taken over keeps its place in the line."""

    waiting: list[tuple[float, int, Job]] = field(default_factory=list)
    free: int = 0

    def push(self, job: Job) -> None:
        """Let a job wait."""
        heapq.heappush(self.waiting, (job.load.at, job.number, job))


class Simulation:
    """One run, from second 0 to `until`; the same seed gives the same run."""

    def __init__(self, loads: Sequence[Load], crew: Crew, seed: int = 1) -> None:
        self._world = simpy.Environment()
        self._crew = crew
        self._chance = random.Random(seed)
        self.jobs = tuple(Job(load, n) for n, load in enumerate(sorted(loads, key=lambda load: load.at)))
        places = crew.workers * crew.places
        self._lines = {False: _Line(free=places), True: _Line(free=crew.workers if crew.beside_apart else 0)}
        self._bells = {each: self._world.event() for each in self._lines}

    def run(self, until: float) -> tuple[Job, ...]:
        """Let it happen, and return all jobs."""
        self._world.process(self._arrivals())
        for beside in self._lines:
            self._world.process(self._handing_out(beside))
        self._world.run(until)
        return tuple(job for job in self.jobs if job.load.at <= until)

    def _arrivals(self) -> Steps:
        for job in self.jobs:
            yield self._world.timeout(job.load.at - self._world.now)
            self._wait(job)

    def _wait(self, job: Job) -> None:
        job.state = "waiting"
        which = job.load.beside and self._crew.beside_apart
        self._lines[which].push(job)
        self._ring(which)

    def _ring(self, which: bool) -> None:
        if not self._bells[which].triggered:
            self._bells[which].succeed()

    def _handing_out(self, which: bool) -> Steps:
        """Whoever of the free workers looks first takes the oldest job: with n of them that is the least of n waits."""
        line = self._lines[which]
        while True:
            if not line.waiting or not line.free:
                yield self._bells[which]
                self._bells[which] = self._world.event()
                continue
            idle = max(1, line.free // self._crew.places)
            yield self._world.timeout(self._crew.poll * (1 - self._chance.random() ** (1 / idle)))
            if line.waiting and line.free:
                line.free -= 1
                self._world.process(self._working(heapq.heappop(line.waiting)[2], which))

    def _working(self, job: Job, which: bool) -> Steps:
        job.state, job.starts = "running", job.starts + 1
        job.began = self._world.now if job.began is None else job.began
        if job.starts > MOST_STARTS:
            self._over(job, "failed")
        elif (life := self._life()) < job.load.work:
            yield self._world.timeout(life)
            self._world.process(self._taken_over(job, which))
            return
        else:
            yield from self._until_storage_is_there(job)
            if job.state == "running":
                yield self._world.timeout(job.load.work + self._crew.overhead)
                self._over(job, "failed" if self._chance.random() < self._crew.failing else "done")
        self._freed(which)

    def _life(self) -> float:
        mean = self._crew.seconds_between_deaths
        return self._chance.expovariate(1 / mean) if mean else float("inf")

    def _taken_over(self, job: Job, which: bool) -> Steps:
        """The worker comes back under its name and finds its job; its place is lost meanwhile."""
        yield self._world.timeout(self._crew.restart)
        self._wait(job)
        self._freed(which)

    def _until_storage_is_there(self, job: Job) -> Steps:
        for pause in _PATIENCE:
            if not self._is_away():
                return
            yield self._world.timeout(pause)
        if self._is_away():
            self._over(job, "failed")

    def _is_away(self) -> bool:
        return any(start <= self._world.now < end for start, end in self._crew.away)

    def _over(self, job: Job, state: State) -> None:
        job.state, job.ended = state, self._world.now

    def _freed(self, which: bool) -> None:
        self._lines[which].free += 1
        self._ring(which)


def counted(jobs: Sequence[Job]) -> dict[State, int]:
    """How many jobs are in each state."""
    states: tuple[State, ...] = ("waiting", "running", "done", "failed")
    return {state: sum(job.state == state for job in jobs) for state in states}


def sojourns(jobs: Sequence[Job], *, beside: bool = False) -> list[float]:
    """Seconds from arrival to end of all that ended, the shortest first."""
    return sorted(each.sojourn for each in jobs if each.load.beside == beside and each.sojourn is not None)
