"""`speechaudit worker` and `speechaudit serve`. Light to import: the command line reads it for every `--help`."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from types import FrameType

    from service.audio import AudioStore
    from service.background import Duty
    from service.jobs.work import Listener
    from service.rules import Rules
    from service.settings import Settings
    from service.store import Database

KEPT_OPEN: Final = 75
"""Seconds for which a connection waits for another request: longer than senders and proxies keep theirs (5 to 60).

Whoever closes first must not be the server: a request that is on its way meanwhile would have no answer.
"""
_PATIENCE = 20
_ORPHAN_CHECK_SECONDS = 2.0


@click.command()
@click.option("--parent", type=int, hidden=True, help="Stop when this process, which started this one, is gone.")
def worker(parent: int | None) -> None:
    """处理排队的录音:可在任意多台机器上运行,设置见 docs/settings.md。"""
    run(_settings(), heard_by_whisper, parent=parent)


def _settings() -> Settings:
    """Return all settings. Raises ConfigError."""
    from service import settings

    return settings.load()


@contextmanager
def _loading() -> Iterator[None]:
    """Load libraries without looking for garbage: what they make stays, and to look through it cost a fifth."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def heard_by_whisper(settings: Settings) -> tuple[Listener, int]:
    """Load the recogniser, once per worker; gives how many recordings it hears at once, too. Raises ModelError."""
    from pathlib import Path

    from service.rules import Rules
    from service.store.audits import TranscriptRecord
    from speechaudit import pipeline
    from speechaudit.asr import whisper
    from speechaudit.model import Recording

    rules = Rules(settings)
    minutes = settings.model_rest_minutes
    transcriber = whisper.load(settings.model, rest_after=minutes and 60 * minutes)
    libraries = pipeline.Libraries(profiles=settings.voices, prompts=settings.prompts, labels=settings.label_models)

    agreed = _agreed(settings)

    def listen(path: Path, recording: Recording, progress: pipeline.Progress) -> TranscriptRecord:
        known = libraries if agreed(recording.staff) else replace(libraries, profiles=None)
        recognition = pipeline.hear(path, recording, transcriber, rules(), progress, known)
        return TranscriptRecord(
            transcript=recognition.transcript,
            made_by=pipeline.heard_by(transcriber, recognition, known),
            limits=recognition.limits,
        )

    return listen, transcriber.at_once


def _agreed(settings: Settings) -> Callable[[str | None], bool]:
    """Return how to ask whether a member of staff, by number, agreed that their voice is compared with a profile."""
    from service.store import Database, voices

    if settings.voices is None:
        return lambda _: True  # there is nothing to compare with
    database = Database(settings.database)

    def agreed(number: str | None) -> bool:
        with database.read() as session:
            return number is not None and voices.allowed(session, number)

    return agreed


def run(settings: Settings, load: Callable[[Settings], tuple[Listener, int]], *, parent: int | None = None) -> None:
    """Work until a signal to end, or until the parent process is gone. Raises SpeechAuditError if it cannot begin."""
    import logging

    with _loading():
        from service.audio import AudioStore
        from service.jobs.engine import Engine
        from service.jobs.identity import claimed
        from service.jobs.work import Work
        from service.rules import Rules
        from service.store import Database
        from speechaudit import pipeline

    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    over = _ended_by_signals()
    database = Database(settings.database)
    database.migrate()
    with claimed(settings) as name:
        audio = AudioStore(settings)
        libraries = pipeline.Libraries(labels=settings.label_models)
        rules = Rules(settings)
        listener, at_once = load(settings)
        settings = settings.model_copy(update={"worker_jobs": settings.worker_jobs or at_once})
        work = Work(database, audio, listener, rules, name, libraries=libraries)
        engine = Engine(settings, database, work, name, chores=_chores(settings, database, audio, rules))
        engine.start()
        logging.getLogger(__name__).info("worker %s is ready for %d at once", name, settings.worker_jobs)
        while not over.wait(_ORPHAN_CHECK_SECONDS) and parent in {None, os.getppid()}:
            pass
        engine.stop(_PATIENCE)
    logging.shutdown()
    os._exit(
        0
    )  # a recogniser in the middle of a long recording cannot be interrupted, and its thread would be waited for


def _chores(settings: Settings, database: Database, audio: AudioStore, rules: Rules) -> tuple[Duty, ...]:
    """The duties that a worker does now and then beside its jobs."""
    from service.background import Duty
    from service.cleanup import Cleanup
    from service.counting import Counting
    from service.issuing.drafting import Drafting
    from service.issuing.monthly import Monthly
    from service.retention import Retention
    from speechaudit.reports import ReportSettings

    return (
        Duty("retention", Retention(settings, database, audio).run),
        Duty("cleanup", Cleanup(database, audio, settings.voices).run),
        Duty("counting", Counting(database).run),
        Duty("reports", Monthly(Drafting(settings, database, lambda: ReportSettings.of(rules().policy))).run),
    )


def _ended_by_signals() -> threading.Event:
    over = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        over.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return over


@click.command()
@click.option("--host", help="监听的地址(优先于设置 host)。")
@click.option("--port", type=click.IntRange(1, 65535), help="监听的端口(优先于设置 port)。")
def serve(host: str | None, port: int | None) -> None:
    """启动服务:用浏览器打开 http://127.0.0.1:8000/ 即可使用,首次打开先建立管理员。

    同一地址的 /api/v1 是接口;使用 SQLite 时自带处理录音的 worker。
    """
    read = _settings()
    with _loading():
        import uvicorn

        from service.app import create_app

    app = create_app(read)
    # The child asks for us by number: by the time it could look for its parent, that may be gone already.
    inside = [sys.executable, "-m", "service.worker", "--parent", str(os.getpid())]
    here, door = host or read.host, port or read.port
    click.echo(f"网页:http://{'127.0.0.1' if here == '0.0.0.0' else here}:{door}/")  # noqa: S104 - only shown # nosec B104
    with supervised(inside if read.works_inside else None):
        uvicorn.run(app, host=here, port=door, log_level=read.log_level.lower(), timeout_keep_alive=KEPT_OPEN)


@contextmanager
def supervised(command: list[str] | None) -> Iterator[None]:
    """Run a worker as a child process, if there is a command for it: started again when it dies, ended with us.

    A process of its own: recognising would hold up requests, and what kills it must not kill the service.
    """
    if command is None:
        yield
        return
    child = Child(command)
    child.start()
    try:
        yield
    finally:
        child.stop()


class Child(threading.Thread):
    """Keeps one process running until `stop`. After each death it waits longer, up to half a minute."""

    def __init__(self, command: list[str]) -> None:
        super().__init__(name="child", daemon=True)
        self._command = command
        self._over = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start the process again and again."""
        deaths = 0
        while not self._over.is_set():
            self.process = subprocess.Popen(self._command)  # noqa: S603 - our own command # nosec B603
            self.process.wait()
            self._over.wait(min(30, 2**deaths))
            deaths += 1

    def stop(self) -> None:
        """End the process and wait for it."""
        self._over.set()
        if self.process and self.process.poll() is None:
            self.process.terminate()
        self.join()


if __name__ == "__main__":
    worker()
