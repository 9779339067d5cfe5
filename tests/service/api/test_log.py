"""Who listened to, saw, changed or exported what is noted, and no line of it changes unnoticed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, select, update

from service.api.access import ROUTES, UNNOTED
from service.auth.refusals import Refusals
from service.store import Database, accounts, logbook
from service.store.logbook import LogEntry
from speechaudit.cli import main
from tests.service.api_kit import Api


def filled(database: Database, number: int = 5) -> str:
    with database.write() as session:
        for n in range(number):
            last = logbook.note(session, who="user:1", name="甲", action="GET /x", what=f"/x/{n}")
    return last.hash


def test_a_sound_chain_is_sound(db: Database) -> None:
    with db.read() as session:
        assert logbook.check(session) == logbook.Checked(entries=0, head="", broken=None)
    head = filled(db)
    with db.read() as session:
        assert logbook.check(session, head) == logbook.Checked(entries=5, head=head, broken=None)


@pytest.mark.parametrize("column", ["id", "who", "name", "action", "what", "at", "hash", "recording_id", "staff_id"])
def test_a_changed_line_is_found(db: Database, column: str) -> None:
    filled(db)
    with db.write() as session:
        value = session.scalar(select(func.max(LogEntry.at))) if column == "at" else 99 if "id" in column else "other"
        session.execute(update(LogEntry).where(LogEntry.id == 3).values({column: value}))
    with db.read() as session:
        assert logbook.check(session).broken == (4 if column == "id" else 3)


def test_an_edit_is_not_told_as_a_cut(db: Database) -> None:
    head = filled(db)
    with db.write() as session:
        session.execute(update(LogEntry).where(LogEntry.id == 3).values(what="other"))
    with db.read() as session:
        edited = logbook.check(session, head)
    assert (edited.broken, edited.cut) == (3, False)
    with db.write() as session:
        session.execute(delete(LogEntry).where(LogEntry.id >= 3))
    with db.read() as session:
        assert logbook.check(session, head) == replace(edited, cut=True)


def test_entries_of_older_versions_still_count(db: Database) -> None:
    """Their hashes know no numbers."""
    filled(db, 2)
    before = ""
    with db.write() as session:
        for row in session.scalars(select(LogEntry).order_by(LogEntry.id)):
            told = [before, row.at.isoformat(), row.who, row.name, row.action, row.what]
            row.hash = before = hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
    head = filled(db, 2)
    with db.read() as session:
        assert logbook.check(session, head) == logbook.Checked(entries=4, head=head, broken=None)
        session.execute(update(LogEntry).where(LogEntry.id == 2).values(what="other"))
        assert logbook.check(session, head).broken == 2


def test_whose_recording_it_was_is_kept_when_it_is_gone(api: Api) -> None:
    api.people()
    api.audited(1, "不知道", staff=2, window=1)
    (found,) = api.get("/findings", "inspector")["items"]
    api.get(f"/findings/{found['id']}", "inspector")
    api.ask("DELETE", "/recordings/1", "admin")
    about = [(row["kind"], row["recording"], row["staff"], row["there"]) for row in kinds(api)]
    staff = {"number": "1018", "name": "工号1018"}
    assert about == [("deleted", 1, staff, False), ("seen", 1, staff, False), ("seen", None, None, False)]
    assert len(api.get("/log?staff=1018", "admin")) == 2


def kinds(api: Api) -> list[dict[str, object]]:
    found = api.get("/log", "admin")
    with api.db.read() as session:
        known = {row.id: row.kind for row in session.scalars(select(LogEntry))}
    return [row | {"kind": known[row["id"]]} for row in found]


def test_a_missing_line_is_found_and_a_lost_end_by_a_noted_hash(db: Database) -> None:
    head = filled(db)
    with db.write() as session:
        session.execute(delete(LogEntry).where(LogEntry.id == 5))
    with db.read() as session:
        assert logbook.check(session).broken is None
        assert logbook.check(session, head).broken == 5
    with db.write() as session:
        session.execute(delete(LogEntry).where(LogEntry.id == 2))
    with db.read() as session:
        assert logbook.check(session).broken == 3


def test_many_write_at_once_and_the_chain_holds(db: Database) -> None:
    threads = [Thread(daemon=True, target=filled, args=(db, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.read() as session:
        checked = logbook.check(session)
    assert (checked.entries, checked.broken) == (40, None)


def test_what_people_do_is_noted_with_what_they_did_it_to(api: Api) -> None:
    api.people()
    api.audited(1, "不知道", staff=1, window=1)
    api.get("/recordings/1/audit", "staff")
    api.get("/reports/staff/1017?format=json", "inspector")
    api.get("/recordings/1/audit", "lead")
    assert api.ask("DELETE", "/recordings/1", "lead").status_code == 403
    assert api.ask("GET", "/recordings/7", "staff").status_code == 404
    api.ask("DELETE", "/recordings/1", "admin")
    noted = [(row["name"], row["action"], row["what"]) for row in api.get("/log", "admin")]
    assert noted == [
        ("admin", "DELETE /api/v1/recordings/{recording_id}", "/api/v1/recordings/1"),
        ("staff", "refused 404 GET /api/v1/recordings/{recording_id}", "/api/v1/recordings/7"),
        ("lead", "refused 403 DELETE /api/v1/recordings/{recording_id}", "/api/v1/recordings/1"),
        ("lead", "GET /api/v1/recordings/{recording_id}/audit", "/api/v1/recordings/1/audit"),
        ("inspector", "GET /api/v1/reports/staff/{number}", "/api/v1/reports/staff/1017?format=json"),
        ("staff", "GET /api/v1/recordings/{recording_id}/audit", "/api/v1/recordings/1/audit"),
    ]
    assert api.get("/log?limit=1", "admin")[0]["action"] == "GET /api/v1/log"
    assert api.get("/log?before=2", "admin")[0]["id"] == 1


def test_failed_sign_ins_and_strangers_with_keys_are_noted(api: Api) -> None:
    api.people()
    for name, password in (("admin", "a-wrong-guess"), ("my-password-by-mistake", "x")):
        assert api.client.post("/api/v1/session", json={"name": name, "password": password}).status_code == 401
    assert api.client.get("/api/v1/staff", headers={"Authorization": "Bearer nothing"}).status_code == 401
    assert api.client.get("/api/v1/staff").status_code == 401, "an open page whose session is over is no news"
    admin = accounts_id(api)
    assert [(row["who"], row["name"], row["action"], row["what"]) for row in api.get("/log")][::-1] == [
        (admin, "admin", "failed sign-in", "testclient"),
        ("stranger", "", "failed sign-in", "testclient"),
        ("stranger", "testclient", "refused 401 GET /api/v1/staff", "/api/v1/staff"),
    ]


def accounts_id(api: Api) -> str:
    with api.db.read() as session:
        user = accounts.user_named(session, "admin")
    assert user is not None
    return f"user:{user.id}"


def test_a_flood_of_refusals_is_counted_and_not_written(api: Api) -> None:
    api.people()
    headers = api.headers("staff")
    for _ in range(35):
        assert api.client.get("/api/v1/users", headers=headers).status_code == 403
    assert len(api.get("/log?limit=100")) == 30
    refusals = Refusals(most=1)
    assert [refusals.admit("a"), refusals.admit("a"), refusals.admit("b")] == [0, None, 0]
    with patch("time.monotonic", return_value=time.monotonic() + 61):
        assert [refusals.admit("a"), refusals.admit("a")] == [1, None]


def test_many_senders_share_one_bound_instead_of_the_memory() -> None:
    refusals = Refusals(most=1)
    assert [refusals.admit(f"sender {n}") for n in range(1002)].count(None) == 1


def test_an_address_is_noted_whole_or_not_answered(api: Api) -> None:
    texts = "&".join(f"text={'a' * 1000}" for _ in range(3)) + "&text=real"
    assert api.ask("GET", f"/recordings?{texts}").status_code == 200
    assert api.get("/log")[0]["what"].endswith("&text=real")
    assert api.ask("GET", f"/recordings?text={'a' * 9000}").status_code == 414


def test_what_is_not_noted_exists_and_shows_nobody() -> None:
    assert set(ROUTES) >= UNNOTED
    assert all(route.startswith("GET ") for route in UNNOTED)


def test_a_key_in_an_address_is_not_noted(api: Api) -> None:
    assert api.ask("GET", "/staff?key=secret").status_code == 200
    assert [row["what"] for row in api.get("/log")] == ["/api/v1/staff"]


def test_no_odd_character_keeps_an_act_out_of_the_log(both: Api) -> None:
    assert both.ask("PUT", "/windows/A01?x=%00a%0Ab", json={"name": "一号"}).status_code == 200
    assert [row["what"] for row in both.get("/log")] == ["/api/v1/windows/A01?x=?a?b"]


def test_numbers_that_were_searched_for_are_masked_in_the_log(api: Api) -> None:
    api.get("/search?text=320106199003071234")
    api.get("/recordings?text=13812345678&since=2026-03-01")
    noted = [row["what"] for row in api.get("/log")]
    assert noted == [f"/api/v1/recordings?text={'*' * 11}&since=2026-03-01", f"/api/v1/search?text={'*' * 18}"]


def test_the_command_finds_a_line_that_was_changed_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHAUDIT_DATA", str(tmp_path))
    run = CliRunner()
    assert run.invoke(main, ["user", "add", "chief", "--role", "admin", "--generate"]).exit_code == 0
    assert run.invoke(main, ["key", "add", "box", "--scope", "recordings:write"]).exit_code == 0
    sound = run.invoke(main, ["log", "verify"])
    assert (sound.exit_code, "完好:2 条" in sound.output) == (0, True)
    shown = run.invoke(main, ["log", "show"]).output
    assert "speechaudit key add\t1 box (recordings:write)" in shown
    assert "+08:00\t" in shown
    file = sqlite3.connect(tmp_path / "speechaudit.sqlite")
    with file:
        file.execute("UPDATE log SET what = 'nobody (admin)' WHERE id = 1")
    file.close()
    broken = run.invoke(main, ["log", "verify"])
    assert broken.exit_code == 2
    assert "第 1 条:被改动" in broken.output
