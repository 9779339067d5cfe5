"""A backup holds everything, tells what is damaged, and comes back into an empty installation from every schema."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner
from sqlalchemy import select, text, update

from service.audio import AudioStore
from service.backup import commands, folder, making, restoring
from service.backup.folder import Manifest
from service.errors import ConflictError
from service.issuing import difference, monthly
from service.issuing.drafting import Days, Drafting
from service.settings import Settings
from service.sources import Source
from service.store import Database, centre, issued, sources
from service.store.audits import FindingRow
from service.store.centre import Window
from service.store.database import alembic_config, revisions
from service.store.issued import IssuedReport, Stood, Subject
from service.store.logbook import LogEntry
from speechaudit.reports import ReportSettings
from speechaudit.reports.html import paper_page
from tests.service.service_kit import POLICY, audit_of, audited, finding

from .conftest import new_database

SOUND = b"RIFF" + bytes(range(256)) * 8000  # two pieces


def settings_for(place: Path, url: str, **more: object) -> Settings:
    place.mkdir(parents=True, exist_ok=True)
    return Settings(data=place, database_url=url, **more)  # type: ignore[arg-type]


def url_of(place: Path, like: str) -> str:
    """An empty database of the same kind."""
    if like.startswith("sqlite"):
        return f"sqlite:///{place / 'speechaudit.sqlite'}"
    return new_database(like)


class Bytes:
    """Counts what progress tells."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, some: int) -> None:
        self.done += some


@pytest.fixture
def old(tmp_path: Path, empty_url: str) -> Settings:
    return settings_for(tmp_path / "old", empty_url)


def filled(old: Settings, revision: str = "head") -> Database:
    """A database of that revision with a window, and two files of sound."""
    database = Database(old.database)
    database.migrate(revision)
    with database.write() as session:
        session.execute(text("INSERT INTO windows (code, name, active) VALUES ('A01', '综合\t一号\\窗', true)"))
    audio = AudioStore(old)
    stored = audio.put([SOUND])
    with audio.scratch() as path:
        path.write_bytes(b"copy")
        audio.place(path, f"{stored.sha256}.webm")
    return database


def made(old: Settings, target: Path, *, copies: bool = True, revision: str = "head") -> Manifest:
    database = filled(old, revision)
    try:
        installed = making.Installation(settings=old, database=database, audio=AudioStore(old), copies_sound=copies)
        return making.make(installed, target, Bytes())
    finally:
        database.close()


def new_place(old: Settings, tmp_path: Path, **more: object) -> Settings:
    return settings_for(tmp_path / "new", url_of(tmp_path / "new", old.database), **more)


def test_issued_reports_come_back_as_they_were_issued(old: Settings, tmp_path: Path) -> None:
    """With their corrections, the words they quote and the verdicts they stood on, decided otherwise since."""
    database = filled(old)
    with database.write() as session:
        (window,) = centre.windows(session)
        said = finding("forbidden.dont-know", "fail", "不知道", points=5.0)
        audited(session, 1, audit_of("不知道", findings=(said,)), window_id=window.id)
    drafting = Drafting(old, database, lambda: ReportSettings.of(POLICY))
    subjects = (Subject(window_id=window.id), Subject())
    first, _ = (monthly.keep(database, drafting.draft(of, Days.of_month("2026-03"), "督查")) for of in subjects)
    monthly.keep(database, drafting.draft(subjects[0], Days.of_month("2026-03"), "督查", first), replaces=first)
    with database.write() as session:
        session.execute(update(FindingRow).values(verdict="pass", points=0.0))
    before = issued_in(database)
    installed = making.Installation(settings=old, database=database, audio=AudioStore(old), copies_sound=True)
    manifest = making.make(installed, tmp_path / "backup", Bytes())
    database.close()
    new = new_place(old, tmp_path)
    restoring.restore(tmp_path / "backup", manifest, new, Bytes())
    database = Database(new.database)
    after = issued_in(database)
    database.close()
    assert after == before
    assert [(kind, replaces) for kind, replaces, *_ in after] == [("window", None), ("centre", None), ("window", first)]
    assert all("不知道" in page and basis[0].verdict == "fail" for *_, basis, page in after)


def issued_in(database: Database) -> list[tuple[str, int | None, str, list[Stood], str]]:
    """Each issued report: of what, what it corrects, its digest, what it stood on, and its page."""
    with database.read() as session:
        rows = session.scalars(select(IssuedReport).order_by(IssuedReport.id)).all()
        return [
            (row.kind, row.replaces, row.digest, issued.basis_of(row), paper_page(difference.paper_of(session, row)))
            for row in (issued.get(session, each.id) for each in rows)
        ]


