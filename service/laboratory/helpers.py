"""Processes that compare recordings beside this one: they leave it free for requests, and use every core.

Each reads the rulebook for itself, which takes seconds; until the first one has, and wherever none can start, there is
nobody to help. They are nicer than the service, and end with it, however it ends.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.laboratory.comparing import ComparedPart, Lexicons, RuleComparison
from service.laboratory.labels import KeptLabels, TrialLabels
from service.store import Database

if TYPE_CHECKING:
    from speechaudit.pipeline import Libraries

log = logging.getLogger(__name__)
MOST: Final = 4  # each holds a rulebook, and perhaps a label model: some hundred MB
_NICE: Final = 5
_AHEAD: Final = 2  # parts that wait for each process
# What a process of its own compares by; set once, when it starts.
_own: list[RuleComparison] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialOrder:
    """All that another process needs to judge by the same rule."""

    database: str
    lexicons: Lexicons
    rule: str
    text: str
    libraries: Libraries


class Helpers:
    """The processes of one trial, and the parts that they have, in the order in which they were given."""

    def __init__(self, pool: Executor, number: int) -> None:
        self._pool, self._number = pool, number
        self._ready = [pool.submit(_ready) for _ in range(number)]
        self._given: deque[tuple[Sequence[int], Future[ComparedPart]]] = deque()

    @property
    def ready(self) -> bool:
        """Whether one of them can begin."""
        return any(each.done() and not each.exception() for each in self._ready)

    @property
    def room(self) -> bool:
        """Whether one more part may be given."""
        return len(self._given) < _AHEAD * self._number

    @property
    def waiting(self) -> tuple[int, ...]:
        """The recordings that were given and not taken back."""
        return tuple(each for ids, _ in self._given for each in ids)

    def give(self, recording_ids: Sequence[int], known: Mapping[int, KeptLabels]) -> None:
        """Let one of them compare these. Raises BrokenProcessPool."""
        self._given.append((recording_ids, self._pool.submit(_compared, recording_ids, known)))

    def take(self, patience: float | None = None) -> ComparedPart:
        """Return what the first part brought, nothing where it is not there in so many seconds.

        Raises BrokenProcessPool, IndexError without any part.
        """
        try:
            part = self._given[0][1].result(patience)
        except TimeoutError:
            return ComparedPart(found=(), labels={})
        self._given.popleft()
        return part


@contextmanager
def helping(order: TrialOrder) -> Iterator[Helpers | None]:
    """Give as many processes as there are cores, None where they cannot start; at the end they finish their part."""
    number = min(MOST, len(os.sched_getaffinity(0)))
    spawned = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(number, mp_context=spawned, initializer=_begin, initargs=(order,))
    try:
        yield _started(pool, number)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _started(pool: ProcessPoolExecutor, number: int) -> Helpers | None:
    try:
        return Helpers(pool, number)
    except (OSError, BrokenProcessPool) as problem:
        log.warning("a trial goes on without processes of its own: %s", problem)
        return None


def _begin(order: TrialOrder) -> None:
    """Read the rulebook, once for each process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at the terminal that is for the service, which ends its helpers
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    os.nice(_NICE)
    book = order.lexicons.book(order.rule, order.text)
    _own.append(RuleComparison(Database(order.database), book, order.libraries, TrialLabels()))


def _end_with_parent() -> None:
    """A service that was killed says no goodbye, and a process of a pool would wait for ever."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _ready() -> None:
    """Nothing: that it ran says that the rulebook is read."""


def _compared(recording_ids: Sequence[int], known: Mapping[int, KeptLabels]) -> ComparedPart:
    return _own[0].of(recording_ids, known)
