"""Workers and their heartbeats. What a worker did so far is counted here for the metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.base import Base, Code, Name, clock, now


class Worker(Base):
    """A worker process. `id` is its executor id; one whose `seen_at` is old is dead, and others resume its jobs.

    `parts` are the states of what it does beside its jobs, by name.
    """

    __tablename__ = "workers"
    __table_args__ = ()

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    host: Mapped[Name]
    pid: Mapped[int]
    version: Mapped[Code]
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now, index=True)
    stopped_at: Mapped[datetime | None]
    recordings: Mapped[int] = mapped_column(default=0)
    audio_seconds: Mapped[float] = mapped_column(default=0.0)
    busy_seconds: Mapped[float] = mapped_column(default=0.0)
    parts: Mapped[dict[str, str]] = mapped_column(default=dict)


def register(session: Session, worker_id: str, *, host: str, pid: int, version: str) -> None:
    """Say that a worker starts, or starts again."""
    row = session.get(Worker, worker_id) or Worker(id=worker_id, recordings=0, audio_seconds=0.0, busy_seconds=0.0)
    row.host, row.pid, row.version = host, pid, version
    row.started_at = row.seen_at = clock(session)
    row.stopped_at = None
    session.add(row)


def elsewhere(session: Session, worker_id: str, *, host: str, seconds: float) -> str | None:
    """Return the other machine on which a worker of this name lives, if there is one."""
    mine = (worker for worker in alive(session, seconds) if worker.id == worker_id and worker.host != host)
    return next((worker.host for worker in mine), None)


def beat(session: Session, worker_id: str, parts: Mapping[str, str] | None = None) -> None:
    """Say that a worker is alive, and how its parts fare."""
    known = {"seen_at": clock(session), "stopped_at": None, "parts": dict(parts or {})}
    session.execute(update(Worker).where(Worker.id == worker_id).values(**known))


def stop(session: Session, worker_id: str) -> None:
    """Say that a worker ended in order."""
    session.execute(update(Worker).where(Worker.id == worker_id).values(stopped_at=clock(session)))


def count(session: Session, worker_id: str, *, audio_seconds: float, busy_seconds: float) -> None:
    """Add a recording to what a worker did: seconds of sound, and seconds that it took."""
    more = {
        "recordings": Worker.recordings + 1,
        "audio_seconds": Worker.audio_seconds + audio_seconds,
        "busy_seconds": Worker.busy_seconds + busy_seconds,
    }
    session.execute(update(Worker).where(Worker.id == worker_id).values(**more))


def alive(session: Session, seconds: float) -> Sequence[Worker]:
    """Return workers that gave a sign of life within the last so many seconds and did not stop.

    A sign from the future is from before the clock was set back: who lives gives another one soon.
    """
    moment, span = clock(session), timedelta(seconds=seconds)
    recently = Worker.seen_at.between(moment - span, moment + span)
    wanted = select(Worker).where(recently, Worker.stopped_at.is_(None))
    return session.scalars(wanted.order_by(Worker.id)).all()


def workers(session: Session) -> Sequence[Worker]:
    """Return all workers that ever registered, by id."""
    return session.scalars(select(Worker).order_by(Worker.id)).all()
