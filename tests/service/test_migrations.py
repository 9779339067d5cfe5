"""Every earlier schema becomes the present one, with its rows, on both databases."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

from service.store import tables
from service.store.database import MIGRATIONS, Database, alembic_config
from service.store.recordings import RecordingRow
from service.store.search import TranscriptText
from speechaudit.model import Call, CallFacts

ROOT = Path(__file__).parents[2]
REVISIONS = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()][::-1]


def shape(database: Database) -> dict[str, list[str]]:
    found = inspect(database.engine)
    return {table: sorted(c["name"] for c in found.get_columns(table)) for table in sorted(found.get_table_names())}


def test_the_revisions_form_one_line() -> None:
    assert [f"{n:04}" for n in range(1, len(REVISIONS) + 1)] == REVISIONS


def test_migrations_make_what_the_models_say(db: Database) -> None:
    with db.engine.connect() as connection:
        command.check(alembic_config(connection))
    assert set(tables.Base.metadata.tables) <= set(shape(db))


def test_every_earlier_revision_comes_up_to_date_with_its_rows(empty: Database) -> None:
    """A row is written at each revision and goes through all that follow; that none is left out, the last one tells."""
    for number, revision in enumerate(REVISIONS):
        empty.migrate(revision)
        with empty.write() as session:
            values = {"code": f"A{number:02}", "name": f"窗口{number}"}
            session.execute(text("INSERT INTO windows (code, name, active) VALUES (:code, :name, true)"), values)
    with empty.engine.connect() as connection:
        command.check(alembic_config(connection))
        names = connection.scalars(text("SELECT name FROM windows ORDER BY code")).all()
    assert names == [f"窗口{number}" for number in range(len(REVISIONS))]


def test_what_was_known_of_a_recording_becomes_its_facts(empty: Database) -> None:
    empty.migrate("0010")
    known = {"setting": "phone", "started_at": "2026-03-02 01:15:00.000000+00:00", "ring": 6.5, "way": "in"}
    with empty.write() as session:
        session.execute(
            text(
                "INSERT INTO recordings (sha256, size, file_name, media_type, setting, started_at, occurred_at,"
                " received_at, ring_seconds, staff_channel, direction, calls, extras, source, status, stage, progress,"
                " attempt, starts) VALUES ('a', 1, 'a.wav', 'audio/wav', :setting, :started_at, :started_at,"
                ' :started_at, :ring, 0, :way, \'[{"at": 3.0, "number": "A1"}]\', \'{"k": "v"}\', \'\', \'done\','
                " 'done', 1, 1, 1)"
            ),
            known,
        )
    empty.migrate()
    with empty.read() as session:
        (row,) = session.scalars(select(RecordingRow))
    assert row.facts == CallFacts(
        setting="phone",
        started_at=datetime(2026, 3, 2, 1, 15, tzinfo=UTC),
        ring_seconds=6.5,
        staff_channel=0,
        direction="in",
        calls=(Call(at=3.0, number="A1"),),
        extras={"k": "v"},
    )


def test_older_transcripts_are_searched_with_their_numbers_masked(empty: Database) -> None:
    empty.migrate("0019")
    with empty.write() as session:
        for number, folded in ((1, "电话一三八零零一三八\n零零零谢谢"), (2, "您好一共三份")):
            session.execute(
                text(
                    "INSERT INTO recordings (id, sha256, size, file_name, media_type, facts, occurred_at,"
                    " received_at, source, status, stage, progress, attempt, starts) VALUES (:id, :sha256, 1, 'a.wav',"
                    " 'audio/wav', '{}', '2026-03-02', '2026-03-02', '', 'done', 'done', 1, 1, 1)"
                ),
                {"id": number, "sha256": str(number)},
            )
            session.execute(
                text("INSERT INTO transcripts (recording_id, folded, grams) VALUES (:id, :folded, '')"),
                {"id": number, "folded": folded},
            )
    empty.migrate()
    with empty.read() as session:
        assert session.scalars(select(TranscriptText.shown).order_by(TranscriptText.recording_id)).all() == [
            "电话\n谢谢", None,
        ]  # fmt: skip


@pytest.mark.slow
def test_processes_that_start_together_migrate_once(empty: Database, empty_url: str) -> None:
    code = f"from service.store.database import Database; Database({empty_url!r}).migrate()"
    runs = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(2)]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert set(tables.Base.metadata.tables) <= set(shape(empty))


def test_sqlite_waits_and_keeps_foreign_keys(db: Database) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    with db.read() as session:
        pragmas = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("busy_timeout", "journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"busy_timeout": 15000, "journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}
