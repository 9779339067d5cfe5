"""Deletes what nobody needs any more: drafts of uploads, sound that no recording has, proposals that were dropped."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audio import AudioStore
from service.store import Database, reaudits, voices
from service.store.intake import Pending
from service.store.recordings import RecordingRow

log = logging.getLogger(__name__)
# Longer than any upload takes from its first byte to its row in the database.
AGE: Final = timedelta(days=1)
PREFIXES: Final = 256
_HOUR: Final = 3600
_AT_ONCE: Final = 50


class Cleanup:
    """A chore of every hour. Several workers may run it at the same time."""

    def __init__(self, database: Database, audio: AudioStore, profiles: Path | None = None) -> None:
        self._database = database
        self._audio = audio
        self._profiles = profiles

    def run(self) -> int:
        """Delete old drafts, and of the sound one part in 256, so that a large storage is not listed every hour.

        Also delete the proposals of discarded re-audits, and on this machine the voice profiles of those who agree no
        longer. Gives how many files were deleted. Raises UnavailableError, InputError.
        """
        self.proposals()
        self.voices()
        deleted = self._audio.drop_drafts(AGE) + self.sounds(f"{int(time.time() // _HOUR) % PREFIXES:02x}")
        if deleted:
            log.info("deleted %d files that belong to nothing", deleted)
        return deleted

    def proposals(self) -> int:
        """Delete the audits that discarded re-audits proposed, some at a time; gives how many."""
        deleted = 0
        while some := self._drop_proposals():
            deleted += some
        return deleted

    def voices(self) -> int:
        """Delete the voice profiles of those who withdrew their consent, wherever it was noted; gives how many."""
        if self._profiles is None:
            return 0
        from speechaudit.speakers import profile

        with self._database.read() as session:
            numbers = voices.withdrawn(session)
        return sum(profile.discard(self._profiles, number) for number in numbers)

    def _drop_proposals(self) -> int:
        with self._database.write() as session:
            return reaudits.drop_proposals(session, _AT_ONCE)

    def sounds(self, prefix: str) -> int:
        """Delete the sound that begins with these two digits and belongs to nothing; gives how many."""
        if not (old := self._audio.old_ones(prefix, AGE)):
            return 0
        with self._database.read() as session:
            lost = set(old) - _used(session, prefix)
        # Asked again: an upload of the same bytes may have come meanwhile.
        lost &= set(self._audio.old_ones(prefix, AGE))
        for sha256 in lost:
            self._audio.delete(sha256)
        return len(lost)


def _used(session: Session, prefix: str) -> set[str]:
    """Return the sound with these first digits that a recording still has, or one that waits for a person."""
    kept = select(RecordingRow.sha256).where(RecordingRow.audio_deleted_at.is_(None))
    waiting = select(Pending.sha256).where(Pending.sha256.is_not(None))
    return {
        *session.scalars(kept.where(RecordingRow.sha256.startswith(prefix))),
        *(each for each in session.scalars(waiting.where(Pending.sha256.startswith(prefix))) if each),
    }
