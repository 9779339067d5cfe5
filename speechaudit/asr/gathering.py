"""Work of several threads done together: what waits while a card is busy makes its next batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from speechaudit.asr.batches import Batches

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, eq=False)
class _Queued(Generic[Item, Found]):
    """An item in the queue, and what its owner waits for."""

    item: Item
    future: Future[Found] = field(default_factory=Future)


class Gatherer(Generic[Item, Found]):
    """Does items of many threads in batches of one `kind`, in the threads of `streams`; without any, each its own.

    Dynamic batching as in NVIDIA's Triton server, without its delay: a stream that is free takes what waits, and while
    all are busy the next batch fills. Memory is bounded, since a thread waits for its items before it brings more.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Found]],
        size: int,
        kind: Callable[[Item], Hashable],
        streams: Executor | None = None,
    ) -> None:
        """Do `work` with at most `size` items of a kind; fewer for good where memory does not hold them."""
        self._work = work
        self._kind = kind
        self._streams = streams
        self._batches = Batches(size)
        self._waiting: deque[_Queued[Item, Found]] = deque()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """How many items go through at once."""
        return self._batches.size

    @property
    def waiting(self) -> int:
        """How many items no stream has taken yet."""
        return len(self._waiting)

    def through(self, items: Sequence[Item]) -> list[Found]:
        """Return what `work` finds for each item, in their order.

        Raises ModelError where the memory does not hold a single one; other errors of `work` go through, each to the
        thread whose item it was.
        """
        if self._streams is None:
            return self._batches.through(self._work, items)
        places: list[_Queued[Item, Found]] = [_Queued(item) for item in items]
        with self._lock:
            self._waiting += places
        try:
            for _ in places:  # the first that finds a free stream takes them all, and the others find nothing
                self._streams.submit(self._next)
            return [place.future.result() for place in places]
        finally:
            for place in places:  # of an owner that failed, nothing more is computed
                place.future.cancel()

    def _next(self) -> None:
        """Do the items that have waited longest, and those of their kind."""
        if some := self._taken():
            self._done(some)

    def _taken(self) -> list[_Queued[Item, Found]]:
        some: list[_Queued[Item, Found]] = []
        others: deque[_Queued[Item, Found]] = deque()
        with self._lock:
            while self._waiting and len(some) < self.size:
                place = self._waiting.popleft()
                alike = not some or self._kind(place.item) == self._kind(some[0].item)
                if not alike:
                    others.append(place)
                elif place.future.set_running_or_notify_cancel():
                    some.append(place)
            self._waiting.extendleft(reversed(others))
        return some

    def _done(self, some: Sequence[_Queued[Item, Found]]) -> None:
        try:
            found = list(zip(some, self._batches.through(self._work, [each.item for each in some]), strict=True))
        except Exception as problem:  # noqa: BLE001 - raised where somebody waits for it
            if len(some) == 1:
                some[0].future.set_exception(problem)
            else:  # one item may be at fault, and the others are not its owner's
                for place in some:
                    self._done([place])
        else:
            for place, one in found:
                place.future.set_result(one)
