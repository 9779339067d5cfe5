"""What somebody copies from a sheet and pastes into a page: understood row by row before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError
from sqlalchemy.orm import Session

from service.api import registry
from service.api.registry import KEYS, Registered
from service.api.registry import Named as Kind
from service.api.tables import TITLES, Row, read_table
from speechaudit.validation import meaning

Outcome = Literal["new", "changed", "same", "wrong"]
HEADS: Final[Mapping[Kind, tuple[str, str]]] = {"windows": ("代码", "名称"), "staff": ("工号", "姓名")}
_WIDE_COMMA: Final = "\uff0c"
_SPACES: Final = re.compile(r"[ \u3000]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedRow:
    """A row: its number in what was pasted, what was understood, and what would become of it."""

    number: int
    key: str
    name: str
    active: bool
    outcome: Outcome
    wrong: str = ""


def rows(kind: Kind, text: str) -> tuple[tuple[int, Row], ...]:
    """Return the rows with their numbers; a heading may be missing. Raises RequestError if this is no table."""
    first = text.strip("\r\n").partition("\n")[0]
    table = _tabbed(text.strip("\r\n"), first)
    if any(cell.strip() in TITLES for cell in _tabbed(first, first).split("\t")):
        return tuple(read_table(table.encode()))
    return tuple((number - 1, row) for number, row in read_table("\n".join(("\t".join(HEADS[kind]), table)).encode()))


def _tabbed(text: str, first: str) -> str:
    """Return the text with tabs between the cells, whatever was typed there."""
    if "\t" in first:
        return text
    if {",", _WIDE_COMMA} & set(first):
        return text.replace(_WIDE_COMMA, "\t").replace(",", "\t")
    return _SPACES.sub("\t", text)


def preview(session: Session, kind: Kind, table: tuple[tuple[int, Row], ...]) -> tuple[PastedRow, ...]:
    """Return what would become of each row."""
    known = registry.registered(session)
    unclear = {number: problem for number, _, problem in registry.alike(kind, table, known)}
    there = _there(kind, known)
    return tuple(_line(kind, number, row, there, unclear.get(number, "")) for number, row in table)


def _there(kind: Kind, known: Registered) -> Mapping[str, tuple[str, bool]]:
    found = known.windows if kind == "windows" else known.staff
    return {key: (each.name, each.active) for key, each in found.items()}


def _line(kind: Kind, number: int, row: Row, known: Mapping[str, tuple[str, bool]], wrong: str) -> PastedRow:
    try:
        told = registry.named(kind, row)
    except ValidationError as problem:
        wrong = ";".join(_complaints(kind, problem))
        told = {KEYS[kind]: row.get(KEYS[kind], ""), "name": row.get("name", ""), "active": True}
    key, name, active = told[KEYS[kind]], told["name"], told["active"]
    outcome: Outcome = "new" if key not in known else "same" if known[key] == (name, active) else "changed"
    return PastedRow(
        number=number, key=key, name=name, active=active, outcome="wrong" if wrong else outcome, wrong=wrong
    )


def _complaints(kind: Kind, problem: ValidationError) -> Iterator[str]:
    key, name = HEADS[kind]
    titles = {"code": key, "number": key, "name": name, "active": "在用"}
    for error in problem.errors():
        field = str(error["loc"][0]) if error["loc"] else ""
        yield f"{titles.get(field, field)}:{meaning(error)}"