# While one works, the oldest and the newest are enough.
OLDER = [pytest.param(each, marks=pytest.mark.slow) for each in revisions()[1:-1]]


@pytest.mark.parametrize("revision", [revisions()[0], *OLDER, revisions()[-1]])
def test_every_earlier_schema_comes_back_up_to_date(old: Settings, tmp_path: Path, revision: str) -> None:
    manifest = made(old, tmp_path / "backup", revision=revision)
    assert (manifest.revision, manifest.sounds) == (revision, 2)
    new = new_place(old, tmp_path)
    progress = Bytes()
    done = restoring.restore(tmp_path / "backup", folder.opened(tmp_path / "backup"), new, progress)
    assert (done.revision, done.sounds, done.missing, done.rules) == (revision, 2, 0, None)
    assert progress.done == restoring.size(tmp_path / "backup", manifest)
    database = Database(new.database)
    try:
        with database.engine.connect() as connection:
            command.check(alembic_config(connection))
        with database.write() as session:
            assert session.scalars(select(Window.name)).all() == ["综合\t一号\\窗"]
            session.add(Window(code="A02", name="二号"))  # numbered behind those that came back
    finally:
        database.close()
    name = folder.sounds(tmp_path / "backup").__next__().name
    assert b"".join(AudioStore(new).read(name)) == SOUND
    assert AudioStore(new).parts(name) == (".webm",)


def test_a_backup_holds_rules_and_settings_but_no_secrets_of_the_environment(
    old: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECHAUDIT_CONFIG", str(tmp_path / "own.toml"))
    monkeypatch.setenv("SPEECHAUDIT_SMTP_PASSWORD", "geheim")
    (tmp_path / "own.toml").write_text('profile = "default"\n')
    old.label_models.mkdir(parents=True)
    (old.label_models / "in-force.txt").write_text("centre-1.safetensors\n")
    manifest = made(old, tmp_path / "backup")
    assert (tmp_path / "backup" / "settings.toml").read_text() == 'profile = "default"\n'
    assert "SMTP_PASSWORD=(不在备份里)" in (tmp_path / "backup" / "environment.txt").read_text()
    assert "geheim" not in (tmp_path / "backup" / "environment.txt").read_text()
    assert any(item.path.startswith("rules/rules/") for item in manifest.items)
    new = new_place(old, tmp_path, lexicons=tmp_path / "lexicons")
    done = restoring.restore(tmp_path / "backup", manifest, new, Bytes())
    assert done.rules == tmp_path / "lexicons"
    assert (tmp_path / "lexicons" / "lists").is_dir()
    assert (new.label_models / "in-force.txt").read_text() == "centre-1.safetensors\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that each test may damage in a copy of its own."""
    folder = tmp_path_factory.mktemp("whole")
    made(settings_for(folder / "old", f"sqlite:///{folder / 'old' / 'a.sqlite'}"), folder / "backup")
    return folder / "backup"


@pytest.fixture
def backup(whole: Path, tmp_path: Path) -> Path:
    return shutil.copytree(whole, tmp_path / "backup")


def refused(backup: Path, settings: Settings) -> str:
    with pytest.raises(ConflictError) as caught:
        restoring.restore(backup, folder.opened(backup), settings, Bytes())
    return str(caught.value)


@pytest.mark.parametrize("what", ["database/speechaudit.sqlite", "sounds.tsv", "manifest.json", "sound", "gone"])
def test_what_is_damaged_is_found_before_anything_is_written(backup: Path, tmp_path: Path, what: str) -> None:
    sound = next(path for path in (backup / "sounds").rglob("*") if path.suffix == ".webm")
    victim = sound if what in ("sound", "gone") else backup / what
    content = victim.read_bytes()
    victim.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    if what == "gone":
        victim.unlink()
    new = settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'a.sqlite'}")
    assert ("没有这个文件" if what == "gone" else "与校验和不符") in refused(backup, new)
    assert list((tmp_path / "new").iterdir()) == []


def test_nothing_is_restored_over_an_installation(whole: Path, backup: Path, tmp_path: Path) -> None:
    there = whole.parent / "old" / "a.sqlite"
    assert "已经有数据库" in refused(backup, settings_for(tmp_path, f"sqlite:///{there}"))
    new = settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'a.sqlite'}")
    AudioStore(new).put([b"of another"])
    assert "不属于这个备份" in refused(backup, new)


