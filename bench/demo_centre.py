"""A demo centre of any size: each recording of `speechaudit demo-data` stands for many, with rows of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, text, update

from bench import filling
from service import demo
from service.auth import passwords
from service.settings import Settings
from service.store import Database
from service.store.audits import AuditRow, EncounterRow, FindingRow, HearingRow, TallyRow
from service.store.base import now
from service.store.logbook import LogEntry
from service.store.recordings import RecordingRow
from service.store.search import TranscriptText
from service.summing import Summing

PEOPLE, BUSIEST, ENTRIES, MADE = 50, (1, 2, 3), 200_000, 5_000
_CHUNK: Final = 5_000


def filled(settings: Settings, recordings: int) -> Database:
    """Return a database with the demo centre, one of whose people has three people's work."""
    database = Database(settings.database)
    database.migrate()
    with database.read() as session:
        there = session.scalar(select(func.count()).select_from(RecordingRow)) or 0
    if there < recordings:
        made = recordings if recordings < MADE else MADE
        if there < made:
            demo.fill(settings, database, people=PEOPLE, recordings=made, password=passwords.generated())
        multiply(database, recordings // made)
        with database.write() as session:
            for table in (RecordingRow, FindingRow):
                session.execute(update(table).where(table.staff_id.in_(BUSIEST)).values(staff_id=BUSIEST[0]))
        log(database)
        while Summing(database).run():
            pass
        filling.analyze(database)
    return database


def multiply(database: Database, times: int) -> None:
    """Let the database make so many of each recording, with all that belongs to it."""
    tables = (RecordingRow, HearingRow, TranscriptText, AuditRow, EncounterRow, FindingRow, TallyRow)
    with database.read() as session:
        most = {table: session.scalar(select(func.max(_key(table)))) or 0 for table in tables}
    steps = {"id": 0, "recording_id": most[RecordingRow], "audit_id": most[AuditRow]}
    for number in range(1, times):
        with database.write() as session:
            for table in tables:
                names = [each.key for each in table.__mapper__.column_attrs]
                shifted = steps | {"id": most[table]}
                values = [_copied(table, name, shifted, number) for name in names]
                rows = select(*values).where(_key(table) <= most[table])
                session.execute(insert(table).from_select(names, rows))
    if database.engine.dialect.name == "postgresql":
        with database.write() as session:
            for name in (table.__tablename__ for table in tables if hasattr(table, "id")):
                given = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))"  # noqa: S608
                session.execute(text(given))


def _key(table: Any) -> Any:
    return table.id if hasattr(table, "id") else table.recording_id


def _copied(table: Any, name: str, steps: Mapping[str, int], number: int) -> Any:
    """Return a column of the rows that are made of others: numbers further on, what is unique with another end."""
    column = getattr(table, name)
    if name in steps:
        return column + number * steps[name]
    if name == "sha256":
        return func.substr(column, 1, 60).op("||")(f"{number:04}")
    return column.op("||")(f"-{number}") if name == "run" else column


def log(database: Database) -> None:
    """Add as many entries as a centre makes in some months; they are no chain."""
    first = now() - timedelta(days=30)
    for start in range(0, ENTRIES, _CHUNK):
        rows = [
            {
                "at": first + timedelta(seconds=12 * n), "who": f"user:{1 + n % 4}", "name": "ducha", "kind": "seen",
                "action": "GET /api/v1/recordings/{recording_id}", "what": f"/recordings/{1 + n % 9999}",
                "hash": hashlib.sha256(f"bench {n}".encode()).hexdigest(), "recording_id": 1 + n % 9999,
                "staff_id": 1 + n % PEOPLE,
            }
            for n in range(start, start + _CHUNK)
        ]  # fmt: skip
        with database.write() as session:
            session.execute(insert(LogEntry), rows)
