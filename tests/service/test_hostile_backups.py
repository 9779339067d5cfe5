"""A backup that somebody made or changed to do harm is refused; it writes nowhere else and does not hang."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine

from service.backup import commands, folder, postgresql, restoring
from service.backup.folder import BackupFile, Table
from service.errors import ServiceError
from service.settings import Settings
from tests.service.test_backup import Bytes, backup, settings_for, whole

__all__ = ["backup", "whole"]  # fixtures of the neighbours

DATABASE = "database/speechaudit.sqlite"


def new_place(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "new", f"sqlite:///{tmp_path / 'new' / 'a.sqlite'}")


def sealed(backup: Path, **changes: Any) -> None:
    """The manifest of an attacker, whose checksums are right."""
    manifest = folder.opened(backup).model_copy(update=changes)
    for name in ("manifest.json", "manifest.sha256"):
        (backup / name).unlink()
    folder.seal(backup, manifest)


def with_file(backup: Path, path: str, content: bytes) -> None:
    """Put a file into the backup, listed under this name instead of one of the same real path."""
    place = backup / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    told = BackupFile.model_construct(path=path, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    others = [item for item in folder.opened(backup).items if item.path != path]
    sealed(backup, items=(*others, told))


def refused(backup: Path, settings: Settings) -> str:
    with pytest.raises(ServiceError) as caught:
        restoring.restore(backup, folder.opened(backup), settings, Bytes())
    return str(caught.value)


@pytest.mark.parametrize("name", ["labels/{}", "labels/./a", "labels//a", "rules/a/../../../b", "/etc/b", "labels/"])
def test_a_name_that_leads_out_of_the_place_of_a_file_is_refused(backup: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside" / "keys"
    told = BackupFile.model_construct(path=name.format(outside), size=4, sha256=hashlib.sha256(b"harm").hexdigest())
    place = backup / "labels" / str(outside).lstrip("/")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"harm")
    sealed(backup, items=(*folder.opened(backup).items, told))
    with pytest.raises(ServiceError, match="读不懂"):
        restoring.restore(backup, folder.opened(backup), new_place(tmp_path), Bytes())
    assert not outside.exists()


def test_a_database_that_is_none_is_refused_and_leaves_nothing(backup: Path, tmp_path: Path) -> None:
    for content in (b"", b"no database" * 1000, (backup / DATABASE).read_bytes()[:20_000]):
        with_file(backup, DATABASE, content)
        assert "数据库" in refused(backup, new_place(tmp_path))
        assert not (tmp_path / "new" / "a.sqlite").exists()


def test_a_database_with_a_schema_of_its_own_is_refused(backup: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(backup / DATABASE)) as known:
        known.execute("CREATE TRIGGER harm AFTER INSERT ON log BEGIN DELETE FROM windows; END")
        known.commit()
    with_file(backup, DATABASE, (backup / DATABASE).read_bytes())
    assert "harm" in refused(backup, new_place(tmp_path))


@pytest.mark.parametrize("name", ["manifest.json", "manifest.sha256", "sounds.tsv", DATABASE])
@pytest.mark.parametrize("kind", ["pipe", "device", "loop"])
def test_what_is_no_file_is_refused_at_once(backup: Path, tmp_path: Path, name: str, kind: str) -> None:
    place = backup / name
    place.unlink()
    {"pipe": os.mkfifo, "device": lambda at: at.symlink_to("/dev/zero"), "loop": lambda at: at.symlink_to(at)}[kind](
        place
    )
    ran = CliRunner(env={"SPEECHAUDIT_DATA": str(tmp_path / "new")}).invoke(commands.restore, [str(backup)])
    assert isinstance(ran.exception, ServiceError), ran.exception
    assert not (tmp_path / "new" / "speechaudit.sqlite").exists()


def test_a_sound_under_the_name_of_another_is_refused(backup: Path, tmp_path: Path) -> None:
    (sound,) = (path for path in (backup / "sounds").rglob("*") if len(path.name) == 64)
    sound.write_bytes(b"other words")
    listed = (backup / "sounds.tsv").read_text().splitlines()
    own = f"{sound.name}\t11\t{hashlib.sha256(b'other words').hexdigest()}"
    lines = [own if line.startswith(f"{sound.name}\t") else line for line in listed]
    with_file(backup, "sounds.tsv", "".join(f"{line}\n" for line in lines).encode())
    assert sound.name[:12] in refused(backup, new_place(tmp_path))


def test_a_sound_that_is_a_link_is_not_followed(backup: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    sound = next(path for path in (backup / "sounds").rglob("*.webm"))
    secret.write_bytes(sound.read_bytes())
    sound.unlink()
    sound.symlink_to(secret)
    assert sound.name in refused(backup, new_place(tmp_path))


def test_tables_that_are_not_ours_are_refused(whole: Path) -> None:
    for name, columns in (("pg_authid", ("rolname",)), ("windows", ("id\x00",)), ("alembic_version", ("version_num",))):
        with (
            create_engine(f"sqlite:///{whole / DATABASE}").connect() as connection,
            pytest.raises(ServiceError, match="清单"),
        ):
            postgresql.require_ours(connection, (Table(name=name, columns=columns),))
