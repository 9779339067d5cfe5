"""Kills workers at random moments while recordings are audited, and counts: each audited once, none lost.

`python -m bench.kill --recordings 200 --kills 50 --workers 4`; without kills it measures throughput.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from service.audio import AudioStore
from service.jobs.queue import JobQueue
from service.settings import Settings
from service.store import Database, recordings
from service.store.models import AuditRow, Recording
from service.store.recordings import NewRecording

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is there at the end: `audits` counts recordings by how many they have; `seconds` from the first end on."""

    statuses: Mapping[str, int]
    audits: Mapping[int, int]
    kills: int
    seconds: float


class Workers:
    """Worker processes that are started again when they are killed."""

    def __init__(self, settings: Settings, number: int, seconds: float) -> None:
        self._command = [sys.executable, "-m", "bench.simulated", str(seconds)]
        self._environment = os.environ | {
            f"SPEECHAUDIT_{name.upper()}": str(value) for name, value in settings.model_dump(exclude_unset=True).items()
        }
        self._log = (settings.data / "workers.log").open("ab")
        self._processes = [self._start() for _ in range(number)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command, cwd=ROOT, env=self._environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def kill_one(self) -> None:
        """kill -9 one of them, whatever it does, and start another."""
        victim = self._processes.pop(random.randrange(len(self._processes)))
        victim.kill()
        victim.wait()
        self._processes.append(self._start())

    def end(self) -> None:
        """End all."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()


def settings_for(folder: Path, database_url: str | None) -> Settings:
    """Quick to notice the dead."""
    place = {"database_url": database_url} if database_url else {}
    return Settings(data=folder, heartbeat_seconds=0.5, dead_after_seconds=3, **place)


def submit(settings: Settings, database: Database, number: int) -> None:
    """Take so many recordings in and hand in their jobs."""
    audio, queue = AudioStore(settings), JobQueue(settings)
    for n in range(number):
        stored = audio.put([f"recording {n}".encode()])
        new = NewRecording(
            sha256=stored.sha256, size=stored.size, file_name=f"{n}.wav", media_type="audio/wav", setting="phone"
        )
        with database.write() as session:
            row, _ = recordings.add(session, new)
        queue.audit(row.id, row.attempt)
    queue.close()


def open_ones(database: Database) -> int:
    """How many recordings have no end yet."""
    with database.read() as session:
        queue = recordings.queue(session)
    return queue.queued + queue.running


def counted(database: Database, kills: int, seconds: float) -> Outcome:
    """What is in the store."""
    each = select(func.count(AuditRow.id)).select_from(Recording).outerjoin(AuditRow).group_by(Recording.id)
    statuses = select(Recording.status, func.count()).group_by(Recording.status)
    with database.read() as session:
        audits = Counter(session.scalars(each))
        return Outcome(
            statuses={row[0]: row[1] for row in session.execute(statuses)}, audits=audits, kills=kills, seconds=seconds
        )


def run(settings: Settings, *, number: int, kills: int, workers: int, seconds: float, limit: float) -> Outcome:
    """Audit so many recordings under so many kills. Raises TimeoutError if some have no end within `limit` seconds."""
    database = Database(settings.database)
    database.migrate()
    submit(settings, database, number)
    crew, began, killed = Workers(settings, workers, seconds), 0.0, 0
    deadline = time.monotonic() + limit
    # Kills are spread over the work: one after each share of recordings that came to an end.
    try:
        while left := open_ones(database):
            if left < number and not began:
                began = time.monotonic()
            if killed < kills and number - left >= killed * number / kills:
                time.sleep(random.uniform(0, 2 * seconds))
                crew.kill_one()
                killed += 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} recordings have no end")
            time.sleep(0.1)
        return counted(database, killed, time.monotonic() - began)
    finally:
        crew.end()
        database.close()


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--database")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="speechaudit-kill-") as folder:
        outcome = run(
            settings_for(Path(folder), asked.database),
            number=asked.recordings,
            kills=asked.kills,
            workers=asked.workers,
            seconds=asked.seconds,
            limit=3600,
        )
    rate = (asked.recordings - 1) / outcome.seconds
    print(f"{outcome.kills} kills, {asked.workers} workers, {outcome.seconds:.1f} s, {rate:.2f} recordings a second")
    print(f"by status: {dict(outcome.statuses)}; by number of audits: {dict(outcome.audits)}")
    sys.exit(outcome.audits != {1: asked.recordings})


if __name__ == "__main__":
    main()
