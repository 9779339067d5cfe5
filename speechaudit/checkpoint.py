"""Finished pieces of the hearing of a long recording, on disk until all of it is heard: a crash costs one piece.

They lie in the cache folder, one file for each recording (by the hash of its bytes) and way of hearing, one line of
JSON for each piece. A line counts once its line break is written, so a crash in the middle of one loses only that one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from speechaudit.cache import cache_folder, sha256
from speechaudit.errors import AudioError
from speechaudit.model import MadeBy, Span, Word

FOLDER = "partial"
SUFFIX = ".pieces"
SHORTEST_KEPT = 300.0  # seconds; what is shorter is heard again
MAX_AGE = 30 * 24 * 3600.0  # seconds after which nobody comes back for the rest

log = logging.getLogger(__name__)


class Checkpoint(ABC):
    """The finished pieces of one recording, by name."""

    @abstractmethod
    def get(self, name: str) -> Any:
        """Return the piece of this name as it was put, through JSON; None if it is not there."""

    @abstractmethod
    def put(self, name: str, piece: Any) -> None:
        """Keep a finished piece."""

    def words(self, name: str, hear: Callable[[], Iterable[Word]]) -> tuple[Word, ...]:
        """Return the words of this name, heard only if they are not there."""
        if (found := self.get(name)) is None:
            heard = tuple(hear())
            self.put(name, [(word.start, word.end, word.text, word.confidence) for word in heard])
            return heard
        return tuple(Word(start=start, end=end, text=text, confidence=sure) for start, end, text, sure in found)

    def spans(self, name: str, find: Callable[[], Iterable[Span]]) -> tuple[Span, ...]:
        """Return the spans of this name, looked for only if they are not there."""
        if (found := self.get(name)) is None:
            spans = tuple(find())
            self.put(name, [(span.start, span.end) for span in spans])
            return spans
        return tuple(Span(start=start, end=end) for start, end in found)


class NullCheckpoint(Checkpoint):
    """Keeps nothing: a short recording is heard again."""

    def get(self, name: str) -> Any:  # noqa: ARG002 - the interface's signature
        """Return None."""
        return None

    def put(self, name: str, piece: Any) -> None:
        """Forget the piece."""


NO_CHECKPOINT = NullCheckpoint()


class FileCheckpoint(Checkpoint):
    """What was finished of one recording. A disk that cannot be written is no error: then nothing is kept."""

    def __init__(self, recording: Path, made_by: MadeBy, folder: Path | None = None) -> None:
        self._recording = recording
        self._made_by = made_by
        self._folder = folder or cache_folder() / FOLDER

    @cached_property
    def path(self) -> Path:
        """Where the pieces lie."""
        how = hashlib.sha256(json.dumps(asdict(self._made_by), sort_keys=True).encode()).hexdigest()
        return self._folder / f"{sha256(self._recording)[:32]}-{how[:16]}{SUFFIX}"

    @cached_property
    def _found(self) -> dict[str, Any]:
        """Whole lines of the file; what a crash left of another line is cut off, or the next line would join it."""
        try:
            content = self.path.read_bytes() if self.path.is_file() else b""
            whole = content.rfind(b"\n") + 1
            if whole < len(content):
                os.truncate(self.path, whole)
            return dict(json.loads(line) for line in content[:whole].splitlines())
        except (OSError, ValueError) as problem:
            log.warning("finished pieces in %s cannot be used: %s", self.path, problem)
            return {}

    def get(self, name: str) -> Any:
        """Return the piece of this name."""
        return self._found.get(name)

    def put(self, name: str, piece: Any) -> None:
        """Keep a finished piece; it is on disk when this returns."""
        self._found[name] = piece
        try:
            self._append(json.dumps([name, piece]).encode() + b"\n")
        except OSError as problem:
            log.warning("a finished piece cannot be kept in %s: %s", self.path, problem)

    def _append(self, line: bytes) -> None:
        if not self.path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _forget_old(self._folder)
        with open(self.path, "ab", opener=_private) as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def forget(self) -> None:
        """Delete the pieces, if any were looked for: all is heard."""
        if "path" in self.__dict__:
            _delete(self.path)


@contextmanager
def open_checkpoint(recording: Path, made_by: MadeBy, folder: Path | None = None) -> Iterator[FileCheckpoint]:
    """Open the checkpoint of a recording; pieces stay after a crash or Ctrl-C, and go when the block ends.

    A recording that cannot be used (AudioError) has come to its end too; other errors (a profile that cannot be read, a
    network that cannot be loaded) have a cure, after which the rest is heard.
    """
    checkpoint = FileCheckpoint(recording, made_by, folder)
    try:
        yield checkpoint
    except AudioError:
        checkpoint.forget()
        raise
    checkpoint.forget()


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner may read: it holds what was said."""
    return os.open(path, flags, 0o600)


def _forget_old(folder: Path) -> None:
    for path in folder.glob(f"*{SUFFIX}"):
        _delete(path, older_than=MAX_AGE)


def _delete(path: Path, older_than: float = -math.inf) -> None:
    """Delete a file of that age in seconds, if it is there. What is heard is worth more than a tidy folder."""
    try:
        if time.time() - path.stat().st_mtime > older_than:
            path.unlink()
    except FileNotFoundError:
        pass  # never written, or another process was here first
    except OSError as problem:
        log.warning("finished pieces in %s cannot be deleted: %s", path, problem)
