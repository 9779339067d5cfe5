"""The web application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse

from service.audio import AudioStore
from service.errors import UnavailableError
from service.settings import Settings
from service.store import Database
from speechaudit import __version__


def create_app(settings: Settings) -> FastAPI:
    """The application, whose database is brought up to date before the first request."""
    database = Database(settings.database)
    audio = AudioStore(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(database.migrate)
        yield
        database.close()

    app = FastAPI(title="speechaudit", version=__version__, lifespan=lifespan)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        """Whether the process answers."""
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> JSONResponse:
        """Whether database and audio storage answer, too; 503 with the reason if not."""
        try:
            database.check()
            audio.check()
        except UnavailableError as problem:
            return JSONResponse({"status": "unavailable", "reason": str(problem)}, status_code=503)
        return JSONResponse({"status": "ok"})

    return app
