"""The web application with its database, audio storage and queue, and the pushing of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from service.api.application import build
from service.api.services import Services
from service.audio import AudioStore
from service.jobs.queue import JobQueue
from service.push import Pusher
from service.settings import Settings
from service.store import Database


def create_app(settings: Settings) -> FastAPI:
    """The application, whose database is brought up to date before the first request."""
    database = Database(settings.database)
    jobs = JobQueue(settings)
    pusher = Pusher(database)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(database.migrate)
        pusher.start()
        yield
        await run_in_threadpool(pusher.stop)
        jobs.close()
        database.close()

    return build(Services(settings=settings, database=database, audio=AudioStore(settings), jobs=jobs), lifespan)
