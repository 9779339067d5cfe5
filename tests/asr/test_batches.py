"""Work that the memory of a card does not hold is done in smaller batches, and what fails otherwise fails."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from speechaudit.asr.batches import Batches
from speechaudit.errors import ModelError


class Card:
    """Doubles numbers, as many at once as it has room for."""

    def __init__(self, room: int, told: str = "CUDA failed with error out of memory") -> None:
        self.room = room
        self.told = told
        self.asked: list[int] = []

    def work(self, items: Sequence[int]) -> list[int]:
        self.asked.append(len(items))
        if len(items) > self.room:
            raise RuntimeError(self.told)
        return [2 * item for item in items]


def test_a_batch_that_the_memory_does_not_hold_becomes_smaller_for_good() -> None:
    card, batches = Card(room=2), Batches(8)
    assert batches.through(card.work, range(6)) == [0, 2, 4, 6, 8, 10]
    assert card.asked == [6, 3, 2, 2, 2]
    assert batches.size == 2


def test_nothing_is_asked_for_nothing() -> None:
    card = Card(room=0)
    assert Batches(8).through(card.work, ()) == card.asked == []


def test_a_card_without_room_for_one_is_told() -> None:
    with pytest.raises(ModelError, match="显存不够"):
        Batches(2).through(Card(room=0).work, range(2))


def test_other_failures_of_the_library_are_not_taken_for_want_of_memory() -> None:
    with pytest.raises(RuntimeError, match="cuBLAS"):
        Batches(2).through(Card(room=0, told="cuBLAS failed").work, range(2))
