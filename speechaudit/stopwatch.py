"""How long each stage of the work took, by the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class Stopwatch:
    """Adds up seconds by the name of a stage, in the order in which the stages first came."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside to the stage of this name, also if it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0.0) + time.perf_counter() - began

    @property
    def seconds(self) -> Mapping[str, float]:
        """The seconds of each stage, in milliseconds' precision."""
        return {name: round(spent, 3) for name, spent in self._seconds.items()}
