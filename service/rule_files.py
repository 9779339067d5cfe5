"""The files of the rulebook as pages write them: whole or not at all, nobody's over somebody else's, the old ones kept.

Each change lies as a JSON file in `history/` of the same folder, with who made it and both texts.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from service.errors import ConflictError, UnavailableError
from service.settings import Settings
from service.store.base import now

_HISTORY: Final = "history"
_READABLE: Final = 0o644  # by the workers, which may be another user's
_STAMP: Final = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One change of a file: by whom and when, the text before (empty: there was none) and after."""

    at: str
    by: str
    before: str
    after: str

    @property
    def moment(self) -> datetime:
        """When it was, in UTC."""
        return datetime.fromisoformat(self.at)


def digest_of(text: str) -> str:
    """Return what tells one text from another; that of no file is empty."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def writable(settings: Settings) -> bool:
    """Return whether the rules lie in a folder of the centre's own that this process may write to."""
    folder = settings.lexicons
    return folder is not None and all(os.access(each, os.W_OK) for each in (folder, folder / "rules"))


def read(folder: Path, name: str) -> str:
    """Return a file of the folder; empty if there is none. Raises UnavailableError."""
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as problem:
        raise UnavailableError(name, "无法读取", "请检查文件的权限和编码(UTF-8)") from problem


def write(folder: Path, name: str, text: str, *, seen: str, by: str) -> None:
    """Replace a file of the folder. `seen` is the digest of the text that its author began with.

    Raises ConflictError if it says something else by now, UnavailableError if it cannot be written.
    """
    try:
        with _alone(folder):
            before = read(folder, name)
            if digest_of(before) != seen:
                raise ConflictError(name, "别人刚刚改过", "您写的还在,没有写下。请对照现在的文件改好,再保存")
            if before != text:
                _keep(folder, name, FileChange(at=now().isoformat(), by=by, before=before, after=text))
                _replace(folder / name, text)
    except OSError as problem:
        raise UnavailableError(name, "写不下去", "请检查规则文件夹的权限和磁盘空间;原来的文件没有动") from problem


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    (folder / _HISTORY).mkdir(exist_ok=True)
    with (folder / _HISTORY / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(folder: Path, name: str, change: FileChange) -> None:
    path = _history_of(folder, name) / f"{change.moment.strftime(_STAMP)}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, json.dumps(asdict(change), ensure_ascii=False))


def _replace(path: Path, text: str) -> None:
    """Write beside and rename: whoever reads meanwhile gets the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if path.is_file():
        shutil.copymode(path, beside)
    else:
        beside.chmod(_READABLE)
    beside.replace(path)


def _history_of(folder: Path, name: str) -> Path:
    return folder / _HISTORY / Path(name).with_suffix("")


def changes(folder: Path, name: str, most: int = 50) -> tuple[FileChange, ...]:
    """Return the last changes of a file that pages made, newest first. Raises UnavailableError."""
    paths = sorted(_history_of(folder, name).glob("*.json"), reverse=True)[:most]
    try:
        return tuple(FileChange(**json.loads(path.read_text(encoding="utf-8"))) for path in paths)
    except (OSError, ValueError, TypeError) as problem:
        raise UnavailableError(name, "以前的版本无法读取", "请检查规则文件夹里的 history") from problem
