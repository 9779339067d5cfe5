"""A centre with two lines, and recorders' files that look real."""

from __future__ import annotations

import io
import math
import struct
import wave
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from service.intake.folder import Folder
from service.sources import Source
from service.store import Database, centre, intake
from service.store.intake import Pending
from service.store.recordings import RecordingRow
from tests.service.api_kit import Api

# 2025-03-27 09:25:17 in Beijing.
MORNING = datetime(2025, 3, 27, 1, 25, 17, tzinfo=UTC)
BEIJING = ZoneInfo("Asia/Shanghai")


def wav(number: int = 0, channels: int = 1, seconds: float = 0.2) -> bytes:
    """A short tone; each number sounds different."""
    frames = round(8000 * seconds)
    tone = [round(8000 * math.sin(2 * math.pi * (300 + number) * n / 8000)) for n in range(frames)]
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"".join(struct.pack("<h", value) * channels for value in tone))
    return file.getvalue()


def local(moment: datetime) -> str:
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def people(db: Database) -> None:
    """Extension 3201 rings at window A01, with 工号 1017 in the morning and 1018 later; 3202 at A02, without roster."""
    noon = MORNING.replace(hour=4, minute=0, second=0)
    with db.write() as session:
        windows = [centre.put_window(session, f"A0{n}", f"窗口{n}") for n in (1, 2)]
        staff = [centre.put_staff(session, number, f"工号{number}") for number in ("1017", "1018")]
        for number, window in (("3201", windows[0]), ("3202", windows[1])):
            centre.put_extension(session, number, window.id)
        centre.put_roster(session, windows[0].id, staff[0].id, noon - timedelta(hours=4), noon)
        centre.put_roster(session, windows[0].id, staff[1].id, noon, noon + timedelta(hours=5))


class Desk:
    """A folder of one recorder beside the application."""

    def __init__(self, api: Api, root: Path, **settings: Any) -> None:
        self.api = api
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        known: dict[str, Any] = {
            "name": "desk",
            "setting": "phone",
            "settle_seconds": 0,
            "wait_minutes": 0,
            "clock_hours": 1e6,
        }
        self.source = Source(folder=root, **(known | settings))
        self.folder = Folder(api.services, self.source)

    def put(self, name: str, content: bytes | str, written: datetime | None = None) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        if written:
            import os

            os.utime(path, (written.timestamp(), written.timestamp()))
        return path

    def scan(self) -> Counter[str]:
        return self.folder.scan()

    def recordings(self) -> list[RecordingRow]:
        with self.api.db.read() as session:
            found = list(session.scalars(select(RecordingRow).order_by(RecordingRow.id)))
            for row in found:
                _ = (row.staff, row.window)
            return found

    def only(self) -> RecordingRow:
        (row,) = self.recordings()
        return row

    def pending(self) -> list[Pending]:
        with self.api.db.read() as session:
            return list(reversed(intake.page(session, "waiting").items))

    def reasons(self) -> str:
        return "\n".join("\n".join(row.reasons) for row in self.pending())

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())


def who(row: RecordingRow) -> tuple[str | None, str | None, float | None, str | None, int | None]:
    """Staff, window, ring, direction and channel."""
    staff, window = row.staff.number if row.staff else None, row.window.code if row.window else None
    facts = row.facts
    return staff, window, facts.ring_seconds, facts.direction, facts.staff_channel


MakeDesk = Callable[..., Desk]
