"""A folder of single clips with their texts (`manifest.json`): good for the character error rate and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from speechaudit import formats
from speechaudit.errors import InputError
from speechaudit.validation import field_of, meaning

MANIFEST: Final = "manifest.json"
_CURE: Final = "应为列表,每项至少有 path(相对路径)和 text(所说的话),可以有 kind(分组)"


class _Row(BaseModel):
    """One clip as it is written in the manifest; other keys are not read."""

    path: Annotated[str, Field(min_length=1)]
    text: Annotated[str, Field(min_length=1)]
    kind: Annotated[str, Field(min_length=1)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One recording, what is said in it, and the group that it is counted in."""

    path: Path
    text: str
    group: str


def read(folder: Path) -> tuple[Clip, ...]:
    """Read the clips that `manifest.json` lists; without `kind` a clip's folder is its group. Raises InputError."""
    path = folder / MANIFEST
    try:
        rows = TypeAdapter(tuple[_Row, ...]).validate_json(formats.read_text(path))
    except ValidationError as problem:
        first = problem.errors()[0]
        raise InputError(path, f"“{field_of(first['loc'])}”{meaning(first)}", _CURE) from problem
    if not rows:
        raise InputError(path, "里面没有一段录音", _CURE)
    return tuple(_clips(rows, path))


def _clips(rows: tuple[_Row, ...], manifest: Path) -> Iterator[Clip]:
    for number, row in enumerate(rows, 1):
        path = manifest.parent / row.path
        if not path.is_file():
            raise InputError(manifest, f"第{number}项的文件“{row.path}”不存在", "请补上文件,或删去这一项")
        yield Clip(path=path, text=row.text, group=row.kind or path.parent.name)
