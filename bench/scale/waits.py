"""A real run of the service with the simulated recogniser: recordings come at moments drawn before."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from bench import kill
from bench.crew import Crew
from bench.scale import measuring
from bench.scale.measured import Queueing, Waits
from service.audio import AudioStore
from service.jobs.queue import JobQueue
from service.settings import Settings
from service.store import Database, recordings
from service.store.audits import AuditRow
from service.store.recordings import NewRecording, RecordingRow
from speechaudit.model import CallFacts

LOADS = (0.4, 0.7, 0.9)


def moments(rate: float, number: int, seed: int) -> tuple[float, ...]:
    """Seconds of arrivals by chance, so many a second; the same seed gives the same."""
    chance, at, found = random.Random(seed), 0.0, []
    for _ in range(number):
        at += chance.expovariate(rate)
        found.append(at)
    return tuple(found)


def handed_in(settings: Settings, database: Database, arrivals: Sequence[float]) -> None:
    """Take recordings in at these seconds from now."""
    audio, queue, began = AudioStore(settings), JobQueue(settings), time.monotonic()
    for n, at in enumerate(arrivals):
        time.sleep(max(0.0, began + at - time.monotonic()))
        kept = audio.put([f"{began} {n}".encode()])
        new = NewRecording(
            sha256=kept.sha256, size=kept.size, file_name=f"{n}.wav", media_type="audio/wav",
            facts=CallFacts(setting="phone"),
        )  # fmt: skip
        with database.write() as session:
            row, _ = recordings.add(session, new)
        queue.audit(row.id, row.attempt)
    queue.close()


def seen(database: Database, after: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """When the recordings after this id came, from the first one on, and how long each took until its audit."""
    both = select(RecordingRow.received_at, AuditRow.made_at).join(AuditRow, AuditRow.recording_id == RecordingRow.id)
    with database.read() as session:
        rows = session.execute(both.where(RecordingRow.id > after).order_by(RecordingRow.id)).all()
    first = rows[0].received_at
    arrivals = tuple(round((row.received_at - first).total_seconds(), 3) for row in rows)
    return arrivals, tuple(round((row.made_at - row.received_at).total_seconds(), 3) for row in rows)


def run(folder: Path, url: str, *, workers: int = 3, hearing: float = 1.5, number: int = 50) -> tuple[Queueing, float]:
    """All at once for the rate that holds, then at each load; and the bytes that a job leaves in the queue's tables."""
    settings = Settings(data=folder, database_url=url)
    rate = kill.throughput(settings, number=number, workers=workers, seconds=hearing)
    database = Database(settings.database)
    before = measuring.queue_bytes(database)
    found = []
    with Crew(settings, workers=workers, seconds=hearing) as _crew:
        measuring.until_alive(database, workers)
        for n, load in enumerate(LOADS):
            done = kill.ended(database)
            handed_in(settings, database, moments(load * rate, number, seed=n))
            kill.watch(database, _crew, number=done + number, kills=0, seconds=hearing)
            arrivals, sojourns = seen(database, after=done)
            found.append(Waits(load=load, arrivals=arrivals, sojourns=sojourns))
    left = (measuring.queue_bytes(database) - before) / (number * len(LOADS))
    database.close()
    told = Queueing(workers=workers, hearing=hearing, saturated_per_second=rate, runs=tuple(found))
    return told, left
