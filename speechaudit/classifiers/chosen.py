"""Which label model is in force: the delivered one, or the last of those that a centre's folder lists."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from speechaudit.classifiers.weights import FILE, check, sum_file
from speechaudit.errors import InputError, ModelError

LIST = "in-force.txt"
"""One name of a model file a line, the one in force last; without a line the delivered model is."""
SUFFIX = ".safetensors"
_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelModel:
    """What an audit says of the model that told its labels: its name, and the first digits of its SHA-256."""

    name: str
    sha256: str


def in_force(folder: Path | None) -> Path:
    """Return the file of the model that is in force in this folder; that of the delivered one without a folder.

    Raises:
        ModelError: the folder names a file that is not there.
    """
    names = listed(folder) if folder else ()
    if folder is None or not names:
        return FILE
    path = folder / names[-1]
    if not path.is_file():
        raise ModelError(
            path, "学到的标签模型不见了", f"请恢复这个文件,或运行 speechaudit learn --back --labels {folder}"
        )
    return path


def listed(folder: Path) -> tuple[str, ...]:
    """Return the names of the model files that were put in force in this folder and not taken back, oldest first."""
    try:
        return tuple((folder / LIST).read_text("utf-8").split())
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(folder / LIST, "无法读取", "请检查文件夹的权限") from problem


def put_in_force(made: Path, folder: Path) -> Path:
    """Move a model file and its sum into the folder and list it; return its place. Raises InputError."""
    place = folder / made.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sum_file(made).replace(sum_file(place))
        made.replace(place)
        _list(folder, (*listed(folder), place.name))
    except OSError as problem:
        raise InputError(folder, f"无法写入({problem.strerror})", "请检查磁盘空间和文件夹权限") from problem
    return place


def step_back(folder: Path) -> Path:
    """Take back what was put in force last, and return the file that is in force now; its own file stays.

    Raises:
        InputError: the delivered model is in force already.
    """
    names = listed(folder)
    if not names:
        raise InputError(folder, "现在用的就是随程序安装的标签模型", "没有可以退回的")
    try:
        _list(folder, names[:-1])
    except OSError as problem:
        raise InputError(folder, f"无法写入({problem.strerror})", "请检查磁盘空间和文件夹权限") from problem
    return in_force(folder)


def _list(folder: Path, names: tuple[str, ...]) -> None:
    new = folder / f".{LIST}.{os.getpid()}"
    new.write_text("".join(f"{name}\n" for name in names), "utf-8")
    new.replace(folder / LIST)


@cache
def label_model(path: Path) -> LabelModel:
    """Return name and sum of a model file. Raises ModelError if it is missing or damaged."""
    from safetensors import safe_open

    check(path)
    with safe_open(path, framework="numpy") as file:
        about = json.loads(file.metadata()["about"])
    digest = sum_file(path).read_text("ascii").split()[0]
    return LabelModel(name=about.get("name") or delivered_name(about["version"]), sha256=digest[:_DIGITS])


def delivered_name(version: int) -> str:
    """Return the name of the delivered model of a version."""
    return f"delivered-{version}"
