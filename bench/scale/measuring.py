"""Measures the points on this machine: hearing, storing, and what the queue asks of the database."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path

from sqlalchemy import func, select, text

from bench import kill
from bench.crew import Crew
from bench.scale.measured import Hearing, Idle, Stored
from service.jobs.queue import JobQueue, run_of
from service.settings import Settings
from service.store import Database, audits, recordings, workers
from service.store.audits import TranscriptRecord
from service.store.base import now
from service.store.recordings import NewRecording
from service.store.tables import Base
from speechaudit import formats, pipeline
from speechaudit.asr import whisper
from speechaudit.asr.listening import make_copies
from speechaudit.model import Audit, CallFacts
from speechaudit.privacy import personal_spans
from speechaudit.rules import rulebook
from speechaudit.rules.rulebook import Rulebook

# Phone calls and counters, short and long, as they lie in labelled/test.
HEARD = (
    "call-in-01-pension-check", "call-out-01-callback", "counter-04-angry-citizen-patient",
    "counter-multi-01-morning",
)  # fmt: skip
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A recording that was heard, and what it cost in processor seconds."""

    record: TranscriptRecord
    audit: Audit
    channels: int
    hearing: float
    judging: float
    copying: float
    copy_bytes: int
    outline_bytes: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.record.transcript.duration


@contextmanager
def _clocked(spent: list[float]) -> Iterator[None]:
    began = time.process_time()
    yield
    spent.append(time.process_time() - began)


