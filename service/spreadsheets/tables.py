"""Lines and rows of tables, whatever program wrote them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from service.errors import RequestError
from service.spreadsheets.shown import plain
from service.spreadsheets.workbooks import MOST_COLUMNS, sheet_lines, xls_lines

MOST_ROWS: Final = 200_000
_XLS: Final = b"\xd0\xcf\x11\xe0"
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
_MINUTE: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """The cells of a line by our names of their columns. `differing` tells of columns of one name that disagree.

    `number` is that of the line in its table, from 1.
    """

    cells: Mapping[str, str]
    number: int
    differing: tuple[str, ...] = ()


def lines(content: bytes, *, empty: bool = False) -> Iterator[list[str]]:
    """Yield the lines as cells without blanks around them, with those that are `empty` or without.

    Raises RequestError if this is no table.
    """
    return (cells for _, cells in numbered(content) if empty or any(cells))


def numbered(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines with their numbers from 1, empty ones too. Raises RequestError if this is no table."""
    for number, cells in enumerate(_lines(content), 1):
        if number > MOST_ROWS:
            raise RequestError("表格", f"超过 {MOST_ROWS} 行", "请让录音设备按天或按月分开记录")
        yield number, cells


def _lines(content: bytes) -> Iterator[list[str]]:
    if content.startswith(b"PK"):
        return sheet_lines(content)
    return xls_lines(content) if content.startswith(_XLS) else csv_lines(content)


def rows(content: bytes, titles: Mapping[str, str]) -> Iterator[TableRow]:
    """Yield rows by our names of their columns; `titles` are those of the file. Raises RequestError if it has none."""
    found = ((number, cells) for number, cells in numbered(content) if any(cells))
    _, heading = next(found, (0, []))
    named = [(title, titles.get(title.strip().casefold())) for title in heading]
    if not any(name for _, name in named):
        raise RequestError("表格", f"没有认识的列(第一行是 {'、'.join(heading)[:100]})", "请在设置的 fields 里写明列名")
    for number, cells in found:
        yield _row(named, cells, number)


def _row(named: list[tuple[str, str | None]], cells: list[str], number: int) -> TableRow:
    known: dict[str, tuple[str, str]] = {}
    differing: list[str] = []
    for (title, name), cell in zip(named, cells, strict=False):
        if not name or not cell:
            continue
        first, before = known.setdefault(name, (title, cell))
        if _MINUTE.fullmatch(before) and cell.startswith(f"{before}:"):
            known[name] = title, cell  # the same moment, written more exactly
        elif before != cell and not (_MINUTE.fullmatch(cell) and before.startswith(f"{cell}:")):
            differing.append(f"{first}“{before[:40]}”与{title}“{cell[:40]}”")
    return TableRow(cells={name: cell for name, (_, cell) in known.items()}, number=number, differing=tuple(differing))


def decoded(content: bytes) -> str:
    """Return the text of UTF-8, UTF-16, or what Chinese Windows writes. Raises RequestError."""
    encodings = ("utf-16",) if content.startswith(_BOMS) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RequestError("表格", "不是 UTF-8、UTF-16 或 GBK 编码的文字", "请重新导出,或另存为 CSV(UTF-8)")


def csv_lines(content: bytes) -> Iterator[list[str]]:
    """Yield each line read by itself: one wrong quote must not swallow the rest of a log."""
    text = decoded(content)
    head = text.partition("\n")[0]
    delimiter = max(",\t;", key=head.count)
    for line in text.splitlines():
        try:
            yield [plain(cell) for cell in next(csv.reader([line], delimiter=delimiter), [])[:MOST_COLUMNS]]
        except csv.Error:
            yield []
