"""The sound of recordings, kept by its SHA-256 in a local folder or at any fsspec URL; nothing half stored is seen."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any

import fsspec
from fsspec.asyn import AsyncFileSystem, sync
from fsspec.implementations.local import LocalFileSystem

from service.errors import NotFoundError, TooLargeError, UnavailableError
from service.settings import Settings

_CHUNK = 1024 * 1024
_BLOCK = 8 * 1024 * 1024
_MEGABYTE = 1024 * 1024
# A storage that takes the connection and never answers is away after two tries; s3fs and botocore together make 25.
_S3_SECONDS, _S3_TRIES = 15.0, 2
_SLOWEST = 1_000_000.0  # bytes a second of an upload to it
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")  # a longer one may make a name of more than 255 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What was written: `size` in bytes. `new` is false if these bytes were there before."""

    sha256: str
    size: int
    new: bool


class Draft:
    """An upload on its way. Made by `AudioStore.draft`; memory stays constant whatever its length."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.size = 0
        self._limit = limit
        self._digest = hashlib.sha256()
        with _told():
            self._file = path.open("wb")

    def write(self, chunk: bytes) -> None:
        """Add some bytes. Raises TooLargeError beyond the upload limit."""
        self.size += len(chunk)
        if self.size > self._limit:
            limit = f"超过 {self._limit // _MEGABYTE} MB 的上限"
            raise TooLargeError("录音", limit, "请分段上传,或请管理员调大 upload_limit_mb")
        self._digest.update(chunk)
        with _told():
            self._file.write(chunk)

    def close(self) -> str:
        """Make sure that all is on the disk, and give the SHA-256."""
        with _told():
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        return self._digest.hexdigest()

    def drop(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):  # what the full disk did not take before, it does not take now
            self._file.close()
        self.path.unlink(missing_ok=True)


class AudioStore:
    """Audio by content. All methods raise UnavailableError if the storage is away or full."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.upload_limit
        self._files, root = fsspec.core.url_to_fs(settings.audio, **_options(settings))
        self._files.retries = _S3_TRIES
        self._root: str = root.rstrip("/")
        self._local = isinstance(self._files, LocalFileSystem)
        # Beside the store if that is local, so that a draft can be moved to its place in one step.
        self._drafts = Path(self._root) / "drafts" if self._local else settings.data / "uploads"

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """Open an upload to write to and then to `keep`; what is not kept is gone afterwards."""
        with _told():
            self._drafts.mkdir(parents=True, exist_ok=True)
        draft = Draft(self._drafts / uuid.uuid4().hex, self._limit)
        try:
            yield draft
        finally:
            draft.drop()

    def keep(self, draft: Draft) -> Stored:
        """Put a whole upload into its place, at once."""
        sha256 = draft.close()
        new = not self.exists(sha256)
        with _told():
            self._move(draft.path, sha256)  # what was there counts as new for `old_ones`: somebody is about to use it
        return Stored(sha256=sha256, size=draft.size, new=new)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield how the names of files begin that are made and then placed; those left are gone afterwards."""
        with _told():
            self._drafts.mkdir(parents=True, exist_ok=True)
        base = self._drafts / uuid.uuid4().hex
        try:
            yield base
        finally:
            for left in self._drafts.glob(f"{base.name}*"):
                left.unlink(missing_ok=True)

    def place(self, path: Path, name: str) -> None:
        """Put a file into its place, at once. `name` is a SHA-256, followed by a dot and a part that was made of it."""
        with _told():
            self._move(path, name)

    def _move(self, path: Path, name: str) -> None:
        if not self._local:
            self._send(path, self._path(name))
            return
        target = Path(self._path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)

    def _send(self, path: Path, target: str) -> None:
        """Put a file into the remote storage, which may never give leave to begin. Raises TimeoutError, OSError."""
        if isinstance(self._files, AsyncFileSystem):
            patience = _S3_SECONDS * _S3_TRIES + path.stat().st_size / _SLOWEST
            sync(self._files.loop, self._files._put_file, str(path), target, timeout=patience)
        else:
            self._files.put_file(str(path), target)

    def put(self, chunks: Iterable[bytes]) -> Stored:
        """Keep a stream of bytes. Raises TooLargeError, and whatever `chunks` raises."""
        with self.draft() as draft:
            for chunk in chunks:
                draft.write(chunk)
            return self.keep(draft)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name[:2]}/{name}"

    def exists(self, sha256: str) -> bool:
        """Return whether these bytes are kept."""
        with _told():
            try:  # not isfile: that takes a storage that is away for one that has no such file
                return bool(self._files.info(self._path(sha256))["type"] == "file")
            except FileNotFoundError:
                return False

    def must_have(self, sha256: str) -> None:
        """Check for these bytes in the transaction that is to refer to them: somebody may just delete them.

        Raises UnavailableError; the sender tries again.
        """
        if not self.exists(sha256):
            raise UnavailableError("录音存储", "同样的录音正在删除", "请重新发送")

    def size(self, sha256: str) -> int:
        """Return the number of bytes. Raises NotFoundError."""
        with _told(sha256):
            return int(self._files.size(self._path(sha256)))

    def read(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Yield the bytes from `start` until before `end`, in chunks. Raises NotFoundError at the first one."""
        with _told(sha256), self._files.open(self._path(sha256), "rb", block_size=_BLOCK) as file:
            file.seek(start)
            left = None if end is None else end - start
            while left is None or left > 0:
                chunk = file.read(_CHUNK if left is None else min(left, _CHUNK))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk

    @contextmanager
    def as_file(self, sha256: str, sent_as: str = "") -> Iterator[Path]:
        """Yield a local file with these bytes, for the recogniser; do not write to it. Raises NotFoundError.

        Of the name that it was `sent_as` it gets the ending, if that is one that a program would write.
        """
        suffix = PurePath(sent_as).suffix
        with tempfile.TemporaryDirectory(prefix="speechaudit-") as folder:
            path = Path(folder) / f"recording{suffix if _SUFFIX.fullmatch(suffix) else ''}"
            with _told(sha256):
                self._fetch(sha256, path)
            yield path

    def _fetch(self, sha256: str, path: Path) -> None:
        if self._local:
            path.symlink_to(Path(self._path(sha256)).resolve(strict=True))
        else:
            self._files.get_file(self._path(sha256), str(path))

    def parts(self, sha256: str) -> tuple[str, ...]:
        """Return what was made of these bytes: all that follows the SHA-256 in the names, with its dot."""
        with _told():
            path = self._path(sha256)
            if self._local:
                names = [each.name for each in Path(path).parent.glob(f"{sha256}.*")]
            else:
                found = self._files.find(path.rpartition("/")[0], prefix=f"{sha256}.")
                names = [each.rpartition("/")[2] for each in found]
        return tuple(name.removeprefix(sha256) for name in names if name.startswith(f"{sha256}."))

    def delete(self, sha256: str) -> None:
        """Delete these bytes and all that was made of them; nothing happens if they are not there."""
        for part in ("", *self.parts(sha256)):
            self.drop(sha256 + part)

    def drop(self, name: str) -> None:
        """Delete only this; nothing happens if it is not there."""
        with _told(), suppress(FileNotFoundError):  # somebody else was quicker
            if self.exists(name):
                self._files.rm_file(self._path(name))

    def drop_drafts(self, age: timedelta) -> int:
        """Delete uploads that a dying process left behind longer ago than `age`; gives how many."""
        with _told():
            left = [path for path in self._drafts.glob("*") if _older(path.stat().st_mtime, age)]
            for path in left:
                path.unlink(missing_ok=True)
        return len(left)

    def old_ones(self, prefix: str, age: timedelta) -> list[str]:
        """Return the SHA-256, begun with these two digits, of what was kept or made longer ago than `age`."""
        kept = ((name, each.get("mtime") or each["LastModified"].timestamp()) for name, each in self._begun(prefix))
        return list({name.partition(".")[0] for name, moment in kept if _older(moment, age)})

    def names(self, prefix: str) -> list[tuple[str, int]]:
        """Return what begins with these two digits, sounds and what was made of them: name and bytes, in order."""
        return sorted((name, int(each["size"])) for name, each in self._begun(prefix))

    def _begun(self, prefix: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what begins with these two digits: name, and what the storage says of it."""
        with _told():
            folder = f"{self._root}/{prefix}"
            found = self._files.find(folder, detail=True) if self._files.isdir(folder) else {}
        return [(path.rpartition("/")[2], each) for path, each in found.items()]

    def check(self) -> None:
        """Ask the storage for a sign of life."""
        with _told():
            if self._local:
                Path(self._root).mkdir(parents=True, exist_ok=True)
            else:
                self._files.ls(self._root.split("/")[0], refresh=True)


def _older(moment: float, age: timedelta) -> bool:
    return time.time() - moment > age.total_seconds()


def _options(settings: Settings) -> dict[str, Any]:
    """Return what only S3 needs to know."""
    if not settings.audio.startswith(("s3:", "s3a:")):
        return {}
    secret = settings.audio_secret.get_secret_value() if settings.audio_secret else None
    # Listings are not cached: another process may have added or deleted what is asked for.
    options = {"key": settings.audio_key, "secret": secret, "endpoint_url": settings.audio_endpoint}
    bounds = {"connect_timeout": 5, "read_timeout": _S3_SECONDS, "retries": {"total_max_attempts": 1}}
    known = {name: value for name, value in options.items() if value}
    return known | {"use_listings_cache": False, "config_kwargs": bounds}


@contextmanager
def _told(sha256: str = "") -> Iterator[None]:
    """Tell of a storage that is away, also of one without the bucket or folder; of a file that is missing by `sha256`.

    Raises UnavailableError, NotFoundError.
    """
    try:
        yield
    except _away() as problem:
        if sha256 and isinstance(problem, FileNotFoundError):
            raise NotFoundError(f"录音 {sha256[:12]}", "声音文件不在存储中", "它可能已按保存期限删除") from None
        reason = getattr(problem, "strerror", None) or str(problem)
        raise UnavailableError(
            "录音存储", f"不能读写({reason})", "请检查磁盘空间、权限或对象存储,然后重试"
        ) from problem


def _away() -> tuple[type[Exception], ...]:
    """Return OSError, and that of botocore, which is no OSError, where S3 is in use."""
    exceptions = sys.modules.get("botocore.exceptions")
    return (OSError, exceptions.BotoCoreError) if exceptions else (OSError,)
