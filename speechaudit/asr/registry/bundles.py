"""Registered models as one file, for machines without a network: a plain tar, its record first.

What comes in was written by others. Nothing is unpacked by the names or sizes that the archive gives: each member has
to be one that the record lists, with that size and that sum, and is written under the record's name for it.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from pathlib import Path
from typing import IO, Final

from speechaudit.asr.registry import records, shelf
from speechaudit.asr.registry.records import MOST_RECORD, RECORD, ModelFile, ModelRecord
from speechaudit.errors import ModelError

_BLOCK: Final = 1 << 20
_AGAIN: Final = "请在原来的机器上重新导出:speechaudit model export"


class _Sipped(io.RawIOBase):
    """A file of which only a little is read at a time: tarfile reads a long header whole, whoever wrote it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _BLOCK:
            raise tarfile.ReadError("a header beyond all measure")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


def export(name: str, file: Path) -> ModelRecord:
    """Write a registered model into a new file. Raises ModelError if it is damaged, or the file is there already."""
    folder = shelf.whole(name)
    if folder is None:
        raise shelf.unknown(name)
    record = records.read(folder)
    if damaged := records.faults(record, folder, thorough=True):
        raise ModelError(folder, f"模型文件已损坏:{'、'.join(damaged)}", "请重新登记这个模型")
    if file.exists():
        raise ModelError(file, "已有这个文件", "请换一个文件名")
    with shelf.writing("请检查磁盘空间和写权限"):
        shelf.room_for(record.size, file.parent)
        part = file.with_name(f".{file.name}.part")
        try:
            with tarfile.open(part, "w", format=tarfile.GNU_FORMAT) as archive:
                for each in (RECORD, *(own.name for own in record.files)):
                    archive.add(folder / each, each, recursive=False, filter=_plain)
            part.rename(file)
        finally:
            part.unlink(missing_ok=True)
    return record


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without users, rights and times: the same model gives the same file."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def unpacked(file: Path, folder: Path) -> ModelRecord:
    """Unpack a bundle into the empty `folder`, and return its record. Raises ModelError if it is not as it says."""
    if file.exists() and not file.is_file():  # a pipe would be waited for
        raise ModelError(file, "是管道或设备,不是文件", _AGAIN)
    try:
        with file.open("rb") as opened, tarfile.open(fileobj=_Sipped(opened), mode="r:") as archive:
            record = records.parsed(_content(archive, archive.next(), file), file)
            shelf.checked_name(record.name)
            shelf.room_for(record.size, folder)
            _members(archive, record, file, folder)
            return record
    except (tarfile.TarError, EOFError, ValueError) as problem:
        raise ModelError(file, "不是 speechaudit model export 写成的文件,或不完整", _AGAIN) from problem
    except OSError as problem:
        if problem.filename == str(file):
            raise ModelError(file, f"无法读取({problem.strerror})", "请检查路径和权限") from problem
        raise


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo | None, file: Path) -> bytes:
    """The record, which comes first."""
    if member is None or member.name != RECORD or member.type != tarfile.REGTYPE or member.size > MOST_RECORD:
        raise ModelError(file, f"第一项不是 {RECORD}", _AGAIN)
    opened = archive.extractfile(member)
    return opened.read(MOST_RECORD) if opened else b""


def _members(archive: tarfile.TarFile, record: ModelRecord, file: Path, folder: Path) -> None:
    missing = {each.name: each for each in record.files}
    while member := archive.next():
        expected = missing.pop(member.name, None)
        if expected is None or member.type != tarfile.REGTYPE or member.size != expected.size:
            raise ModelError(file, f"里面的“{member.name[:100]!r}”不是登记的文件", _AGAIN)
        _write(archive, member, expected, folder, file)
    if missing:
        raise ModelError(file, f"里面缺少 {'、'.join(missing)}", _AGAIN)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, known: ModelFile, folder: Path, file: Path) -> None:
    """Write one member; its bytes are counted and summed as they pass."""
    opened, total = archive.extractfile(member), hashlib.sha256()
    with (folder / known.name).open("xb") as target:
        while opened and (block := opened.read(_BLOCK)):
            total.update(block)
            target.write(block)
    if total.hexdigest() != known.sha256:
        raise ModelError(file, f"{known.name} 的校验和不符,文件已损坏", _AGAIN)
