"""Settings come from environment and file, and what cannot be used is refused with key and cure."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service import settings, settings_page
from service.errors import ConfigError
from service.rules import Rules
from speechaudit.rules.schema import Measure

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_any_setting_everything_lies_in_the_data_folder(alone: Path) -> None:
    read = settings.load()
    assert read.database == f"sqlite:///{alone}/speechaudit-data/speechaudit.sqlite"
    assert read.jobs == f"sqlite:///{alone}/speechaudit-data/jobs.sqlite"
    assert read.audio == f"{alone}/speechaudit-data/audio"
    assert read.works_inside
    assert read.upload_limit == 2 * 1024**3


def test_nobody_else_on_the_machine_reads_what_is_made(alone: Path) -> None:
    """Whatever the shell says, and in a folder that an earlier version left open."""
    from service.audio import AudioStore
    from service.store import Database

    before = os.umask(0o022)
    try:
        (alone / "speechaudit-data").mkdir()
        read = settings.load()
        sound = AudioStore(read).put([b"sound"]).sha256
        database = Database(read.database)
        database.check()
        database.close()
    finally:
        os.umask(before)
    made = [alone / "speechaudit-data", *(alone / "speechaudit-data").rglob("*")]
    assert {path.name for path in made} >= {sound, "speechaudit.sqlite"}
    assert {path.name: f"{path.stat().st_mode & 0o077:03o}" for path in made if path.stat().st_mode & 0o077} == {}


def test_environment_wins_over_the_file(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / "speechaudit.toml").write_text('port = 9000\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("SPEECHAUDIT_PORT", "9100")
    read = settings.load()
    assert (read.host, read.port) == ("0.0.0.0", 9100)


def test_the_file_may_lie_elsewhere(alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (alone / "other.toml").write_text("worker_jobs = 3")
    monkeypatch.setenv("SPEECHAUDIT_CONFIG", str(alone / "other.toml"))
    assert settings.load().worker_jobs == 3


def test_with_postgresql_jobs_lie_beside_and_workers_run_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHAUDIT_DATABASE_URL", "postgresql+psycopg://audit:p@db/audit")
    read = settings.load()
    assert read.jobs == read.database
    assert not read.works_inside


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SPEECHAUDIT_PORT", "http", "应为整数"),
        ("SPEECHAUDIT_PORT", "70000", "不大于 65535"),
        ("SPEECHAUDIT_PROT", "8000", "拼错"),
        ("SPEECHAUDIT_DATABASE_URL", "mysql://db", "postgresql"),
        ("SPEECHAUDIT_TIMEZONE", "Beijing", "Asia/Shanghai"),
        ("SPEECHAUDIT_LOG_LEVEL", "loud", "INFO"),
        ("SPEECHAUDIT_WORKER_INSIDE", "perhaps", "true"),
        ("SPEECHAUDIT_CONFIG", "nowhere.toml", "没有这个文件"),
        ("SPEECHAUDIT_HEARTBEAT_SECONDS", "20", "dead_after_seconds"),
    ],
)
def test_wrong_settings_are_refused_with_their_cure(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=complaint) as told:
        settings.load()
    assert told.value.cure


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("", None),
        ("ring_limit_seconds = 20", 20.0),
        ("ring_limit_rings = 4", 16.0),
        ("ring_limit_rings = 4\nring_tone_seconds = 2\nring_pause_seconds = 3", 17.0),
    ],
)
def test_a_centre_sets_its_own_limit_of_ringing_and_the_cadence(alone: Path, text: str, seconds: float | None) -> None:
    (alone / "speechaudit.toml").write_text(text)
    limit = settings.load().ring_limit
    assert (limit and limit.seconds) == seconds
    (alone / "speechaudit.toml").write_text(text + "\nprofile = 'hotline-gbt-33358'")
    (rule,) = (rule for rule in Rules(settings.load())().rules if rule.id == "phone.ring-limit")
    assert isinstance(rule, Measure)
    assert rule.maximum == (seconds or 15.0)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("ring_limit_rings = 3\nring_limit_seconds = 9", "都写了"),
        ("prot = 1", "拼错"),
        ("port = ", "TOML"),
        ("port = 'x'", "整数"),
    ],
)
def test_a_wrong_file_is_refused(alone: Path, text: str, complaint: str) -> None:
    (alone / "speechaudit.toml").write_text(text)
    with pytest.raises(ConfigError, match=complaint):
        settings.load()


def test_the_key_of_the_audio_storage_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHAUDIT_AUDIO_SECRET", "tell-nobody")
    assert "tell-nobody" not in repr(settings.load())


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_page.page(), "run: python -m service.settings_page"
