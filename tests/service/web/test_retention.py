"""保存期限 says what is kept how long, what is deleted next, what an appeal holds, and what was deleted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from service.audio import AudioStore
from service.retention import Retention
from service.settings import Settings
from service.store import Database, accounts, audits, logbook, retention, workers
from service.store.base import now
from service.store.recordings import RecordingRow
from service.store.reviews import cases
from speechaudit.reviews import Statement
from tests.service.web_kit import Web, read, text_of

OLD = {1: 100, 2: 89, 3: 70, 4: 65, 5: 1}  # days since each recording came


@pytest.fixture
def kept(sqlite_template: Path, tmp_path: Path) -> Web:
    """Sound is kept for 90 days: one is due, one tomorrow, one within the month, one in appeal, one is new."""
    file = tmp_path / "application.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    web = Web(Database(f"sqlite:///{file}"), tmp_path, keep_audio_days=90)
    web.people()
    for number, days in OLD.items():
        web.audited(number, "不知道", staff=1, window=1)
        with web.db.write() as session:
            came = now() - timedelta(days=days)
            session.execute(update(RecordingRow).where(RecordingRow.id == number).values(received_at=came))
    with web.db.write() as session:
        (row,) = audits.findings_of(session, audits.current(session, 4).id)
        user = accounts.user_named(session, "staff")
        assert user is not None
        cases.appeal(session, row, Statement(user_id=user.id, reason="不是我"), days=365)
    return web


def test_what_comes_what_is_held_and_what_was_deleted_is_told(kept: Web) -> None:
    browser = kept.browser("inspector")
    shown = text_of(page := browser.get("/retention"))
    assert "声音和试听用的声音90 天设置文件的 keep_audio_days" in shown and "转写和搜索的文字不删除" in shown
    assert "今天之内到期 1 个，今后 30 天另有 2 个" in shown
    assert "编号 4 工号1017（1017），窗口1 申诉中" in shown and "从未删除过" in shown
    assert "没有 worker 在运行，不会自动删除" in shown
    ways = [way for way in read(page).links if way.startswith("/recordings/")]
    assert ways == ["/recordings/1", "/recordings/2", "/recordings/3", "/recordings/4"]
    known = kept.services.settings
    Retention(known, kept.db, AudioStore(known)).run()
    with kept.db.write() as session:
        workers.register(session, "first-1", host="first", pid=1, version="1")
        workers.beat(session, "first-1", {"retention": "ok"})
    shown = text_of(browser.get("/retention"))
    assert "过去 30 天：声音和试听用的声音 1 个" in shown and "worker first-1：每小时检查一次，正常" in shown
    assert "今天之内到期 0 个，今后 30 天另有 2 个" in shown
    logged = text_of(browser.get("/log?who=retention"))
    assert "保存期限 到期删除声音 编号 1 工号1017 1017 窗口1" in logged, logged
    assert "声音 90 天" in text_of(browser.get("/settings"))


def test_counts_go_by_day_of_the_centre_on_both_databases(db: Database) -> None:
    with db.read() as session:
        edges = [now() + timedelta(days=number) for number in range(3)]
        assert retention.coming(session, "audio", edges) == (0, 0, 0)


def test_no_limit_ever_deletes_from_the_log(kept: Web) -> None:
    """It has to be kept for six months at least; there is no setting that could say less."""
    assert [name for name in Settings.model_fields if name.startswith("keep_")] == [
        "keep_audio_days", "keep_transcript_days", "keep_audit_days", "keep_report_days",
    ]  # fmt: skip
    with kept.db.write() as session:
        logbook.note(session, who="user:1", name="甲", action="GET /recordings/{recording_id}", what="/recordings/1")
        session.execute(update(logbook.LogEntry).values(at=now() - timedelta(days=3000)))
    strict = Settings(data=kept.services.settings.data, keep_audio_days=1, keep_transcript_days=1, keep_audit_days=1)
    Retention(strict, kept.db, AudioStore(strict)).run()
    with kept.db.read() as session:
        (oldest,) = logbook.entries(session, logbook.LogFilters(who="user:1"))
        assert (oldest.id, oldest.recording_id) == (1, 1)
