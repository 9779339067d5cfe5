"""The application as tests use it: who asks is one word, and what is in the store takes one line."""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, BaseTransport, ByteStream, Request, Response
from starlette.routing import BaseRoute

from service.api.application import build
from service.audio import AudioStore
from service.auth import users
from service.auth.identity import COOKIE, CSRF_HEADER
from service.auth.permissions import SCOPES
from service.services import Services
from service.settings import Settings
from service.store import Database, accounts, centre
from service.store.accounts import UserRole
from tests.service.service_kit import audit_of, audited, finding

HASH = "not the hash of any password"
ROLES: tuple[UserRole, ...] = ("admin", "inspector", "lead", "staff")
_ROUTES: dict[str, list[BaseRoute]] = {}


def with_shared_routes(app: FastAPI, name: str) -> FastAPI:
    """FastAPI works out each route anew for every application, for a fifth of a second: all take those of the first."""
    app.router.routes[:] = _ROUTES.setdefault(name, list(app.router.routes))
    return app


@cache
def event_loop() -> BlockingPortal:
    """The loop of all requests: a loop and a thread of its own took a fifth of each."""
    opened = ExitStack()
    atexit.register(opened.close)
    return opened.enter_context(start_blocking_portal())


class OneCall(BaseTransport):
    """Hands a request to the loop in one call and waits for the whole answer; Starlette's own way takes seven.

    Each call lets another thread run and waits for its turn again, which was most of what a request took.
    """

    def __init__(self, app: FastAPI, raise_server_exceptions: bool) -> None:
        self._application = ASGITransport(app, raise_server_exceptions, client=("testclient", 50000))

    def handle_request(self, request: Request) -> Response:
        async def whole() -> Response:
            answer = await self._application.handle_async_request(request)
            body = b"".join([part async for part in answer.stream])  # type: ignore[union-attr]
            return Response(answer.status_code, headers=answer.headers, stream=ByteStream(body))

        return event_loop().call(whole)


def client_of(app: FastAPI, *, raise_server_exceptions: bool = True, follow_redirects: bool = True) -> TestClient:
    """A client whose requests all run in one loop."""
    client = TestClient(app, follow_redirects=follow_redirects)
    client._transport = OneCall(app, raise_server_exceptions)
    return client


@cache
def plain_settings() -> Settings:
    """Those that nobody changed: to look through environment and file took longer than the rest of an application."""
    return Settings()


class Queue:
    """Notes what is handed in."""

    def __init__(self) -> None:
        self.audits: list[tuple[int, int]] = []
        self.reaudits: list[int] = []
        self.copies: list[int] = []

    def audit(self, recording_id: int, attempt: int) -> None:
        self.audits.append((recording_id, attempt))

    def reaudit(self, batch_id: int) -> None:
        self.reaudits.append(batch_id)

    def listening_copy(self, recording_id: int) -> None:
        self.copies.append(recording_id)


def people(db: Database) -> None:
    """Two members of staff at two windows, and a user of each role."""
    with db.write() as session:
        windows = [centre.put_window(session, f"A0{n}", f"窗口{n}") for n in (1, 2)]
        staff = [centre.put_staff(session, number, f"工号{number}") for number in ("1017", "1018")]
        for role in ROLES:
            staff_id = staff[0].id if role == "staff" else None
            user = accounts.add_user(session, role, HASH, role, staff_id=staff_id)
            if role == "lead":
                accounts.set_windows(session, user, [windows[0].id])


class Api:
    """The application with its database `db` and what was queued."""

    def __init__(self, db: Database, folder: Path, **settings: Any) -> None:
        self.db = db
        self.queue = Queue()
        told = {"data": folder / "data", **settings}
        known = Settings(**told) if settings else plain_settings().model_copy(update=told)
        self.services = Services(settings=known, database=db, audio=AudioStore(known), jobs=self.queue)
        self.app = with_shared_routes(build(self.services), "api")
        self.client = client_of(self.app, raise_server_exceptions=False)

    def headers(self, who: str | None, *scopes: str) -> dict[str, str]:
        """Those of the user of this role or name, or of a key with these scopes (all, if none is named)."""
        with self.db.write() as session:
            if who is None:
                key, _ = users.add_key(session, "key", scopes or sorted(SCOPES))
                return {"Authorization": f"Bearer {key}"}
            user = accounts.user_named(session, who)
            assert user is not None
            token, row = accounts.sign_in(session, user.id, 1.0)
            return {"Cookie": f"{COOKIE}={token}", CSRF_HEADER: row.csrf}

    def people(self) -> None:
        """Two members of staff at two windows, and a user of each role."""
        people(self.db)

    def ask(self, method: str, path: str, who: str | None = None, **more: Any) -> Response:
        """Ask as a user of this role, or with a key that may do everything."""
        headers = self.headers(who) | more.pop("headers", {})
        return self.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def get(self, path: str, who: str | None = None, **more: Any) -> Any:
        """The JSON answer of a question that must succeed."""
        answer = self.ask("GET", path, who, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, content: bytes = b"sound", name: str = "call.wav", **known: Any) -> Response:
        """Send a recording with a key."""
        headers = known.pop("headers", {})
        known = {"setting": "counter"} | known
        files = {"file": (name, content, "audio/wav"), "metadata": (None, json.dumps(known), "application/json")}
        return self.ask("POST", "/recordings", files=files, headers=headers)

    def audited(self, number: int, *texts: str, staff: int | None = None, window: int | None = None) -> int:
        """A recording with an audit in which the first text broke a rule."""
        audit = audit_of(*texts, findings=(finding("forbidden.dont-know", "fail", texts[0], points=5.0),))
        with self.db.write() as session:
            return audited(session, number, audit, staff_id=staff, window_id=window)


@contextmanager
def opened(folder: Path, template: Path | None = None) -> Iterator[Api]:
    """The application over what lies in a folder; a template brings the database, or a whole folder to begin with."""
    if template is not None and template.is_dir():
        shutil.copytree(template, folder, dirs_exist_ok=True)
    elif template is not None:
        shutil.copy(template, folder / "application.sqlite")
    database = Database(f"sqlite:///{folder / 'application.sqlite'}")
    yield Api(database, folder)
    database.close()
