"""Several jobs at a time, each in a thread, with their results in order: a card or many cores have room for more."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from threading import Event
from types import TracebackType
from typing import Generic, Self, TypeVar

Job = TypeVar("Job")
Found = TypeVar("Found")
Progress = Callable[[float], None]
# Results that wait for their turn, for each thread: behind a long job the others go on with short ones.
_AHEAD = 8


class Crew(Generic[Job, Found]):
    """Does jobs `at_once` at a time; a single one in the thread that asks for it.

    Who leaves it early (Ctrl-C) waits only until each job that is under way tells its progress.
    """

    def __init__(self, work: Callable[[Job], Found], at_once: int) -> None:
        self._work = work
        self._at_once = at_once
        self._begun: deque[tuple[Job, Future[Found]]] = deque()
        self._over = Event()

    def __enter__(self) -> Self:
        self._pool = ThreadPoolExecutor(self._at_once, "recording")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._pool.shutdown(cancel_futures=True)

    def stoppable(self, progress: Progress) -> Progress:
        """Return the progress of a job, which raises CancelledError where nobody waits for the job any more."""

        def tell(done: float) -> None:
            if self._over.is_set():
                raise CancelledError
            progress(done)

        return tell

    def results(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Callable[[], Found]]]:
        """Yield each job in its order, with what gives its result, or raises its error."""
        if self._at_once == 1:
            yield from ((job, partial(self._work, job)) for job in jobs)
            return
        for job in jobs:
            self._begun.append((job, self._pool.submit(self._work, job)))
            if len(self._begun) >= _AHEAD * self._at_once:
                yield self._next()
        while self._begun:
            yield self._next()

    def done(self) -> Iterator[tuple[Job, Callable[[], Found]]]:
        """Yield the jobs that are done and were not given yet: for who leaves early."""
        return ((job, future.result) for job, future in tuple(self._begun) if future.done())

    def _next(self) -> tuple[Job, Callable[[], Found]]:
        job, future = self._begun.popleft()
        return job, future.result
