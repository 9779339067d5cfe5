"""Makes a backup while the service runs: the database as it was at one moment, then the sound, then what is small."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from service import settings as settings_file
from service.audio import AudioStore
from service.backup import folder, postgresql, sqlite
from service.backup.folder import Advance, Manifest, SoundFile, Table
from service.cleanup import PREFIXES
from service.errors import ConflictError, NotFoundError
from service.settings import PREFIX, Settings
from service.store import Database
from speechaudit import __version__
from speechaudit.rules import rulebook

_SECRET: Final = frozenset({"DATABASE_URL", "JOBS_URL", "AUDIO_KEY", "AUDIO_SECRET", "SMTP_PASSWORD"})
_SMALL: Final = ("database", "rules", "labels", "settings.toml", "environment.txt", folder.SOUNDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is backed up, and whether the sound is copied or only listed."""

    settings: Settings
    database: Database
    audio: AudioStore
    copies_sound: bool

    def size(self) -> int:
        """Return about how many bytes will be written."""
        if self.settings.on_sqlite:
            data = sqlite.file_of(self.settings.database).stat().st_size
        else:
            with self.database.read() as session:
                data = postgresql.size(session.connection())
        return data + sum(size for _, size in self.sounds()) * self.copies_sound

    def sounds(self) -> Iterator[tuple[str, int]]:
        """Yield name and bytes of everything in the audio store; one part in 256 is listed at a time."""
        for number in range(PREFIXES):
            yield from self.audio.names(f"{number:02x}")


def make(installed: Installation, target: Path, advance: Advance) -> Manifest:
    """Write a backup into a new folder. Raises ConflictError if it is there, UnavailableError.

    Until all is written it is called `NAME.partial`: what broke off cannot be taken for a backup.
    """
    partial_one = target.with_name(f"{target.name}.partial")
    for taken in (target, partial_one):
        if taken.exists():
            raise ConflictError(taken, "已经存在", "请换一个新的文件夹名;没有做完的(.partial)可以删除")
    with folder.told(str(target)):
        partial_one.mkdir(parents=True, mode=0o700)
    manifest = _filled(installed, partial_one, advance)
    folder.seal(partial_one, manifest)
    with folder.told(str(target)):
        partial_one.rename(target)
    return manifest


def _filled(installed: Installation, target: Path, advance: Advance) -> Manifest:
    made_at = datetime.now(UTC)
    revision, tables = _database(installed, target, advance)
    count = 0

    def lines() -> Iterator[bytes]:
        nonlocal count
        for name, size in installed.sounds():
            if sound := _sound(installed, target, name, size, advance):
                count += 1
                yield folder.sound_line(sound)

    folder.write(target / folder.SOUNDS, lines())
    _small(installed.settings, target)
    return Manifest(
        made_at=made_at,
        program=__version__,
        backend="sqlite" if installed.settings.on_sqlite else "postgresql",
        revision=revision,
        tables=tables,
        sounds=count,
        sounds_copied=installed.copies_sound,
        items=folder.items_of(target, _SMALL),
    )


def _database(installed: Installation, target: Path, advance: Advance) -> tuple[str, tuple[Table, ...]]:
    """The revision of its schema, and the tables of PostgreSQL."""
    revision = installed.database.revision()
    if revision is None:
        raise NotFoundError("数据库", "是空的", "没有可以备份的内容")
    if installed.settings.on_sqlite:
        sqlite.dump(installed.settings.database, target / sqlite.FILE, advance)
        return revision, ()
    with installed.database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        return revision, postgresql.dump(connection, target, advance)


def _sound(installed: Installation, target: Path, name: str, size: int, advance: Advance) -> SoundFile | None:
    """A file of sound, copied if so wanted; None if it was deleted meanwhile."""
    if not installed.copies_sound:
        return SoundFile(name=name, size=size)
    path = folder.sound_path(target, name)
    try:
        written, sha256 = folder.write(path, installed.audio.read(name), advance)
    except NotFoundError:
        path.unlink(missing_ok=True)
        return None
    if "." not in name and sha256 != name:
        raise ConflictError(f"录音 {name[:12]}", "在存储中已损坏:内容与它的名字(SHA-256)不符", "请从较早的备份取回它")
    return SoundFile(name=name, size=written, sha256=sha256)


def _small(settings: Settings, target: Path) -> None:
    """Rules, learnt models and settings; of the environment no secrets, for they are kept elsewhere on purpose."""
    folder.copied(settings.lexicons or rulebook.default_folder(), target / "rules")
    if settings.label_models.is_dir():
        folder.copied(settings.label_models, target / "labels")
    if (file := settings_file.config_file()) and file.is_file():
        with folder.told(str(file)):
            folder.write(target / "settings.toml", (file.read_bytes(),))
    known = sorted((name, value) for name, value in os.environ.items() if name.upper().startswith(PREFIX))
    hidden = {PREFIX + name for name in _SECRET}
    lines = (f"{name}={'(不在备份里)' if name.upper() in hidden else value}\n" for name, value in known)
    folder.write(target / "environment.txt", ("".join(lines).encode("utf-8", "backslashreplace"),))
