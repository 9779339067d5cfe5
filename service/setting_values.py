"""The kinds of values that settings take, each with what is wrong with another one."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator

_DATABASES = ("sqlite:///", "postgresql+psycopg://")


def _database(url: str) -> str:
    if not url.startswith(_DATABASES):
        raise ValueError(f"应以 {' 或 '.join(_DATABASES)} 开头")
    return url


@cache
def _timezones() -> frozenset[str]:
    """Return the names of time zones, from some hundred files that are all opened."""
    return frozenset(available_timezones())


def _timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError("不是时区名,例如 Asia/Shanghai")
    return name


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError("没有这个文件夹")
    return path


DatabaseUrl = Annotated[str, AfterValidator(_database)]
ZoneName = Annotated[str, AfterValidator(_timezone)]
Folder = Annotated[Path, AfterValidator(_folder)]
