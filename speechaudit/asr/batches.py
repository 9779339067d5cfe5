"""How many windows go through the recogniser at once: fewer for good where the memory of a card does not hold them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from speechaudit.errors import ModelError

log = logging.getLogger(__name__)
Item = TypeVar("Item")
Found = TypeVar("Found")


class Batches:
    """Cuts work into batches of `size`, which is halved whenever one of them is too large."""

    def __init__(self, size: int) -> None:
        self.size = size

    def through(self, work: Callable[[Sequence[Item]], Sequence[Found]], items: Sequence[Item]) -> list[Found]:
        """Return what `work` finds for each item, in their order.

        Raises ModelError where the memory does not hold a single one; other errors of `work` go through.
        """
        found: list[Found] = []
        while len(found) < len(items):
            some = items[len(found) : len(found) + self.size]
            try:
                found += work(some)
            except RuntimeError as error:  # CTranslate2 knows no other error
                self._use_less(len(some), error)
        return found

    def _use_less(self, count: int, error: RuntimeError) -> None:
        if "out of memory" not in str(error).lower():
            raise error
        if count == 1:
            cure = "请关闭占用显卡的其他程序,或改用较小的模型(--model),或改用 CPU(--device cpu)"
            raise ModelError("GPU", "显存不够,一段声音也放不下", cure) from error
        self.size = min(self.size, (count + 1) // 2)  # another thread may have been short of more
        log.warning("out of memory with %d windows at a time; going on with %d", count, self.size)
