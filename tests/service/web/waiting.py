"""What waits for a person, as the tests of its pages have it: recordings of a recorder whose facts are not enough."""

from __future__ import annotations

import shutil
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response

from service.sources import Source
from service.store import Database, intake
from service.store.intake import NewPending
from tests.service.web_kit import Web


def with_box(template: Path, folder: Path) -> Web:
    """An application with people and a recorder, "box", whose extensions are registered under a prefix."""
    database = Database(f"sqlite:///{shutil.copy(template, folder / 'application.sqlite')}")
    box = Source(name="box", kind="name", setting="phone", pattern=r"(?P<staff>\d+)", prefix="8")
    found = Web(database, folder, intake=(box,))
    found.people()
    return found


def waits(web: Web, content: bytes = b"sound", name: str = "20260302-091500.wav", **known: str) -> int:
    """A recording of the box that waits, its sound kept."""
    with web.services.audio.draft() as draft:
        draft.write(content)
        stored = web.services.audio.keep(draft) if content else None
    new = NewPending(
        sha256=stored.sha256 if stored else None,
        size=len(content),
        file_name=name,
        media_type="audio/wav",
        source="box",
        reasons=["排班:当时窗口 A01 没有人", "不知道是哪个窗口"],
        known=known,
    )
    with web.db.write() as session:
        return intake.add(session, new).id


def send(web: Web, browser: TestClient, number: int, act: str, **fields: str) -> Response:
    return browser.post(f"/pending/{number}/{act}", data={"csrf": web.csrf, **fields})
