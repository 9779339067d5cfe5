"""A recogniser that nobody uses gives its memory back: a card or a small machine has other work at night."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctranslate2.models import Whisper

log = logging.getLogger(__name__)


class Resting:
    """Unloads a model when nobody has used it for `seconds`, and loads it again for whoever comes next."""

    def __init__(self, model: Whisper, seconds: float) -> None:
        self._model = model
        self._seconds = seconds
        self._lock = threading.Lock()
        self._users = 0
        self._timer: threading.Timer | None = None

    @contextmanager
    def used(self) -> Iterator[None]:
        """Hold the model in memory. Raises RuntimeError where it does not fit there any more."""
        with self._lock:
            self._users += 1
            if not self._model.model_is_loaded:
                self._model.load_model()
                log.info("the recogniser is in memory again")
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                self._wait()

    def _wait(self) -> None:
        """Begin to wait anew; an earlier timer finds that it is not the last one."""
        if self._timer:
            self._timer.cancel()
        self._timer = threading.Timer(self._seconds, lambda: self._free(timer))
        timer = self._timer
        timer.daemon = True
        timer.start()

    def _free(self, timer: threading.Timer) -> None:
        with self._lock:
            if self._users or timer is not self._timer or not self._model.model_is_loaded:
                return
            self._model.unload_model()
            log.info("nobody used the recogniser for %.0f s: its memory is given back", self._seconds)
