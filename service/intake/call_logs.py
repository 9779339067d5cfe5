"""The calls of a source's logs, read again when a log changes, and found by the name of a recording."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path, PurePath
from typing import Final
from zoneinfo import ZoneInfo

from service.errors import RequestError, ServiceError
from service.ingest.call_record import CallRecord
from service.intake.growth import IN_ONE_PIECE, READERS, Growth, Seen
from service.intake.kinds.cdr import Records
from service.sources import Source, below
from speechaudit.text import file_name_form

MOST_BYTES: Final = 16 * 1024 * 1024
SAMPLE_BYTES: Final = 1024 * 1024
MOST_FILES: Final = 20_000
# After so many seconds without a change, the last line of a log is whole.
_QUIET: Final = 60
# Of more logs than so many nothing is kept that only serves to read them on.
_GROWING: Final = 4
# When it was written, when anything of it changed, its size, and whether it was written a while ago.
_State = tuple[int, int, int, bool]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Log:
    """A log as it was read: its state on the disk, its calls by name and number, and what is wrong with it."""

    state: _State
    calls: Records
    problem: str = ""
    seen: Seen | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLog:
    """The calls of a log, or what is wrong with it and how to mend that, in Chinese."""

    calls: tuple[CallRecord, ...] = ()
    problem: str = ""
    cure: str = ""


def read(path: Path, source: Source, zone: ZoneInfo, load: Callable[[Path], bytes], most: int | None = None) -> ReadLog:
    """Read a log as far as `load` gives it, and of its calls the first. Raises FileNotFoundError; all else is told."""
    return _told(lambda: islice(READERS[source.kind](load(path), source, zone), most))


def _told(calls: Callable[[], Iterable[CallRecord]]) -> ReadLog:
    try:
        return ReadLog(calls=tuple(calls()))
    except ServiceError as problem:
        return ReadLog(problem=problem.problem, cure=problem.cure)
    except FileNotFoundError:
        raise
    except OSError as problem:
        return ReadLog(problem=f"打不开({problem.strerror})", cure="请检查文件的权限")
    except (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, RecursionError) as problem:
        told = f"读不懂({type(problem).__name__}:{problem})"
        return ReadLog(problem=told, cure="请检查文件是否完整、种类是否选对")


class CallLogs:
    """The logs of one source."""

    def __init__(self, source: Source, zone: ZoneInfo, roots: Sequence[Path] | None = None) -> None:
        """Read the logs of a source; where there are `roots`, none that really lies elsewhere."""
        assert source.folder is not None
        self._source, self._zone, self._roots = source, zone, roots
        self._folder = source.folder
        self._logs: dict[Path, _Log] = {}
        self._found: Records = {}

    def refresh(self) -> None:
        """Read what is new or has changed; of very many files the newest count."""
        found = sorted(self._paths(), key=lambda item: item[1], reverse=True)[:MOST_FILES]
        logs = {path: self._current(path, state, keeps=n < _GROWING) for n, (path, state) in enumerate(found)}
        if logs != self._logs:
            self._logs, self._found = logs, _merged(each.calls for each in logs.values())

    def _paths(self) -> Iterator[tuple[Path, _State]]:
        """Yield the logs; links are followed only where the settings, and nobody who writes there, name the place."""
        pattern = PurePath(self._source.log or "")
        set_by_us = pattern.is_absolute()
        root = Path(pattern.anchor) if set_by_us else self._folder
        for path in root.glob(str(pattern.relative_to(pattern.anchor) if set_by_us else pattern)):
            with suppress(OSError):  # it was moved away, or may not be looked at
                if not path.is_file() or (path.is_symlink() and not set_by_us):
                    continue
                if self._roots is not None and not below(path.resolve(), self._roots):
                    continue
                stat = path.stat()
                yield path, (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, time.time() - stat.st_mtime > _QUIET)

    def _current(self, path: Path, state: _State, *, keeps: bool) -> _Log:
        known = self._logs.get(path)
        if known is not None and known.state == state:
            return known
        growth = Growth(known.calls, known.seen, keeps=keeps) if known else Growth({}, None, keeps=keeps)
        try:
            found = _told(lambda: growth.read(bounded(path, whole=state[-1]), self._source, self._zone))
        except FileNotFoundError:
            return _Log(state=state, calls={})  # it was moved away between the listing and now
        if not found.problem:
            return _Log(state=state, calls=_joined(growth.kept, by_name(found.calls)), seen=growth.seen)
        told = f"{path.name}:{found.problem}。{found.cure}"
        log.warning("call log %s cannot be read: %s", path, told)
        return _Log(state=state, calls={}, problem=told)

    def find(self, name: str, ids: Iterable[str], written: datetime) -> CallRecord | None:
        """Return the call of a recording; see `call_of`."""
        return call_of(self._found, (name, PurePath(name).stem, *ids), written, self._source.clock)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the logs, in Chinese; three of them at most."""
        yield from [each.problem for each in self._logs.values() if each.problem][:3]


