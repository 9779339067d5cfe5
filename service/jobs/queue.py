"""The queue seen from outside: jobs handed in by id, so that handing in twice is one job."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from service.errors import UnavailableError
from service.settings import Settings

APPLICATION = "speechaudit"
QUEUE = "audits"
# What people wait for while recordings wait by the thousand: neither stands behind the other.
BESIDE = "beside"
# Of the jobs, not of the program: it changes only when the steps of a job do, and old jobs then need an old worker.
JOBS_VERSION = "1"
AUDIT, REAUDIT, COPY = "audit_recording", "reaudit", "listening_copy"
_COPY_AGAIN_SECONDS = 300
BROKEN = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
_FORGOTTEN_AT_ONCE = 500


def run_of(recording_id: int, attempt: int) -> str:
    """Return the id of the job for one attempt at a recording."""
    return f"audit-{recording_id}-{attempt}"


def reaudit_run_of(batch_id: int) -> str:
    """Return the id of the job for a re-audit."""
    return f"reaudit-{batch_id}"


def prepare(settings: Settings) -> str:
    """Bring the queue's own tables up to date, and give its URL. Raises UnavailableError."""
    url = make_url(settings.jobs)
    try:
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            with sqlite3.connect(url.database, timeout=30) as connection:
                connection.execute("PRAGMA journal_mode=WAL")  # stays with the file: readers no longer stop writers
            connection.close()
        DBOS.migrate(settings.jobs)
    except (SQLAlchemyError, sqlite3.Error, OSError) as problem:
        raise UnavailableError("任务队列", f"暂时不能用({problem})", "请检查 jobs_url 和磁盘,然后重试") from problem
    return settings.jobs


class JobQueue:
    """Hands jobs in. All methods raise UnavailableError if the queue is away; a job that is lost so is found again."""

    def __init__(self, settings: Settings) -> None:
        self._client = DBOSClient(
            system_database_url=prepare(settings),
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            retry_connection_errors=False,
        )

    def audit(self, recording_id: int, attempt: int) -> None:
        """Hear and judge a recording; once per attempt."""
        self._enqueue(AUDIT, run_of(recording_id, attempt), recording_id, attempt)

    def reaudit(self, batch_id: int) -> None:
        """Judge a selection again."""
        self._enqueue(REAUDIT, reaudit_run_of(batch_id), batch_id, queue=BESIDE)

    def listening_copy(self, recording_id: int) -> None:
        """Make what people listen to; at most once in five minutes, however many ask."""
        job_id = f"copy-{recording_id}-{int(time.time() // _COPY_AGAIN_SECONDS)}"
        self._enqueue(COPY, job_id, recording_id, queue=BESIDE)

    def missing(self, runs: Iterable[str]) -> set[str]:
        """Return which of these jobs were never handed in."""
        wanted = list(runs)
        found = self._client.list_workflows(workflow_ids=wanted, load_input=False, load_output=False) if wanted else []
        return set(wanted) - {status.workflow_id for status in found}

    def forget(self, before: datetime) -> int:
        """Delete what the queue remembers of jobs that ended before then, some at a time; gives how many."""
        deleted = 0
        while some := self._ended(before):
            self._client.delete_workflows(some)
            deleted += len(some)
        return deleted

    def _ended(self, before: datetime) -> list[str]:
        found = self._client.list_workflows(
            status=["SUCCESS", *BROKEN],
            completed_before=before.isoformat(),
            limit=_FORGOTTEN_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        return [status.workflow_id for status in found]

    def _enqueue(self, workflow: str, job_id: str, *args: int, queue: str = QUEUE) -> None:
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": queue,
            "workflow_id": job_id,
            "app_version": JOBS_VERSION,
        }
        try:
            self._client.enqueue(options, *args)
        except SQLAlchemyError as problem:
            raise UnavailableError("任务队列", f"暂时不能用({problem})", "请稍后重试") from problem

    def close(self) -> None:
        """Give the connections back."""
        self._client.destroy()
