"""`speechaudit backup` and `speechaudit restore`."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from service.store import Database

_FOLDER = click.Path(path_type=Path, file_okay=False)


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar with the time that is left, on the terminal's error stream."""
    from rich.console import Console

    from speechaudit.cli.progress import bars

    with bars(Console(stderr=True)) as shown:
        task = shown.add_task(what, total=max(1, total))
        yield lambda done: shown.advance(task, done)


def _note(database: Database, action: str, what: str) -> None:
    from service.store import logbook

    with database.write() as session:
        logbook.note(session, who="shell", name=getpass.getuser(), action=f"speechaudit {action}", what=what)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--list-audio", is_flag=True, help="不复制录音,只列清单(录音存放处自己有备份时)。")
def backup(folder: Path, list_audio: bool) -> None:
    """把整个安装备份到新文件夹 FOLDER:数据库、录音、规则和设置,都带校验和;服务可以不停。"""
    from service import settings
    from service.audio import AudioStore
    from service.backup import making
    from service.store import Database
    from service.store.database import revisions

    known = settings.load()
    database = Database(known.database)
    try:
        if database.revision() == revisions()[0]:  # an older one, before an upgrade, may have no log or another one
            _note(database, "backup", str(folder))
        installed = making.Installation(
            settings=known, database=database, audio=AudioStore(known), copies_sound=not list_audio
        )
        with _bar("备份", installed.size()) as advance:
            made = making.make(installed, folder.absolute(), advance)
    finally:
        database.close()
    how = "复制" if made.sounds_copied else "只列清单,请另外备份录音存放处"
    click.echo(f"已备份到 {folder}:数据库结构 {made.revision},声音文件 {made.sounds} 个({how})")


@click.command()
@click.argument("folder", type=_FOLDER)
def restore(folder: Path) -> None:
    """核对备份 FOLDER 的校验和,恢复到空的安装,并把数据库结构升级到这个程序的版本。"""
    from service import settings
    from service.backup import folder as backups
    from service.backup import restoring
    from service.store import Database

    known = settings.load()
    manifest = backups.opened(folder)
    with _bar("恢复", restoring.size(folder, manifest)) as advance:
        done = restoring.restore(folder, manifest, known, advance)
    database = Database(known.database)
    try:
        _note(database, "restore", f"{folder} ({manifest.made_at:%Y-%m-%d %H:%M}Z)")
    finally:
        database.close()
    click.echo(
        f"已恢复 {manifest.made_at:%Y-%m-%d %H:%M}Z 的备份:数据库结构原为 {done.revision},声音文件 {done.sounds} 个"
    )
    if done.missing:
        click.echo(f"注意:清单里有 {done.missing} 个声音文件不在录音存放处", err=True)
    where = f"已放到 {done.rules}" if done.rules else f"没有动,备份里的在 {folder / 'rules'}"
    click.echo(f"规则{where};设置在 {folder / 'settings.toml'} 和 environment.txt,请对照")