def heard(path: Path, transcriber: whisper.WhisperTranscriber, book: Rulebook) -> Heard:
    """Hear, judge and copy one recording as a worker does."""
    known = formats.recording_of(path.name, formats.read_sidecar(formats.sidecar_of(path)), None, None)
    spent: list[float] = []
    with _clocked(spent):
        found = pipeline.hear(path, known, transcriber, book, lambda _done: None)
    with _clocked(spent):
        audit = pipeline.judge_transcript(book, known, found.transcript, transcriber.made_by, found.limits)
    with tempfile.TemporaryDirectory() as folder, _clocked(spent):
        plain, masked = Path(folder) / "plain", Path(folder) / "masked"
        peaks = make_copies(path, plain, masked, personal_spans(found.transcript))
        copy_bytes = plain.stat().st_size
    record = TranscriptRecord(transcript=found.transcript, made_by=transcriber.made_by, limits=found.limits)
    return Heard(
        record=record,
        audit=audit,
        channels=len(peaks.channels),
        hearing=spent[0],
        judging=spent[1],
        copying=spent[2],
        copy_bytes=copy_bytes,
        outline_bytes=sum(4 * len(each) // 3 for each in peaks.channels),
    )


def hear_all(folder: Path) -> list[Heard]:
    """Hear the recordings, after one that warms up."""
    transcriber, book = whisper.load("base", "cpu"), rulebook.load()
    paths = [folder / f"{name}.opus" for name in HEARD]
    return [heard(path, transcriber, book) for path in (paths[0], *paths)][1:]


def hearing_of(all_: Sequence[Heard]) -> Hearing:
    """Sum up."""
    seconds = sum(each.seconds for each in all_)
    phone = [each for each in all_ if each.audit.recording.setting == "phone"]
    counter = [each for each in all_ if each.audit.recording.setting == "counter"]
    return Hearing(
        files=len(all_),
        seconds=seconds,
        processor=_processor(),
        phone=sum(each.hearing for each in phone) / sum(each.seconds for each in phone),
        counter=sum(each.hearing for each in counter) / sum(each.seconds for each in counter),
        judging=sum(each.judging for each in all_) / seconds,
        copying=sum(each.copying for each in all_) / seconds,
        copy_bytes_per_channel_hour=_HOUR
        * sum(each.copy_bytes for each in all_)
        / sum(each.seconds * each.channels for each in all_),
        outline_bytes_per_hour=_HOUR * sum(each.outline_bytes for each in all_) / seconds,
        worker_memory_bytes=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    )


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
    return f"{name},{os.cpu_count()} 核"


def stored(database: Database, known: Sequence[Heard], number: int) -> Stored:
    """Store so many audits one after the other, as the steps of a job do, and look what they take."""
    policy, began = rulebook.load().policy, time.monotonic()
    used = list(islice(cycle(known), number))
    for n, each in enumerate(used):
        new = NewRecording(
            sha256=f"{n:064x}", size=1, file_name=f"{n}.wav", media_type="audio/wav",
            facts=CallFacts(setting=each.audit.recording.setting),
        )  # fmt: skip
        with database.write() as session:
            row, _ = recordings.add(session, new)
        with database.write() as session:
            audits.save_transcript(session, row.id, each.record)
        with database.write() as session:
            audits.save(session, row.id, each.audit, run=run_of(row.id, 1), policy=policy)
    spent = time.monotonic() - began
    rows, sizes = _taken(database)
    services = sum(len(each.audit.encounters) for each in used)
    seconds = sum(each.seconds for each in used)
    rate = number / spent
    return Stored(audits=number, services=services, seconds=seconds, rows=rows, sizes=sizes, audits_per_second=rate)


def _taken(database: Database) -> tuple[dict[str, int], dict[str, int]]:
    with database.read() as session:
        tables = Base.metadata.sorted_tables
        rows = {each.name: session.scalar(select(func.count()).select_from(each)) or 0 for each in tables}
        rows = {name: number for name, number in rows.items() if number}
        if database.engine.dialect.name == "postgresql":
            size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
            return rows, {name: session.scalar(size, {"name": name}) or 0 for name in rows}
        pages = session.scalar(text("PRAGMA page_count")) or 0
        return rows, {"all": pages * (session.scalar(text("PRAGMA page_size")) or 0)}


def idle(settings: Settings, *, crew: int, backlog: int, queue_bytes_per_job: float, seconds: float = 10.0) -> Idle:
    """Look at workers that have nothing to do, and at a sweep among a backlog."""
    database = Database(settings.database)
    database.migrate()
    quiet = _connections(database)
    with Crew(settings, workers=crew, seconds=1.0):
        until_alive(database, crew)
        connections, before = _connections(database) - quiet, _commits(database)
        time.sleep(seconds)
        commits = _commits(database) - before
    kill.submit(settings, database, backlog)
    sweep = _sweep_seconds(settings, database, backlog)
    database.close()
    return Idle(
        workers=crew,
        connections_per_worker=connections / crew,
        transactions_per_worker_second=commits / crew / seconds,
        sweep_seconds_per_waiting=sweep / backlog,
        queue_bytes_per_job=queue_bytes_per_job,
    )


def until_alive(database: Database, number: int) -> None:
    """Wait for so many workers. Raises TimeoutError."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        with database.read() as session:
            if len(workers.alive(session, 5)) == number:
                time.sleep(3)  # what they do once at the start is not what they do all day
                return
        time.sleep(0.2)
    raise TimeoutError("the workers did not start")


def _connections(database: Database) -> int:
    return _number(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")


def _commits(database: Database) -> int:
    return _number(database, "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")


def queue_bytes(database: Database) -> int:
    """Bytes of the queue's own tables with their indexes, in PostgreSQL."""
    sizes = "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    return _number(database, f"{sizes} WHERE n.nspname = 'dbos' AND c.relkind = 'r'")


def _number(database: Database, query: str) -> int:
    with database.read() as session:
        return int(session.scalar(text(query)) or 0)


def _sweep_seconds(settings: Settings, database: Database, backlog: int) -> float:
    """Three lists of all that waits, as the sweep of a worker asks for them."""
    queue = JobQueue(settings)
    began = time.monotonic()
    with database.read() as session:
        waiting = recordings.unfinished(session, now(), backlog)
    for _ in range(2):
        queue.missing(run_of(*row) for row in waiting)
    spent = time.monotonic() - began
    queue.close()
    return spent
