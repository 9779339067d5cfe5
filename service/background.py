"""What runs beside the requests, again and again: no single bad item ends it, and everybody can see how it fares."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from service.errors import ServiceError

log = logging.getLogger(__name__)
State = Literal["ok", "failing", "stuck", "stopped"]
Round = Callable[[], object]
_PATIENCE: Final = 600.0  # seconds that a round may take before it counts as stuck


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopHealth:
    """How a part fares. `problem` is why its last round failed, `failures` how many did, `restarts` of its thread."""

    name: str
    state: State
    failures: int = 0
    restarts: int = 0
    problem: str = ""


class Duty:
    """A round of work that may fail: then it is noted, and the next one is tried like the first."""

    def __init__(self, name: str, work: Round, patience: float = _PATIENCE) -> None:
        self.name = name
        self._work, self._patience = work, patience
        self._failures, self._problem = 0, ""
        self._began: float | None = None

    def run(self) -> bool:
        """Do a round, and give whether there was something to do. Nothing is raised."""
        self._began = time.monotonic()
        try:
            done = bool(self._work())
        except ServiceError as problem:
            log.warning("%s waits: %s", self.name, problem)
            self._failed(str(problem))
        except Exception as problem:  # whatever one item does, the others are still to be done
            log.exception("a round of %s failed", self.name)
            self._failed(type(problem).__name__)
        else:
            self._problem = ""
            return done
        finally:
            self._began = None
        return False

    def _failed(self, problem: str) -> None:
        self._failures += 1
        self._problem = problem

    @property
    def standing(self) -> LoopHealth:
        """How it fares."""
        began = self._began
        stuck = began is not None and time.monotonic() - began > self._patience
        state: State = "stuck" if stuck else "failing" if self._problem else "ok"
        return LoopHealth(name=self.name, state=state, failures=self._failures, problem=self._problem)


class Loop:
    """A duty in a thread of its own, from `start` to `stop`: a round, a pause unless there is more, the next round."""

    def __init__(self, duty: Duty, pause: float, *, after_failure: float | None = None) -> None:
        self._duty, self._pause = duty, pause
        self._after_failure = pause if after_failure is None else after_failure
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._restarts = 0

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=self._duty.name, daemon=True)
        self._thread.start()

    def stop(self, patience: float | None = None) -> None:
        """End after the round that is under way, or leave it alone after so many seconds."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(patience)

    def _run(self) -> None:
        while not self._over.is_set():
            if not self._duty.run():
                self._over.wait(self._after_failure if self._duty.standing.problem else self._pause)

    @property
    def standing(self) -> LoopHealth:
        """How it fares. Whoever asks starts a thread that died again: what ends one is no exception of ours."""
        known = self._duty.standing
        if self._thread is None or self._over.is_set():
            return LoopHealth(name=known.name, state="stopped")
        if not self._thread.is_alive():
            self._restarts += 1
            log.error("%s had died and begins again", known.name)
            self.start()
        return LoopHealth(
            name=known.name,
            state=known.state,
            failures=known.failures,
            restarts=self._restarts,
            problem=known.problem,
        )


@dataclass(slots=True)
class Loops:
    """All parts of this process."""

    _parts: list[Loop] = field(default_factory=list)

    def add(self, *parts: Loop) -> None:
        """Let more be seen."""
        self._parts += parts

    def remove(self, part: Loop) -> None:
        """Let one be seen no more."""
        self._parts.remove(part)

    def start(self) -> None:
        """Begin all."""
        for each in self._parts:
            each.start()

    def stop(self, patience: float | None = None) -> None:
        """End all, the last first; wait so many seconds for each."""
        for each in reversed(tuple(self._parts)):
            each.stop(patience)

    def __iter__(self) -> Iterator[LoopHealth]:
        return (each.standing for each in tuple(self._parts))
