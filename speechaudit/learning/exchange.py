"""Lines as a file: one JSON object a line, as the service offers them to its administrators."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from speechaudit.errors import InputError
from speechaudit.formats import read_text
from speechaudit.learning.lines import LabelledLine
from speechaudit.validation import field_of, meaning

SUFFIX = ".lines.jsonl"


class _Written(BaseModel):
    """A line as it stands in a file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=20000)
    before: str = Field(default="", max_length=20000)
    labels: frozenset[str] = frozenset()
    family: str = Field(min_length=1, max_length=200)


@cache
def _WRITTEN() -> TypeAdapter[_Written]:  # noqa: N802 a constant that is dear to build
    return TypeAdapter(_Written)


def dump(line: LabelledLine) -> str:
    """Return a line as one line of JSON, without the line break."""
    labels = frozenset(line.labels)
    return _Written(text=line.text, before=line.before, labels=labels, family=line.family).model_dump_json()


def read(path: Path, labels: frozenset[str]) -> tuple[LabelledLine, ...]:
    """Return the lines of a file, whose labels must be among these. Raises InputError with the line's number."""
    lines = enumerate(read_text(path).split("\n"), 1)  # JSON keeps other line breaks as they are
    return tuple(_read(path, number, text, labels) for number, text in lines if text.strip())


def _read(path: Path, number: int, text: str, labels: frozenset[str]) -> LabelledLine:
    where = f"{path} 第 {number} 行"
    try:
        own = _WRITTEN().validate_json(text)
    except ValidationError as problem:
        error = problem.errors()[0]
        raise InputError(where, f"“{field_of(error['loc'])}”{meaning(error)}", "请重新导出,不要修改文件") from problem
    if unknown := sorted(own.labels - labels):
        raise InputError(where, f"没有这个标签:{unknown[0]}", "请用同一版本的程序导出和学习")
    return LabelledLine(text=own.text, before=own.before, labels=own.labels, family=own.family)
