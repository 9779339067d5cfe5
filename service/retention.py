"""Deletes what is older than the settings allow, kind by kind, and proves it in the log.

Counted from the day a recording arrived, or a report was issued. What is under appeal, waits or is being worked on
stays. Running it again does nothing; several workers may run it at the same time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from service.audio import AudioStore
from service.settings import Settings
from service.store import Database, intake, issued, logbook, retention
from service.store.base import clock
from service.store.retention import Kind

log = logging.getLogger(__name__)
WHO, NAME = "retention", "保存期限"
_SOME: Final = 50
_LATELY: Final = timedelta(hours=2)  # twice as long as from one round to the next


class Retention:
    """The rules of `keep_*_days` on a database and its audio."""

    def __init__(self, settings: Settings, database: Database, audio: AudioStore) -> None:
        days = (settings.keep_audit_days, settings.keep_transcript_days, settings.keep_audio_days)
        kinds: tuple[Kind, ...] = ("audit", "transcript", "audio")
        self._days = {kind: day for kind, day in zip(kinds, days, strict=True) if day is not None}
        self._reports = settings.keep_report_days
        self._database = database
        self._audio = audio

    def run(self) -> Mapping[str, int]:
        """Delete all that is due, one recording after the other, and give how many by kind. Raises UnavailableError."""
        counts: dict[str, int] = {kind: self._run(kind, days) for kind, days in self._days.items()}
        counts |= {"report": self._run_reports(self._reports)} if self._reports else {}
        if any(counts.values()):
            log.info("retention deleted %s", counts)
        if self._deleted_lately():
            retention.wipe(self._database)
        return counts

    def _deleted_lately(self) -> bool:
        """Return whether anybody deleted something, by the log: a person's deletion must not linger in files either."""
        with self._database.read() as session:
            lately = logbook.LogFilters(kind="deleted", since=clock(session) - _LATELY)
            return bool(logbook.entries(session, lately, limit=1))

    def _run(self, kind: Kind, days: int) -> int:
        count, last = self._discard_waiting(days) if kind == "audio" else 0, 0
        while True:
            with self._database.read() as session:
                due = retention.due(session, kind, clock(session) - timedelta(days=days), last)
            for recording_id in due:
                count += self._delete(kind, recording_id)
                last = recording_id
            if not due:
                return count

    def _run_reports(self, days: int) -> int:
        """Delete issued reports that are due, some at a time; give how many."""
        count = 0
        while ids := self._drop_reports(days):
            count += len(ids)
        return count

    def _drop_reports(self, days: int) -> list[int]:
        with self._database.write() as session:
            ids = issued.drop_old(session, clock(session) - timedelta(days=days), _SOME)
            for each in ids:
                logbook.note(session, who=WHO, name=NAME, action="delete report", what=f"issued report {each}")
        return ids

    def _discard_waiting(self, days: int) -> int:
        """Give up what recorders brought and nobody completed in time: it has nothing but its sound."""
        count = 0
        while self._discard_one(days):
            count += 1
        return count

    def _discard_one(self, days: int) -> bool:
        """Give up the oldest that is due, so that nobody waits long for the log; whether there was one."""
        with self._database.write() as session:
            row = intake.oldest_waiting(session, clock(session) - timedelta(days=days))
            if row is None:
                return False
            sha256 = intake.give_up(session, row, NAME)
            logbook.note(
                session, who=WHO, name=NAME, action="delete audio", what=f"pending {row.id} sha256 {row.sha256}"
            )
            if sha256:
                self._audio.delete(sha256)
        return True

    def _delete(self, kind: Kind, recording_id: int) -> bool:
        """Delete one, together with the entry in the log; whether there was anything left to delete."""
        with self._database.write() as session:
            sha256 = retention.delete(session, kind, recording_id)
            if sha256 is None:
                return False
            logbook.note(
                session, who=WHO, name=NAME, action=f"delete {kind}", what=f"recording {recording_id} sha256 {sha256}"
            )
            if kind != "transcript":
                # Inside the transaction: if the sound cannot be deleted, nothing says that it was.
                self._audio.delete(sha256)
        return True
