"""The folder of a backup: files that are written once with their SHA-256, and a manifest that names them all.

manifest.json     what there is (`Manifest`), itself guarded by manifest.sha256
database/         one SQLite file, or a table each as PostgreSQL's COPY writes it
sounds.tsv        each file of the audio store: its name, bytes and, where it was copied, SHA-256
sounds/ab/…       the sound, unless only listed
rules/, labels/, settings.toml, environment.txt
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from service.errors import ConflictError, UnavailableError

_CHUNK: Final = 1 << 20  # bytes
MANIFEST: Final = "manifest.json"
SOUNDS: Final = "sounds.tsv"
_SUM: Final = "manifest.sha256"
_LONGEST_MANIFEST: Final = 1 << 26
_SOUND_NAME: Final = re.compile(r"[0-9a-f]{64}(\.[A-Za-z0-9.-]{1,120})?")
_DAMAGED: Final = "请换一份备份:这一份已损坏或被改动"
Advance = Callable[[int], None]


def _plain(path: str) -> str:
    """Return a name that cannot lead elsewhere, wherever it is put: one way to write it, and only downwards."""
    if PurePosixPath(path).as_posix() != path or path.startswith("/") or {"..", "."} & {*path.split("/")}:
        raise ValueError(path)
    return path


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BackupFile(_Strict):
    """A file of the backup, sound aside."""

    path: Annotated[str, AfterValidator(_plain)]
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Table(_Strict):
    """A table of PostgreSQL: in the order in which rows may refer to each other."""

    name: str = Field(pattern=r"^[a-z_][a-z0-9_]*$")
    columns: tuple[str, ...]


class Manifest(_Strict):
    """What a backup holds. `revision` is the schema of the database, `sounds` how many files of sound there are."""

    format: Literal[1] = 1
    made_at: AwareDatetime
    program: str
    backend: Literal["sqlite", "postgresql"]
    revision: str = Field(pattern=r"^[0-9]{4}$")
    tables: tuple[Table, ...] = ()
    sounds: int = Field(ge=0)
    sounds_copied: bool
    items: tuple[BackupFile, ...]

    def item(self, path: str) -> BackupFile:
        """Return what is said of a file. Raises ConflictError if nothing is."""
        found = next((item for item in self.items if item.path == path), None)
        if found is None:
            raise ConflictError(path, "备份的清单里没有它", _DAMAGED)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFile:
    """A file of the audio store; `sha256` is empty where it was only listed."""

    name: str
    size: int
    sha256: str = ""


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turn what a disk refuses into UnavailableError."""
    try:
        yield
    except OSError as problem:
        raise UnavailableError(what, f"不能读写({problem.strerror})", "请检查磁盘空间和权限,然后重试") from problem


def pieces(path: Path, advance: Advance = lambda _: None) -> Iterator[bytes]:
    """Yield a file in pieces of at most `_CHUNK` bytes. Raises UnavailableError."""
    with told(str(path)), path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            advance(len(chunk))
            yield chunk


def digest_of(path: Path, advance: Advance = lambda _: None) -> str:
    """Return the SHA-256 of a file, read in pieces. Raises UnavailableError."""
    digest = hashlib.sha256()
    for chunk in pieces(path, advance):
        digest.update(chunk)
    return digest.hexdigest()


def write(path: Path, chunks: Iterable[bytes], advance: Advance = lambda _: None) -> tuple[int, str]:
    """Write a file in pieces; return its bytes and SHA-256. The folders above it are made."""
    digest, size = hashlib.sha256(), 0
    with told(str(path)):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                advance(len(chunk))
    return size, digest.hexdigest()


def items_of(folder: Path, under: Iterable[str]) -> tuple[BackupFile, ...]:
    """Return all files in these places of the folder, with their checksums."""
    paths = (
        each
        for place in under
        for each in (sorted((folder / place).rglob("*")), (folder / place,))[(folder / place).is_file()]
    )
    return tuple(
        BackupFile(path=path.relative_to(folder).as_posix(), size=path.stat().st_size, sha256=digest_of(path))
        for path in paths
        if path.is_file()
    )


def seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, last: a folder without one is no backup."""
    text = manifest.model_dump_json(indent=1).encode()
    write(folder / MANIFEST, (text,))
    write(folder / _SUM, (f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode(),))


def opened(folder: Path) -> Manifest:
    """Read the manifest. Raises ConflictError if the folder is no whole backup, UnavailableError."""
    if not is_file(folder / _SUM) or not is_file(folder / MANIFEST):
        raise ConflictError(folder, "不是完整的备份:没有清单 manifest.json 和 manifest.sha256", "请给出备份的文件夹")
    with told(str(folder)):
        if max((folder / name).stat().st_size for name in (MANIFEST, _SUM)) > _LONGEST_MANIFEST:
            raise ConflictError(folder, "清单太大", _DAMAGED)
        text, stated = (folder / MANIFEST).read_bytes(), (folder / _SUM).read_bytes()
    if stated.split()[:1] != [hashlib.sha256(text).hexdigest().encode()]:
        raise ConflictError(folder / MANIFEST, "与校验和不符", _DAMAGED)
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as problem:
        wrong = ".".join(map(str, problem.errors()[0]["loc"]))
        raise ConflictError(folder / MANIFEST, f"读不懂({wrong})", "它可能由更新的程序写成,请先升级程序") from problem


def check(folder: Path, manifest: Manifest, advance: Advance) -> None:
    """Compare every file with its checksum. Raises ConflictError for the first that differs."""
    for item in manifest.items:
        _compare(inside(folder, item.path), item.size, item.sha256, item.path, advance)
    if manifest.sounds_copied:
        for sound in sounds(folder):
            _compare(sound_path(folder, sound.name), sound.size, sound.sha256, sound.name, advance)
            if "." not in sound.name and sound.sha256 != sound.name:
                raise ConflictError(sound.name, "内容与它的名字(SHA-256)不符", _DAMAGED)


def is_file(path: Path) -> bool:
    """Return whether a regular file lies there itself, and no link to one."""
    return path.is_file() and not path.is_symlink()


def inside(folder: Path, path: str) -> Path:
    """Return a file of the backup. Raises ConflictError if its name leads elsewhere."""
    found = folder / path
    try:
        leaves = ".." in Path(path).parts or not found.resolve().is_relative_to(folder.resolve())
    except RuntimeError:  # a loop of links
        leaves = True
    if leaves:
        raise ConflictError(path, "不在备份的文件夹里", _DAMAGED)
    return found


def _compare(path: Path, size: int, sha256: str, name: str, advance: Advance) -> None:
    if not is_file(path):
        raise ConflictError(name, "备份里没有这个文件", _DAMAGED)
    if path.stat().st_size != size or digest_of(path, advance) != sha256:
        raise ConflictError(name, "与校验和不符", _DAMAGED)


def sound_path(folder: Path, name: str) -> Path:
    """Return where a file of sound lies in a backup. Raises ConflictError if a link leads elsewhere."""
    return inside(folder, f"sounds/{name[:2]}/{name}")


def sound_line(sound: SoundFile) -> bytes:
    """Return the line of the list of sounds."""
    return f"{sound.name}\t{sound.size}\t{sound.sha256}\n".encode()


def sounds(folder: Path) -> Iterator[SoundFile]:
    """Yield the list of sounds, a line at a time. Raises ConflictError."""
    if not is_file(folder / SOUNDS):
        raise ConflictError(SOUNDS, "备份里没有这个文件", _DAMAGED)
    with told(str(folder / SOUNDS)), (folder / SOUNDS).open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(iter(lambda: file.readline(512), ""), 1):
            name, _, rest = line.rstrip("\n").partition("\t")
            size, _, sha256 = rest.partition("\t")
            if not _SOUND_NAME.fullmatch(name) or not (size.isascii() and size.isdigit()):
                raise ConflictError(f"{SOUNDS} 第{number}行", "读不懂", _DAMAGED)
            yield SoundFile(name=name, size=int(size), sha256=sha256)


def copied(source: Path, target: Path) -> None:
    """Copy a folder of rules or of label models."""
    with told(str(target)):
        shutil.copytree(source, target)
