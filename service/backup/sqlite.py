"""The SQLite database as one file: as it was at one moment, while others go on writing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from service.backup.folder import Advance
from service.errors import ConflictError, UnavailableError

FILE: Final = "database/speechaudit.sqlite"
_PAGES: Final = 2048  # at once


def file_of(url: str) -> Path:
    """Return the file of the database. Raises ConflictError for one that is only in memory."""
    name = make_url(url).database
    if not name or name == ":memory:":
        raise ConflictError("database_url", "SQLite 数据库不是文件,不能备份或恢复", "请在 database_url 里写文件")
    return Path(name)


def dump(url: str, target: Path, advance: Advance) -> None:
    """Copy the database. Raises UnavailableError; ConflictError if the copy is not sound."""
    source = file_of(url)
    last = 0

    def step(_status: int, remaining: int, total: int) -> None:
        nonlocal last
        done = (total - remaining) * page
        advance(max(0, done - last))
        last = done

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as old:
            page = old.execute("PRAGMA page_size").fetchone()[0]
            old.execute("BEGIN")
            old.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on others' writes are not seen
            with closing(sqlite3.connect(target)) as new:
                old.backup(new, pages=_PAGES, progress=step, sleep=0)
                sound = new.execute("PRAGMA quick_check(1)").fetchone()[0]
    except (OSError, sqlite3.Error) as problem:
        raise UnavailableError("数据库", f"不能备份({problem})", "请检查磁盘空间和权限,然后重试") from problem
    settle(target)
    if sound != "ok":
        raise ConflictError("数据库", f"已损坏({sound})", "请从较早的备份恢复")


def require_sound(file: Path) -> None:
    """Raise ConflictError for what is no sound database, or has statements in it that no version of ours has."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            sound = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            known = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            acting = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view')"
            ).fetchall()
    except sqlite3.Error as problem:
        raise ConflictError("数据库", f"不是完好的 SQLite 数据库({problem})", "请换一份备份") from problem
    if sound != "ok" or ("alembic_version",) not in known:
        raise ConflictError("数据库", f"不是完好的本系统数据库({sound})", "请换一份备份")
    if foreign := sorted(name for name, sql in acting if sql not in _own_statements()):
        raise ConflictError("数据库", f"有不是本系统的触发器或视图({'、'.join(foreign)[:100]})", "请换一份可信的备份")


def _own_statements() -> frozenset[str]:
    """Return the statements that act by themselves in a database of ours."""
    own = import_module("service.store.migrations.versions.0002_search").SQLITE
    return frozenset(each for each in own if each.startswith("CREATE TRIGGER"))


def settle(file: Path) -> None:
    """Bring a database that nobody uses into its one file, to be renamed. Raises UnavailableError."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as problem:
        raise UnavailableError("数据库", f"不能写({problem})", "请检查磁盘空间和权限,然后重试") from problem
