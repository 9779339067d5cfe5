"""Looks every few minutes for what people should be told and nobody did: terms that end, what waits, what is gone."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Final

from service.errors import UnavailableError
from service.settings import Settings
from service.store import Database, telling
from service.store.base import now

log = logging.getLogger(__name__)
_LOOK_SECONDS: Final = 300.0
_BEFORE: Final = timedelta(days=2)


class Reminders:
    """Tells from `start` to `stop`, in a thread of its own. Several may run: nobody is told twice."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reminders", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self.remind()
            except UnavailableError as problem:
                log.warning("reminders wait: %s", problem)

    def remind(self) -> None:
        """Look once. Raises UnavailableError."""
        today = now().astimezone(self._settings.zone)
        with self._database.write() as session:
            telling.deadlines(session, self._settings.appeal_days, _BEFORE, self._settings.zone)
            telling.waiting(session, today)
            telling.workers_gone(session, self._settings.dead_after_seconds)
