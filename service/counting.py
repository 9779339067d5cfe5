"""Audits from before their figures were kept as rows get them, some at a time, in the background."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from service.store import Database, audits
from service.store.audits import tallies
from speechaudit.reports.tally import ServiceTally, tallies_of

log = logging.getLogger(__name__)
_SOME = 50


class Counting:
    """A chore that ends by itself: each round does some, and there are none left at last. Several may run it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def run(self) -> int:
        """Count some audits, and give how many were found. Raises UnavailableError."""
        with self._database.read() as session:
            waiting = tallies.untold(session, _SOME)
            others = () if waiting else tallies.speechless(session, _SOME)
        for audit_id in waiting:
            self._count(audit_id, tallies.keep_late)
        for audit_id in others:
            self._count(audit_id, tallies.tell_late)
        return len(waiting) + len(others)

    def _count(self, audit_id: int, keep: Callable[[Session, int, Sequence[ServiceTally]], None]) -> None:
        """Read and count first, then write in a moment, unless somebody did meanwhile: a decision brings its own."""
        with self._database.read() as session:
            row = audits.row_of(session, audit_id)
            found = tallies_of(audits.counting(session, row))
        with self._database.write() as session:
            keep(session, audit_id, found)