def call_of(calls: Records, keys: Iterable[str], written: datetime, clock: timedelta) -> CallRecord | None:
    """Return the call of a recording: by the name of its file, else by the numbers of the call in the name (`keys`).

    Boxes that count from one every day use names again: the call is the one at the time when the file was written.
    """
    for key in keys:
        found = calls.get(file_name_form(key), [])
        if len(found) > 1:
            found = [each for each in found if _fits(each, written, clock)] or found
        if len(found) > 1:
            return CallRecord(doubts=(several(len(found)),))
        if found:
            return found[0]
    return None


def several(count: int) -> str:
    """Return the doubt that so many calls name one recording, in Chinese."""
    return f"通话记录里有 {count} 条指向这个录音"


def _fits(record: CallRecord, written: datetime, clock: timedelta) -> bool:
    ended = record.ended_at or record.started_at
    return ended is not None and abs(written - ended) <= clock


def by_name(calls: Iterable[CallRecord]) -> Records:
    """Return the calls by what their recordings may be called."""
    found: Records = {}
    for record in calls:
        names = {PurePath(record.file).stem, record.file} if record.file else set()
        for key in {*names, *record.ids}:
            found.setdefault(file_name_form(key), []).append(record)
    return found


def _joined(before: Records, fresh: Records) -> Records:
    return {**before, **{key: [*before.get(key, ()), *calls] for key, calls in fresh.items()}}


def _merged(parts: Iterable[Records]) -> Records:
    """Return the calls of all logs; what stands in two logs alike is one call."""
    whole: Records = {}
    for part in parts:
        for key, calls in part.items():
            known = whole.setdefault(key, [])
            known += [each for each in calls if each not in known]
    return whole


def beginning(path: Path) -> bytes:
    """Return a log, or of a long one its first lines, enough to know it by; what cannot be cut, like `bounded`."""
    with path.open("rb") as file:
        content = file.read(SAMPLE_BYTES)
    if content.startswith(IN_ONE_PIECE):
        return bounded(path, whole=True)
    return content if len(content) < SAMPLE_BYTES else content.rpartition(b"\n")[0] + b"\n"


def bounded(path: Path, *, whole: bool) -> bytes:
    """Return a log, or of a very long one its first line and its end, without a last line still being written.

    Raises RequestError for a very long one of a kind that cannot be cut.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(MOST_BYTES)
        if content.startswith(IN_ONE_PIECE):
            if size > MOST_BYTES:
                raise RequestError("通话记录", f"超过 {MOST_BYTES >> 20} MB", "请让录音设备按天或按月分开记录")
            return content
        if size > MOST_BYTES:
            head = content.partition(b"\n")[0] + b"\n"
            step = MOST_BYTES // 4  # the part that is read moves on by such, so that it can be known again
            file.seek(-(-(size - MOST_BYTES) // step) * step)
            content = head + file.read(MOST_BYTES).partition(b"\n")[2]
    return content if whole or content.endswith(b"\n") else content.rpartition(b"\n")[0] + b"\n"
