"""What somebody pastes into a page or gives as a file: one table as text, which can be looked through and put right."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO
from typing import Final

from service.api.registry import Kind
from service.api.tables import HEADS, TITLES, Row, read_table

_WIDE_COMMA: Final = "\uff0c"
_SPACES: Final = re.compile(r"[ \u3000]+(?!\d{1,2}:\d\d)")  # a day and its time are one cell


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


def as_text(kind: Kind, content: bytes) -> str:
    """Return the table of a file (CSV, XLSX, XLS) as it would be pasted, each row where it stood in the file.

    Raises RequestError for what is no table.
    """
    found = tuple(read_table(content))
    columns = tuple(dict.fromkeys(name for _, row in found for name in row))
    table = StringIO()
    writer = csv.writer(table, delimiter="\t", lineterminator="\n")
    writer.writerow(_titles(kind, columns))
    at = 1
    for number, row in found:
        table.write("\n" * (number - at - 1))  # lines that were empty there
        writer.writerow([row.get(name, "") for name in columns])
        at = number
    return table.getvalue()


def _titles(kind: Kind, columns: Sequence[str]) -> list[str]:
    """Return the Chinese titles of these columns, in the words for what is listed where there are several."""
    known = {ours: title for title, ours in TITLES.items()} | {"active": "在岗" if kind == "staff" else "在用"}
    known |= {TITLES[title]: title for title in HEADS[kind]}
    return [known.get(name, name) for name in columns]
