"""Reads the files of a lexicons folder; whoever wrote them is told the file, line, column, field and cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from speechaudit import formats, yamlfile
from speechaudit.errors import InputError, RulebookError
from speechaudit.validation import meaning
from speechaudit.yamlfile import YamlFile

_T = TypeVar("_T")


def validated(model: type[_T], path: Path) -> _T:
    """Check the values of a file and return them. Raises RulebookError with all that is wrong."""
    return checked(TypeAdapter(model), data_of(path), path)


def checked(adapter: TypeAdapter[_T], data: object, path: Path, below: Sequence[str] = ()) -> _T:
    """Check values that stand in this file `below` some keys. Raises RulebookError with all that is wrong."""
    try:
        return adapter.validate_python(data)
    except ValidationError as problem:
        kind = data.get("kind") if isinstance(data, dict) else None
        raise RulebookError.of(tuple(_explained(path, problem, below, kind))) from problem


def text(path: Path) -> str:
    """Read a file. Raises RulebookError if it cannot be read or is not UTF-8."""
    try:
        return formats.read_text(path)
    except InputError as problem:
        raise RulebookError(path, problem.problem, problem.cure) from problem


def yaml_of(path: Path) -> YamlFile:
    """Read a file as YAML. Raises RulebookError with all that is wrong."""
    try:
        return yamlfile.read(text(path))
    except yamlfile.YamlError as problem:
        faults = [RulebookError(f"{path} {fault.place.where}", fault.problem, fault.cure) for fault in problem.faults]
        raise RulebookError.of(faults) from problem


def data_of(path: Path) -> Any:
    """Read the values of a YAML file, which are shared and never to be changed. Raises RulebookError as `yaml_of`."""
    content = text(path)
    try:
        return _data(content)
    except yamlfile.YamlError:
        return yaml_of(path).data  # raises it with the name of the file


@lru_cache(maxsize=128)
def _data(content: str) -> Any:
    """The values of a text; remembered, since a folder that is read again has most of its files as before."""
    return yamlfile.read(content).data


def fault_at(path: Path, location: Sequence[str | int], problem: str, cure: str) -> RulebookError:
    """Return an error with the place of a field, or of its nearest parent."""
    return RulebookError(f"{path} {yaml_of(path).place(location).where}", problem, cure)


# What is said otherwise of a file that is written by hand in YAML.
_IN_YAML = {
    "union_tag_invalid": "kind 不是允许的规则类型",
    "union_tag_not_found": "缺少 kind",
    "string_type": "应为文字,数字和日期请加英文双引号",
    "string_too_short": "不能是空的",
    "tuple_type": "应为列表,写成 […] 或每行以“- ”开头",
    "too_short": "项数太少",
    "dict_type": "应写成“键: 值”",
    "model_type": "应写成“键: 值”",
    "model_attributes_type": "应写成“键: 值”",
}


def _explained(path: Path, problem: ValidationError, below: Sequence[str], kind: object) -> Iterator[RulebookError]:
    """Each complaint of pydantic with file, line, column, field and cure; a misspelt field before the one it hides."""
    told, file = set(), yaml_of(path)
    for error in sorted(problem.errors(), key=lambda error: error["type"] != "extra_forbidden"):
        location = error["loc"][1:] if error["loc"][:1] == (kind,) else error["loc"]  # pydantic puts the kind in front
        place = file.place((*below, *location))
        missing = (error["loc"][-1],) if error["type"] == "missing" else ()
        field = ".".join(map(str, (*place.path[len(below) :], *missing))) or "(全文)"
        if field not in told:  # a field that may be of two types is complained of for each
            told.add(field)
            yield RulebookError(
                f"{path} {place.where}",
                f"“{field}”{_IN_YAML.get(error['type']) or meaning(error)}",
                "请对照 docs/rules.md 改正",
            )
