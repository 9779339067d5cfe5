"""Puts a backup back into an installation that holds nothing, after every file was compared with its checksum."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import delete

from service.audio import AudioStore
from service.backup import folder, postgresql, sqlite
from service.backup.folder import Advance, Manifest, SoundFile
from service.cleanup import PREFIXES
from service.errors import ConflictError, ServiceError
from service.settings import Settings
from service.store import Database
from service.store.accounts import UserSession
from service.store.database import revisions

_RULES: Final = "rules/"
_LABELS: Final = "labels/"
_DATABASE: Final = "database/"
_OLD_INSTALLATION: Final = "请恢复到新的、空的安装:另换数据文件夹、数据库和录音存放处"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came back. `missing` counts listed sounds that the audio store lacks."""

    revision: str
    sounds: int
    missing: int
    rules: Path | None


def size(backup: Path, manifest: Manifest) -> int:
    """Return how many bytes are read: all once to compare, database and sound once more to put back."""
    sound = sum(sound.size for sound in folder.sounds(backup)) if manifest.sounds_copied else 0
    data = sum(item.size for item in manifest.items if item.path.startswith(_DATABASE))
    return sum(item.size for item in manifest.items) + data + 2 * sound


def restore(backup: Path, manifest: Manifest, settings: Settings, advance: Advance) -> Restored:
    """Put all back and bring the schema up to date. The database comes last: what breaks off can be begun again.

    Raises ConflictError if the backup is damaged or made by a newer program, or if the installation holds anything;
    UnavailableError.
    """
    _refuse(manifest, settings)
    folder.check(backup, manifest, advance)
    audio = AudioStore(settings)
    _refuse_sounds(backup, manifest, audio)
    missing = 0
    for sound in folder.sounds(backup):
        if manifest.sounds_copied:
            _put(audio, folder.sound_path(backup, sound.name), sound, advance)
        else:
            missing += not audio.exists(sound.name)
    rules = _folder(backup, manifest, _RULES, settings.lexicons)
    _folder(backup, manifest, _LABELS, settings.label_models)
    _database(backup, manifest, settings, advance)
    return Restored(revision=manifest.revision, sounds=manifest.sounds, missing=missing, rules=rules)


def _refuse(manifest: Manifest, settings: Settings) -> None:
    wanted = "sqlite" if settings.on_sqlite else "postgresql"
    if manifest.backend != wanted:
        raise ConflictError("database_url", f"备份来自 {manifest.backend},这里是 {wanted}", "请用同一种数据库")
    if manifest.revision not in revisions():
        raise ConflictError("备份", f"它的数据库结构({manifest.revision})比这个程序新", "请先升级程序")
    if settings.on_sqlite:
        _refuse_files(sqlite.file_of(settings.database), sqlite.file_of(settings.jobs))
        return
    database = Database(settings.database)
    try:
        if not database.empty():
            raise ConflictError("数据库", "不是空的", _OLD_INSTALLATION)
    finally:
        database.close()


def _refuse_files(*files: Path) -> None:
    for file in files:
        if file.exists():
            raise ConflictError(file, "已经有数据库", _OLD_INSTALLATION)


def _refuse_sounds(backup: Path, manifest: Manifest, audio: AudioStore) -> None:
    """Let sounds of this backup be there: a restore that broke off is begun again. Raises ConflictError for others."""
    if not manifest.sounds_copied:
        return
    for number in range(PREFIXES):
        for name, _ in audio.names(f"{number:02x}"):
            if not folder.sound_path(backup, name).is_file():
                raise ConflictError("录音存储", "里面有不属于这个备份的录音", _OLD_INSTALLATION)


def _put(audio: AudioStore, path: Path, sound: SoundFile, advance: Advance) -> None:
    with audio.scratch() as draft:
        _, sha256 = folder.write(draft, folder.pieces(path, advance))
        if sha256 != sound.sha256:
            raise ConflictError(sound.name, "在恢复的时候被改动", "请把备份放到别人不能写的地方,再恢复")
        audio.place(draft, sound.name)


def _folder(backup: Path, manifest: Manifest, under: str, place: Path | None) -> Path | None:
    """Put what lies `under` a folder of the backup where the settings want it, if nothing is there; return where."""
    if place is None or (place.exists() and any(place.iterdir())):
        return None
    for item in manifest.items:
        if item.path.startswith(under):
            folder.write(place / item.path.removeprefix(under), folder.pieces(folder.inside(backup, item.path)))
    return place


def _database(backup: Path, manifest: Manifest, settings: Settings, advance: Advance) -> None:
    if settings.on_sqlite:
        _sqlite(backup, sqlite.file_of(settings.database), advance)
        return
    database = Database(settings.database)
    try:
        database.migrate(manifest.revision)
        postgresql.load(database, backup, manifest.tables, advance)
        _brought_up(database)
    finally:
        database.close()


def _sqlite(backup: Path, file: Path, advance: Advance) -> None:
    """Prepare it under another name: a database that is there is whole."""
    draft = file.with_name(f"{file.name}.restoring")
    draft.unlink(missing_ok=True)
    folder.write(draft, folder.pieces(folder.inside(backup, sqlite.FILE), advance))
    try:
        sqlite.require_sound(draft)
        database = Database(f"sqlite:///{draft.absolute()}")
        try:
            _brought_up(database)
        finally:
            database.close()
        sqlite.settle(draft)
    except ServiceError:
        draft.unlink()
        raise
    with folder.told(str(file)):
        draft.rename(file)


def _brought_up(database: Database) -> None:
    """Migrate; nobody is signed in there: what was a session then may be long over."""
    database.migrate()
    with database.write() as session:
        session.execute(delete(UserSession))
