"""The folder of registered models: found by name, listed, chosen, removed, and filled without half-made ones."""

from __future__ import annotations

import errno
import fcntl
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from speechaudit.asr.registry import records
from speechaudit.asr.registry.records import ModelRecord
from speechaudit.asr.trimming import forget
from speechaudit.cache import models_folder
from speechaudit.errors import ModelError

AUTOMATIC: Final = "auto"
RESERVED: Final = frozenset({AUTOMATIC, "base", "whisper-base", "large", "turbo", "tiny", "small", "medium"})
_FAMILIES: Final = ("large-v", "tiny.", "base.", "small.", "medium.", "distil-")  # as faster-whisper calls its own
_BUILDING: Final = ".building-"
_IN_USE: Final = "in-use"
_ALIVE: Final = "alive"
_YOUNG: Final = 60.0  # seconds in which a builder may not hold its lock yet


def checked_name(name: str) -> str:
    """Return the name if a model may have it. Raises ModelError if it is unfit, kept for others, or taken."""
    if not re.fullmatch(records.NAME, name):
        raise ModelError(name, "这个名称不能用", "请只用英文字母、数字、点、横线和下划线,至多 64 个:--name belle-turbo")
    if name in RESERVED or name.startswith(_FAMILIES):
        raise ModelError(name, "这个名称是现成模型的", "请另取一个,例如 --name belle-turbo")
    if (models_folder() / name).exists():
        raise _taken(name)
    return name


def _taken(name: str) -> ModelError:
    cure = f"请另取一个(--name),或先删除:speechaudit model remove {name}"
    return ModelError(name, "已有同名的模型", cure)


def find(name: str) -> Path | None:
    """Return the folder of a registered model; None if nobody registered that name."""
    folder = models_folder() / name
    return folder if re.fullmatch(records.NAME, name) and (folder / records.RECORD).is_file() else None


def whole(name: str) -> Path | None:
    """Return the folder of a registered model as `find`. Raises ModelError if its files are not as registered."""
    if (folder := find(name)) is None:
        return None
    if damaged := records.faults(records.read(folder), folder):
        cure = f"请删除后重新登记或导入:speechaudit model remove {name}"
        raise ModelError(folder, f"模型文件缺少或已损坏:{'、'.join(damaged)}", cure)
    return folder


def listed() -> tuple[tuple[str, ModelRecord | ModelError], ...]:
    """Return all registered models by name, or what is wrong with them."""
    found = sorted(path.parent for path in models_folder().glob(f"[!.]*/{records.RECORD}"))
    return tuple((folder.name, _read(folder)) for folder in found)


def _read(folder: Path) -> ModelRecord | ModelError:
    try:
        whole(folder.name)
        return records.read(folder)
    except ModelError as problem:
        return problem


def in_use() -> str | None:
    """Return the name that was chosen for when none is asked for; None for an automatic choice."""
    try:
        return (models_folder() / _IN_USE).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def use(name: str) -> None:
    """Take this model from now on where none is asked for; `auto` goes back. Raises ModelError."""
    chosen = models_folder() / _IN_USE
    if name not in (AUTOMATIC, "base") and whole(name) is None:
        raise unknown(name)
    with writing():
        if name == AUTOMATIC:
            chosen.unlink(missing_ok=True)
            return
        chosen.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=chosen.parent, prefix=".", delete=False, encoding="utf-8") as file:
            file.write(name + "\n")
        Path(file.name).replace(chosen)


def remove(name: str) -> None:
    """Delete a registered model, whole or damaged. Raises ModelError if there is none, or it is the chosen one."""
    if (folder := find(name)) is None:
        raise unknown(name)
    if in_use() == name:
        raise ModelError(name, "正在使用", f"请先改用别的:speechaudit model use {AUTOMATIC}")
    forget(folder)
    with writing():
        gone = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_BUILDING))  # at once, whatever interrupts the deletion
        folder.rename(gone / name)
        shutil.rmtree(gone)


def unknown(name: str) -> ModelError:
    """Return the error for a name that nobody registered, with those that are."""
    known = "、".join(known for known, _ in listed()) or "还没有"
    return ModelError(name, "没有登记这个模型", f"已登记的:{known}。登记:speechaudit model add 模型库编号或文件夹")


@contextmanager
def building() -> Iterator[Path]:
    """Give an empty folder to make a model in, which vanishes unless it is placed. Raises ModelError on a full disk.

    What others left there when they were killed is removed: nobody holds its lock any more.
    """
    with writing():
        root = models_folder()
        root.mkdir(parents=True, exist_ok=True)
        _sweep(root)
        with tempfile.TemporaryDirectory(dir=root, prefix=_BUILDING) as made, Path(made, _ALIVE).open("w") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)
            inside = Path(made) / "model"
            inside.mkdir()
            yield inside


def _sweep(root: Path) -> None:
    old = (left for left in root.glob(f"{_BUILDING}*") if time.time() - left.stat().st_mtime > _YOUNG)
    for left in old:
        with suppress(OSError), (left / _ALIVE).open("a") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left)


def place(folder: Path, record: ModelRecord) -> Path:
    """Register what was built, all at once. Raises ModelError if somebody took the name meanwhile."""
    records.write(record, folder)
    placed = models_folder() / record.name
    try:
        return folder.rename(placed)
    except OSError as problem:
        if problem.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise _taken(record.name) from problem
        raise


def room_for(size: int, folder: Path) -> None:
    """Make sure that so many bytes fit where the folder is or will be. Raises ModelError."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if size > free:
        raise _full(folder, f",还要约 {_gigabytes(size)},只剩 {_gigabytes(free)}")


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"


def _full(folder: object, detail: str = "") -> ModelError:
    return ModelError(folder, f"磁盘空间不够{detail}", "请腾出空间,或用环境变量 SPEECHAUDIT_MODELS 指定别的文件夹")


@contextmanager
def writing(cure: str = "请检查写权限,或用环境变量 SPEECHAUDIT_MODELS 指定别的文件夹") -> Iterator[None]:
    """Tell of a full disk or missing rights in the words of users. Raises ModelError for OSError."""
    try:
        yield
    except OSError as problem:
        where = problem.filename or models_folder()
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(where) from problem
        raise ModelError(where, f"无法读写({problem.strerror or problem})", cure) from problem
