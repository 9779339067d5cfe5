"""Sums of days that are out of date are made anew in the background, so that pages have little left to count."""

from __future__ import annotations

from typing import Final

from service.background import Duty, Loop
from service.store import Database, sums

_LOOK_SECONDS: Final = 20.0
_SOME: Final = 20


class Summing:
    """Sums days while its `part` runs. Several may run: a day is kept once, and never older than it was."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.part = Loop(Duty("sums", self.run), _LOOK_SECONDS)

    def run(self) -> bool:
        """Sum some days, and return whether there may be more. Raises UnavailableError."""
        with self._database.read() as session:
            days = sums.out_of_date(session, _SOME)
        for day in days:
            self.sum_up(day)
        return len(days) == _SOME

    def sum_up(self, day: int) -> bool:
        """Read and add up first, then write in a moment; return whether nobody else did meanwhile."""
        with self._database.read() as session:
            found = sums.summed(session, day)
        with self._database.write() as session:
            return sums.keep(session, found)
