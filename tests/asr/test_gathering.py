"""What several threads bring goes together, what fails is told to its owner alone, and no thread is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from speechaudit.asr.gathering import Gatherer
from speechaudit.errors import ModelError

PATIENCE = 60  # seconds after which something hangs
Heard = Gatherer[int, int]


class Card:
    """Doubles numbers, as many at once as it has room for; what is negative it cannot take. It waits to be let go."""

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.asked: list[list[int]] = []
        self.began = threading.Semaphore(0)
        self.free = threading.Event()

    def work(self, items: Sequence[int]) -> list[int]:
        self.asked.append(list(items))
        self.began.release()
        assert self.free.wait(PATIENCE)
        if len(items) > self.room:
            raise RuntimeError("CUDA failed with error out of memory")
        if min(items) < 0:
            raise ValueError(f"cannot hear {min(items)}")
        return [2 * item for item in items]


@pytest.fixture
def card() -> Card:
    return Card()


@pytest.fixture
def streams() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1, "stream") as pool:
        yield pool
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stream")]


def brought(gatherer: Heard, card: Card, *each: Sequence[int]) -> list[Callable[[], list[int]]]:
    """What threads get that bring these items, all of them while the card is busy with the first one."""
    with ThreadPoolExecutor(len(each)) as owners:
        found: list[Callable[[], list[int]]] = []
        for number, items in enumerate(each):
            found.append(partial(owners.submit(gatherer.through, items).result, PATIENCE))
            if number == 0:
                assert card.began.acquire(timeout=PATIENCE)
            while gatherer.waiting < sum(map(len, each[1 : number + 1])):
                threading.Event().wait(0.001)
        card.free.set()
    return found


def test_what_waits_while_the_card_is_busy_goes_together(card: Card, streams: ThreadPoolExecutor) -> None:
    gatherer = Gatherer(card.work, 4, lambda _: 0, streams)
    found = brought(gatherer, card, [0], [1, 2], [3], [4, 5, 6])
    assert [each() for each in found] == [[0], [2, 4], [6], [8, 10, 12]]
    assert card.asked == [[0], [1, 2, 3, 4], [5, 6]]


def test_a_batch_holds_one_kind_and_the_others_keep_their_places(card: Card, streams: ThreadPoolExecutor) -> None:
    gatherer = Gatherer(card.work, 2, lambda item: item % 2, streams)
    found = brought(gatherer, card, [0], [1, 2, 4], [3, 6, 5])
    assert [each() for each in found] == [[0], [2, 4, 8], [6, 12, 10]]
    assert card.asked == [[0], [1, 3], [2, 4], [6], [5]]


def test_want_of_memory_makes_batches_smaller_for_all(card: Card, streams: ThreadPoolExecutor) -> None:
    card.room = 2
    gatherer = Gatherer(card.work, 8, lambda _: 0, streams)
    found = brought(gatherer, card, [0], [1, 2], [3, 4, 5])
    assert [each() for each in found] == [[0], [2, 4], [6, 8, 10]]
    assert [len(items) for items in card.asked] == [1, 5, 3, 2, 2, 1]
    assert gatherer.size == 2


def test_a_card_without_room_for_one_is_told_to_each(card: Card, streams: ThreadPoolExecutor) -> None:
    card.room = 0
    for each in brought(Gatherer(card.work, 2, lambda _: 0, streams), card, [0], [1], [2]):
        with pytest.raises(ModelError, match="显存不够"):
            each()


def test_what_fails_is_told_to_its_owner_alone(card: Card, streams: ThreadPoolExecutor) -> None:
    first, good, bad, other = brought(Gatherer(card.work, 8, lambda _: 0, streams), card, [0], [1], [2, -3], [4])
    assert (first(), good(), other()) == ([0], [2], [8])
    with pytest.raises(ValueError, match="cannot hear -3"):
        bad()
    assert card.asked == [[0], [1, 2, -3, 4], [1], [2], [-3], [4]]


def test_of_an_owner_that_failed_nothing_more_is_computed(card: Card, streams: ThreadPoolExecutor) -> None:
    gatherer = Gatherer(card.work, 1, lambda _: 0, streams)
    card.free.set()
    with pytest.raises(ValueError, match="cannot hear -1"):
        gatherer.through([-1, 2, 3, 4, 5, 6, 7, 8])
    assert gatherer.through([9]) == [18]
    assert gatherer.waiting == 0


def test_streams_that_were_ended_leave_nobody_waiting(card: Card) -> None:
    streams = ThreadPoolExecutor(1)
    gatherer = Gatherer(card.work, 4, lambda _: 0, streams)
    streams.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        gatherer.through([1, 2])


def test_two_streams_work_at_once(card: Card) -> None:
    with ThreadPoolExecutor(2) as streams:
        gatherer = Gatherer(card.work, 1, lambda _: 0, streams)
        with ThreadPoolExecutor(1) as owner:
            found = owner.submit(gatherer.through, [1, 2])
            assert card.began.acquire(timeout=PATIENCE)
            assert card.began.acquire(timeout=PATIENCE)  # the second began before the first was done
            card.free.set()
            assert found.result() == [2, 4]


def test_without_streams_each_thread_does_its_own(card: Card) -> None:
    gatherer = Gatherer(card.work, 2, lambda item: item % 2)
    card.free.set()
    assert gatherer.through([1, 2, 3]) == [2, 4, 6]
    assert card.asked == [[1, 2], [3]]
