"""Kills processes at random moments while recordings are uploaded and audited, and counts: each once, none lost.

`python -m bench.kill`: the server, the worker inside it and the workers beside, on SQLite and PostgreSQL.
`python -m bench.kill --throughput`: no kills; one worker, then four, and the ratio.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, func, make_url, select, text

from bench import pages
from bench.crew import Crew
from bench.sender import send
from service.audio import AudioStore
from service.auth import users
from service.jobs.queue import JobQueue
from service.settings import Settings
from service.store import Database, recordings
from service.store.audits import AuditRow
from service.store.recordings import NewRecording, RecordingRow
from speechaudit.model import CallFacts

LIMIT_SECONDS = 3600
SENDERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is there at the end: `audits` counts recordings by how many they have; `seconds` from the first end on."""

    statuses: Mapping[str, int]
    audits: Mapping[int, int]
    kills: Mapping[str, int]
    seconds: float


def settings_for(folder: Path, database_url: str | None) -> Settings:
    """Quick to notice the dead."""
    place: dict[str, Any] = {"database_url": database_url} if database_url else {}
    return Settings(data=folder, heartbeat_seconds=0.5, dead_after_seconds=3, **place)


def submit(settings: Settings, database: Database, number: int, name: str = "recording") -> None:
    """Take so many recordings in and hand in their jobs; those of another name are others."""
    audio, queue = AudioStore(settings), JobQueue(settings)
    for n in range(number):
        stored = audio.put([f"{name} {n}".encode()])
        new = NewRecording(
            sha256=stored.sha256,
            size=stored.size,
            file_name=f"{n}.wav",
            media_type="audio/wav",
            facts=CallFacts(setting="phone"),
        )
        with database.write() as session:
            row, _ = recordings.add(session, new)
        queue.audit(row.id, row.attempt)
    queue.close()


def key_for(database: Database) -> str:
    """A key that may upload."""
    with database.write() as session:
        return users.add_key(session, "bench", ("recordings:write",))[0]


def ended(database: Database) -> int:
    """How many recordings came to an end."""
    over = select(func.count()).select_from(RecordingRow).where(RecordingRow.status.in_(("done", "failed")))
    with database.read() as session:
        return session.scalar(over) or 0


def counted(database: Database, kills: Mapping[str, int], seconds: float) -> Outcome:
    """What is in the store."""
    each = select(func.count(AuditRow.id)).select_from(RecordingRow).outerjoin(AuditRow).group_by(RecordingRow.id)
    statuses = select(RecordingRow.status, func.count()).group_by(RecordingRow.status)
    with database.read() as session:
        audits = Counter(session.scalars(each))
        return Outcome(
            statuses={row[0]: row[1] for row in session.execute(statuses)}, audits=audits, kills=kills, seconds=seconds
        )


def watch(database: Database, crew: Crew, *, number: int, kills: int, seconds: float) -> Outcome:
    """Kill until all came to an end, one after each share of them. Raises TimeoutError if some have no end."""
    killed: Counter[str] = Counter()
    began, deadline = 0.0, time.monotonic() + LIMIT_SECONDS
    while (over := ended(database)) < number:
        began = began or (time.monotonic() if over else 0.0)
        if killed.total() < kills and over >= killed.total() * number / kills:
            time.sleep(random.uniform(0, 2 * seconds))
            killed[crew.kill_one()] += 1
        if time.monotonic() > deadline:
            raise TimeoutError(f"{number - over} recordings have no end")
        time.sleep(0.1)
    return counted(database, killed, time.monotonic() - began)


def throughput(settings: Settings, *, number: int, workers: int, seconds: float) -> float:
    """Recordings a second with so many workers, all recordings being there from the beginning."""
    database = Database(settings.database)
    database.migrate()
    submit(settings, database, number)
    with Crew(settings, workers=workers, seconds=seconds) as crew:
        outcome = watch(database, crew, number=number, kills=0, seconds=seconds)
    database.close()
    return (number - 1) / outcome.seconds


def run(settings: Settings, *, number: int, kills: int, workers: int, seconds: float) -> tuple[Outcome, set[int]]:
    """Upload and audit so many recordings under so many kills; and the ids that the senders were told."""
    database = Database(settings.database)
    database.migrate()
    key = key_for(database)
    with Crew(settings, workers=workers, seconds=seconds, serve=True) as crew, ThreadPoolExecutor(SENDERS) as senders:
        told: list[Future[int]] = [senders.submit(send, crew.url, key, n, LIMIT_SECONDS) for n in range(number)]
        outcome = watch(database, crew, number=number, kills=kills, seconds=seconds)
        ids = {each.result() for each in told}
    database.close()
    return outcome, ids


def survives(name: str, url: str | None, asked: argparse.Namespace) -> bool:
    """One run on one database, told on the screen."""
    with tempfile.TemporaryDirectory(prefix="speechaudit-kill-") as folder:
        settings = settings_for(Path(folder), url)
        outcome, ids = run(
            settings, number=asked.recordings, kills=asked.kills, workers=asked.workers, seconds=asked.seconds
        )
    print(f"{name}: {sum(outcome.kills.values())} kills {dict(outcome.kills)}, {len(ids)} different ids answered")
    print(f"    by status: {dict(outcome.statuses)}; by number of audits: {dict(outcome.audits)}")
    return outcome.audits == {1: asked.recordings} and len(ids) == asked.recordings


def another(url: str, name: str) -> str:
    """A new database on the same server."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def ratio(name: str, url: str | None, asked: argparse.Namespace) -> bool:
    """What four workers do against one, told on the screen."""
    rates = {}
    for workers in (1, 4):
        with tempfile.TemporaryDirectory(prefix="speechaudit-kill-") as folder:
            settings = settings_for(Path(folder), url and another(url, f"workers_{workers}"))
            rates[workers] = throughput(settings, number=50 * workers, workers=workers, seconds=asked.seconds)
    print(f"{name}: {rates[1]:.2f} and {rates[4]:.2f} recordings a second, ratio {rates[4] / rates[1]:.2f}")
    return rates[4] / rates[1] >= 3.6


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=int, default=200)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--throughput", action="store_true")
    asked = parser.parse_args()
    show: Callable[[str, str | None, argparse.Namespace], bool] = ratio if asked.throughput else survives
    good = [show("SQLite", None, asked)]
    with tempfile.TemporaryDirectory(prefix="speechaudit-kill-") as folder, pages.databases(Path(folder)) as urls:
        good.append(show("PostgreSQL", urls["PostgreSQL"], asked))
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
