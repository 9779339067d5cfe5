"""Bounds the refusals of one sender in the log: a flood of them would hide what matters and fill the disk."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Final

_MINUTE: Final = 60.0
_MOST_SOURCES: Final = 1000


@dataclass(slots=True)
class _Source:
    since: float
    entries: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Refusals:
    """Bounds what one sender can write into the log by being refused; what was not written is counted."""

    most: int = 30
    _sources: dict[str, _Source] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, source: str) -> int | None:
        """Return how many refusals of this source were skipped since the last entry; None if this one is skipped."""
        with self._lock:
            at = time.monotonic()
            if len(self._sources) >= _MOST_SOURCES:
                self._sources = {name: each for name, each in self._sources.items() if at - each.since < _MINUTE}
            if len(self._sources) >= _MOST_SOURCES:
                source = ""  # so many at once share one bound
            known = self._sources.setdefault(source, _Source(at))
            if at - known.since >= _MINUTE:
                known.since, known.entries = at, 0
            if known.entries >= self.most:
                known.skipped += 1
                return None
            skipped, known.skipped = known.skipped, 0
            known.entries += 1
            return skipped
