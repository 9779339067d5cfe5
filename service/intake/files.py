"""Files of a watched folder: which are there, whether they are still being written, and how they move."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from speechaudit.errors import printable
from speechaudit.text import file_name_form

DONE, FAILED = "done", "failed"
REASON: Final = ".reason.txt"
SOUNDS: Final = frozenset(
    {".wav", ".mp3", ".ogg", ".opus", ".oga", ".flac", ".m4a", ".mp4", ".aac", ".amr", ".wma", ".gsm", ".au", ".aif"}
    | {".aiff", ".w64", ".webm", ".3gp", ".caf", ".vox"}
)
# Names that programs give to what they are still writing; after them comes the rename.
_UNFINISHED: Final = (".", "~")
_LONGEST_NAME: Final = 255
_CHUNK: Final = 1024 * 1024
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Size in bytes and time of the last change, in nanoseconds: a file that is being written changes one of them."""

    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file in the folder."""

    path: Path
    state: State


def files(folder: Path, depth: int = 0) -> Iterator[FoundFile]:
    """Yield all regular files below a folder in order of their names; no links are followed, nothing hidden is seen.

    Left out are names of unfinished files (`.x`, `~x`) and the places of what is done. Raises OSError.
    """
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if entry.name.startswith(_UNFINISHED) or (depth == 0 and entry.name in {DONE, FAILED}):
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < _DEEPEST:
                yield from files(Path(entry.path), depth + 1)
        elif entry.is_file(follow_symlinks=False) and (state := _state(entry)):
            yield FoundFile(path=Path(entry.path), state=state)


def _state(entry: os.DirEntry[str]) -> State | None:
    try:
        stat = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # taken away by whoever wrote it
        return None
    return State(size=stat.st_size, mtime_ns=stat.st_mtime_ns)


def shown(path: Path) -> str:
    """Return the name as text: UTF-8, or GBK as Chinese devices write it to shares."""
    raw = path.name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def written(found: FoundFile) -> datetime:
    """Return when a file was written last."""
    return datetime.fromtimestamp(found.state.mtime_ns / 1e9, UTC)


def is_sound(path: Path) -> bool:
    """Return whether a name says that it is a recording; .tmp, .part and all else is left alone."""
    return path.suffix.casefold() in SOUNDS


def place_and_stem(path: Path) -> tuple[Path, str]:
    """Return what a recording and the file beside it share, however written: case, width, and Unicode form."""
    return path.parent, file_name_form(path.stem)


def has_sound(path: Path) -> bool:
    """Return whether a recording lies beside where this file would be, under the same name."""
    try:
        beside = list(path.parent.iterdir())
    except FileNotFoundError:
        return False
    return any(is_sound(each) and place_and_stem(each) == place_and_stem(path) for each in beside)


class Settling:
    """Which files have not changed for a while. Kept in memory only: after a restart everything settles anew."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._seen: dict[Path, tuple[State, float]] = {}

    def note(self, found: list[FoundFile]) -> None:
        """Remember what is there now, and forget what is gone."""
        now = time.monotonic()
        seen: dict[Path, tuple[State, float]] = {}
        for each in found:
            before = self._seen.get(each.path)
            seen[each.path] = before if before and before[0] == each.state else (each.state, now)
        self._seen = seen

    def waited(self, path: Path) -> float:
        """Return the seconds since it changed or was first seen; 0 for a file not there at the last look."""
        seen = self._seen.get(path)
        return time.monotonic() - seen[1] if seen else 0.0

    def knows(self, path: Path) -> bool:
        """Return whether it was there at the last look, as a regular file."""
        return path in self._seen

    def settled(self, path: Path) -> bool:
        """Return whether it was there at the last look and has not changed for the set time."""
        return self.knows(path) and self.waited(path) >= self._seconds


def pieces(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a regular file; a link or a pipe that took its place is not opened. Raises OSError."""
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(number, "rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def unchanged(found: FoundFile) -> bool:
    """Return whether a file is still as it was found. Raises FileNotFoundError once it is gone."""
    stat = found.path.stat(follow_symlinks=False)
    return State(size=stat.st_size, mtime_ns=stat.st_mtime_ns) == found.state


def move(folder: Path, path: Path, place: str, mark: str) -> Path | None:
    """Move a file below `folder/place`, with its subfolders, in one step; gives where, None if it is gone already.

    Another file of this name there stays: the newcomer gets `mark` into its name. Raises OSError.
    """
    target = folder / place / path.relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists() or target.is_symlink():
        target = target.with_name(_marked(target, mark))
    try:
        path.rename(target)
    except FileNotFoundError:
        return None
    return target


def _marked(path: Path, mark: str) -> str:
    room = _LONGEST_NAME - len(os.fsencode(path.suffix)) - len(mark) - 1
    return f"{os.fsdecode(os.fsencode(path.stem)[:room])}.{mark}{path.suffix}"


def explain(folder: Path, path: Path, place: str, mark: str, reasons: str) -> None:
    """Write what is to be known of a file, beside where in `folder/place` it is going to be. Raises OSError."""
    target = folder / place / path.relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    name = target.name + REASON
    if len(os.fsencode(name)) > _LONGEST_NAME:
        name = f"{mark}{REASON}"
    draft = target.with_name(f".{mark}{REASON}")
    draft.write_text(f"{printable(path.name)}\n{reasons}\n", encoding="utf-8", errors="backslashreplace")
    draft.replace(target.with_name(name))
