"""Looks every few minutes for what people should be told and nobody did: terms that end, what waits, what is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from service.background import Duty, Loop
from service.settings import Settings
from service.store import Database, telling
from service.store.base import now

_LOOK_SECONDS: Final = 300.0
_BEFORE: Final = timedelta(days=2)


class Reminders:
    """Tells while its `part` runs. Several may run: nobody is told twice."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self.part = Loop(Duty("reminders", self.remind), _LOOK_SECONDS)

    def remind(self) -> None:
        """Look once. Raises UnavailableError."""
        today = now().astimezone(self._settings.zone)
        with self._database.write() as session:
            telling.deadlines(session, self._settings.appeal_days, _BEFORE, self._settings.zone)
            telling.waiting(session, today)
            telling.workers_gone(session, self._settings.dead_after_seconds)
