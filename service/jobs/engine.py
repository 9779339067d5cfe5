"""A worker process: durable jobs, a heartbeat, and a sweep that takes over what dead workers left."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, WorkflowStatus
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from service.background import Duty, Loop, Loops
from service.errors import ConfigError, UnavailableError
from service.jobs.applying import apply_rest
from service.jobs.queue import (
    APPLICATION,
    AUDIT,
    BESIDE,
    BROKEN,
    COPY,
    JOBS_VERSION,
    QUEUE,
    REAUDIT,
    JobQueue,
    prepare,
    reaudit_run_of,
    run_of,
)
from service.jobs.work import Work
from service.settings import Settings
from service.store import Database, reaudits, recordings, workers
from service.store.base import clock, now
from speechaudit import __version__
from speechaudit.reasons import Reason, because

log = logging.getLogger(__name__)
POLL_SECONDS, _POLL_BESIDE = 0.5, 1.0
_CHORES_SECONDS, _AFTER_FAILURE = 3600.0, 300.0
# The oldest ones only: a query takes so many ids, and the younger ones' turn comes.
SWEPT = 5000
_APPLYING_SECONDS = 10.0  # in each sweep, for a re-audit that was decided
# Long after nobody asks for the job of a recording, whose outcome the store has.
REMEMBERED = timedelta(days=30)
# Between steps a reason travels as JSON; the jobs of earlier versions hold a sentence.
Failure = dict[str, Any]
_REASON: TypeAdapter[Reason] = TypeAdapter(Reason)
# A database that is away is waited for about a quarter of an hour: 1, 2, 4 … seconds.
_patient = DBOS.step(retries_allowed=True, interval_seconds=1.0, backoff_rate=2.0, max_attempts=10)
_hands: dict[str, Work] = {}


def _work() -> Work:
    return _hands["work"]


def _json(reason: Reason | None) -> Failure | None:
    return _REASON.dump_python(reason, mode="json") if reason else None


@_patient
def hear(recording_id: int) -> Failure | str | None:
    """Turn audio into a transcript with roles, kept in the store, as a step; return why it failed, if it did."""
    return _json(_work().hear(recording_id))


@_patient
def judge(recording_id: int, run: str) -> Failure | str | None:
    """Turn the transcript into an audit, stored once, as a step; return why it failed, if it did."""
    return _json(_work().judge(recording_id, run))


@_patient
def copy(recording_id: int) -> Failure | str | None:
    """Make what people listen to, as a step; return why there is none, if so."""
    return _json(_work().copy(recording_id))


@_patient
def fail(recording_id: int, reason: Failure | str) -> None:
    """End a job that cannot be done, as a step."""
    _work().fail(recording_id, _REASON.validate_python(reason))


@_patient
def reaudit_some(batch_id: int) -> int:
    """Judge some recordings of a re-audit again, as a step; return how many are done, 0 at the end."""
    return _work().reaudit(batch_id)


@DBOS.workflow(name=AUDIT)
def audit_recording(recording_id: int, attempt: int) -> None:
    """Hear and judge one recording, as a job."""
    reason = hear(recording_id) or judge(recording_id, run_of(recording_id, attempt))
    if reason:
        fail(recording_id, reason)
        return
    # Last, and no part of the result: jobs that began before there was this step find the others in their places.
    listening_copy_of(recording_id)


def listening_copy_of(recording_id: int) -> None:
    """Make it, or say in the log why there is none."""
    if reason := copy(recording_id):
        log.warning("recording %d has no listening copy: %s", recording_id, reason)


@DBOS.workflow(name=COPY)
def listening_copy(recording_id: int) -> None:
    """Make what people listen to, of a recording that has none yet, as a job."""
    listening_copy_of(recording_id)


@DBOS.workflow(name=REAUDIT)
def reaudit(batch_id: int) -> None:
    """Judge a selection again, as proposals, in a job."""
    while reaudit_some(batch_id):
        pass


class Engine:
    """Runs jobs in this process from `start` to `stop`, and every hour the chores. There is one per process.

    Chores and the sweep have threads of their own: a worker whose heartbeat waited for them would count as dead.
    """

    def __init__(
        self, settings: Settings, database: Database, work: Work, worker_id: str, chores: Sequence[Duty] = ()
    ) -> None:
        self._settings = settings
        self._database = database
        self._id = worker_id
        self._parts = Loops()
        self._parts.add(Loop(Duty("sweep", self._swept), max(1.0, settings.dead_after_seconds / 2)))
        forget = Duty("finished-jobs", self._forgotten)
        self._parts.add(*(Loop(chore, _CHORES_SECONDS, after_failure=_AFTER_FAILURE) for chore in (*chores, forget)))
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        _hands["work"] = work

    def start(self) -> None:
        """Announce the worker, take up what it left when it died, and begin. Raises ConfigError for a name in use."""
        url, jobs = prepare(self._settings), self._settings.worker_jobs or 1
        self._announce()
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": url,
            "executor_id": self._id,
            "application_version": JOBS_VERSION,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "sys_db_pool_size": 5 + jobs,
        }
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(
            QUEUE, worker_concurrency=jobs, polling_interval_sec=POLL_SECONDS, on_conflict="always_update"
        )
        DBOS.register_queue(
            BESIDE, worker_concurrency=1, polling_interval_sec=_POLL_BESIDE, on_conflict="always_update"
        )
        self._queue = JobQueue(self._settings)
        self._keeper.start()
        self._parts.start()

    def _announce(self) -> None:
        host, patience = socket.gethostname(), self._settings.dead_after_seconds
        with self._database.write() as session:
            if other := workers.elsewhere(session, self._id, host=host, seconds=patience):
                raise ConfigError(
                    "worker_name",
                    f"机器 {other} 上已有名为“{self._id}”的 worker",
                    f"请给每个 worker 不同的名字;那台已停的,过 {patience:g} 秒再启动",
                )
            workers.register(session, self._id, host=host, pid=os.getpid(), version=__version__)

    def stop(self, patience: int) -> None:
        """End in order; jobs that are not over within `patience` seconds go to others, or wait for the next start."""
        self._parts.stop(patience)
        self._over.set()
        self._keeper.join()
        DBOS.destroy(workflow_completion_timeout_sec=patience)
        self._queue.close()
        with self._database.write() as session:
            workers.stop(session, self._id)

    def _keep(self) -> None:
        """Keep the heartbeat only: whatever takes long or fails beside it must not let this worker look dead."""
        while not self._over.is_set():
            try:
                parts = {each.name: each.state for each in self._parts}
                with self._database.write() as session:
                    workers.beat(session, self._id, parts)
            except (UnavailableError, SQLAlchemyError) as problem:
                log.warning("heartbeat missed: %s", problem)
            self._over.wait(self._settings.heartbeat_seconds)

    def _swept(self) -> None:
        try:
            self.sweep()
        except SQLAlchemyError as problem:
            raise UnavailableError("数据库", type(problem).__name__, "稍后再试") from problem

    def _forgotten(self) -> None:
        try:
            self._queue.forget(now() - REMEMBERED)
        except SQLAlchemyError as problem:
            raise UnavailableError("任务队列", type(problem).__name__, "稍后再试") from problem

    def sweep(self) -> None:
        """Resume the jobs of dead workers, hand in what was never handed in, and close what broke off."""
        with self._database.read() as session:
            alive = {worker.id for worker in workers.alive(session, self._settings.dead_after_seconds)} | {self._id}
            before = clock(session) - timedelta(seconds=self._settings.dead_after_seconds)
            open_ones = {run_of(*row): row for row in recordings.unfinished(session, before, SWEPT)}
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        lost = [job for job in pending if job.executor_id not in alive]
        self._take_over([job for job in lost if job.queue_name != BESIDE], QUEUE)
        self._take_over([job for job in lost if job.queue_name == BESIDE], BESIDE)
        for run in self._queue.missing(open_ones):
            self._queue.audit(*open_ones[run])
        self._close(DBOS.list_workflows(status=list(BROKEN), workflow_ids=list(open_ones)) if open_ones else [])
        self.sweep_reaudits()
        apply_rest(self._database, _APPLYING_SECONDS)

    def _take_over(self, lost: list[WorkflowStatus], queue: str) -> None:
        if lost:
            log.warning("taking over %d jobs of dead workers", len(lost))
            DBOS.resume_workflows([job.workflow_id for job in lost], queue_name=queue)

    def _close(self, broken: list[WorkflowStatus]) -> None:
        for job in broken:
            log.error("job %s broke off: %s", job.workflow_id, job.error)
            _work().fail(int(job.workflow_id.split("-")[1]), because("storage-away"))

    def sweep_reaudits(self) -> None:
        """Hand in re-audits that were never handed in, and close those whose job is over while they still run."""
        with self._database.read() as session:
            before = clock(session) - timedelta(seconds=self._settings.dead_after_seconds)
            running = {reaudit_run_of(batch): batch for batch in reaudits.running(session, before)}
        for run in self._queue.missing(running):
            self._queue.reaudit(running[run])
        over = ["SUCCESS", *BROKEN]
        for job in DBOS.list_workflows(status=over, workflow_ids=list(running)) if running else []:
            log.error("job %s broke off: %s", job.workflow_id, job.error)
            _work().break_off(running[job.workflow_id], because("storage-away"))