def test_nothing_is_restored_over_tables_of_postgresql(postgres: str, tmp_path: Path) -> None:
    old = settings_for(tmp_path / "old", new_database(postgres))
    made(old, tmp_path / "backup")
    assert "数据库:不是空的" in refused(tmp_path / "backup", old)


def test_another_kind_of_database_and_a_newer_schema_are_refused(backup: Path, tmp_path: Path) -> None:
    other = settings_for(tmp_path / "new", "postgresql+psycopg://a:b@nowhere/c")
    assert "备份来自 sqlite" in refused(backup, other)
    manifest = folder.opened(backup).model_copy(update={"revision": "9999"})
    for name in ("manifest.json", "manifest.sha256"):
        (backup / name).unlink()
    folder.seal(backup, manifest)
    new = settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'a.sqlite'}")
    assert "比这个程序新" in refused(backup, new)


def test_a_folder_that_is_no_backup_or_leads_elsewhere(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="不是完整的备份"):
        folder.opened(tmp_path)
    with pytest.raises(ConflictError, match="不在备份的文件夹里"):
        folder.inside(backup, "../old/a.sqlite")
    (backup / "sounds.tsv").write_text("../../etc/passwd\t1\t\n")
    with pytest.raises(ConflictError, match="第1行"):
        list(folder.sounds(backup))


def test_a_list_of_sounds_tells_what_is_missing(tmp_path: Path) -> None:
    old = settings_for(tmp_path / "old", f"sqlite:///{tmp_path / 'old' / 'a.sqlite'}")
    manifest = made(old, tmp_path / "backup", copies=False)
    assert (manifest.sounds_copied, (tmp_path / "backup" / "sounds").exists()) == (False, False)
    new = settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'a.sqlite'}")
    assert restoring.restore(tmp_path / "backup", manifest, new, Bytes()).missing == 2


def test_a_sound_that_the_disk_has_changed_is_told_when_it_is_backed_up(tmp_path: Path) -> None:
    old = settings_for(tmp_path / "old", f"sqlite:///{tmp_path / 'old' / 'a.sqlite'}")
    database = filled(old)
    (path,) = (path for path in (tmp_path / "old" / "audio").rglob("*") if len(path.name) == 64)
    path.write_bytes(SOUND + b"x")
    installed = making.Installation(settings=old, database=database, audio=AudioStore(old), copies_sound=True)
    with pytest.raises(ConflictError, match="已损坏"):
        making.make(installed, tmp_path / "backup", Bytes())
    database.close()
    assert not (tmp_path / "backup").exists()


def test_a_backup_is_of_one_moment_while_others_write(tmp_path: Path) -> None:
    """The copy goes page by page; what is written between two steps is not in it."""
    from service.backup import sqlite

    old = settings_for(tmp_path / "old", f"sqlite:///{tmp_path / 'old' / 'a.sqlite'}")
    database = filled(old)
    with database.write() as session:
        session.add_all(Window(code=f"W{n}", name="x" * 2000) for n in range(5000))
    written = 0

    def write_beside(_bytes: int) -> None:
        nonlocal written
        with database.write() as session:
            session.add(Window(code=f"later{written}", name="x"))
        written += 1

    sqlite.dump(old.database, tmp_path / "copy.sqlite", write_beside)
    database.close()
    with closing(sqlite3.connect(tmp_path / "copy.sqlite")) as copy:
        assert copy.execute("SELECT count(*) FROM windows").fetchone() == (5001,)
    assert written > 1


def test_the_commands_back_up_restore_and_note_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHAUDIT_DATA", str(tmp_path / "old"))
    box = Source(name="box", kind="box", setting="phone", prefix="b-")
    database = filled(Settings())
    with database.write() as writing:
        sources.put(writing, box, "admin", active=True)
    database.close()
    ran = CliRunner().invoke(commands.backup, [str(tmp_path / "backup")], catch_exceptions=False)
    assert (ran.exit_code, "声音文件 2 个(复制)" in ran.output) == (0, True)
    monkeypatch.setenv("SPEECHAUDIT_DATA", str(tmp_path / "new"))
    ran = CliRunner().invoke(commands.restore, [str(tmp_path / "backup")], catch_exceptions=False)
    assert (ran.exit_code, "声音文件 2 个" in ran.output) == (0, True)
    database = Database(Settings().database)
    with database.read() as session:
        assert session.scalars(select(LogEntry.action).order_by(LogEntry.id)).all() == [
            "speechaudit backup",
            "speechaudit restore",
        ]
        assert list(sources.active(session)) == [box]
    database.close()
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text())["backend"] == "sqlite"
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
