"""The files of a sample, as they lie on the disk."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

from service.errors import RequestError
from service.intake.checking import MOST_FILES
from service.intake.files import FoundFile, State, files


def of(places: Iterable[Path]) -> tuple[FoundFile, ...]:
    """Return files and those of folders, one more than are looked at at most. Raises RequestError, OSError."""
    return tuple(islice(chain.from_iterable(map(_below, places)), MOST_FILES + 1))


def _below(place: Path) -> tuple[FoundFile, ...]:
    if place.is_dir():
        found = tuple(islice(files(place), MOST_FILES + 1))
        if not found:
            raise RequestError(str(place), "里面没有文件", "请选有样本的文件夹")
        return found
    if not place.is_file():
        raise RequestError(str(place), "不是文件", "请选一个录音或通话记录")
    stat = place.stat()
    return (FoundFile(path=place, state=State(size=stat.st_size, mtime_ns=stat.st_mtime_ns)),)
