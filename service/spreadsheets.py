"""Tables as recorders and people write them: CSV in any usual encoding, XLSX, XLS; a broken line spoils no other."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BytesIO
from typing import Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from service.errors import RequestError

MOST_ROWS: Final = 200_000
_MOST_UNPACKED: Final = 200 * 1024 * 1024
_BROKEN_XLSX: Final = (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError, EOFError)
_DATE: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_XLS: Final = b"\xd0\xcf\x11\xe0"
_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")
# What xlrd runs into where a file is cut or made up.
_BROKEN: Final = (AssertionError, LookupError, ValueError, ArithmeticError, TypeError)
_CURE: Final = "请重新导出,或另存为 CSV(UTF-8)"


def lines(content: bytes) -> Iterator[list[str]]:
    """The lines that are not empty, as cells without blanks around them. Raises RequestError if this is no table."""
    for number, cells in enumerate(_lines(content)):
        if number >= MOST_ROWS:
            raise RequestError("表格", f"超过 {MOST_ROWS} 行", "请让录音设备按天或按月分开记录")
        if any(cells):
            yield cells


def _lines(content: bytes) -> Iterator[list[str]]:
    if content.startswith(b"PK"):
        return sheet_lines(content)
    return _xls(content) if content.startswith(_XLS) else _csv(content)


def rows(content: bytes, titles: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Rows by our names of their columns; `titles` are those of the file. Raises RequestError without any of them."""
    found = lines(content)
    heading = next(found, [])
    names = [titles.get(title.strip().casefold()) for title in heading]
    if not any(names):
        raise RequestError("表格", f"没有认识的列(第一行是 {'、'.join(heading)[:100]})", "请在设置的 fields 里写明列名")
    for cells in found:
        yield {name: cell for name, cell in zip(names, cells, strict=False) if name and cell}


def decoded(content: bytes) -> str:
    """UTF-8, UTF-16, or what Chinese Windows writes. Raises RequestError."""
    encodings = ("utf-16",) if content.startswith(_BOMS) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RequestError("表格", "不是 UTF-8、UTF-16 或 GBK 编码的文字", _CURE)


def _csv(content: bytes) -> Iterator[list[str]]:
    """Each line by itself: one wrong quote must not swallow the rest of a log."""
    text = decoded(content)
    head = text.partition("\n")[0]
    delimiter = max(",\t;", key=head.count)
    for line in text.splitlines():
        try:
            yield [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
        except csv.Error:
            yield []


def _xls(content: bytes) -> Iterator[list[str]]:
    import xlrd

    try:
        sheet = xlrd.open_workbook(file_contents=content, on_demand=True).sheet_by_index(0)
        for number in range(sheet.nrows):
            yield [_cell(cell, sheet.book.datemode) for cell in sheet.row(number)]
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, *_BROKEN) as problem:
        raise RequestError("表格", f"XLS 已损坏({problem})", _CURE) from problem


def _cell(cell: object, datemode: int) -> str:
    import xlrd

    value, kind = cell.value, cell.ctype  # type: ignore[attr-defined]
    if kind == xlrd.XL_CELL_DATE:
        return str(xlrd.xldate_as_datetime(value, datemode).isoformat(" "))
    if kind == xlrd.XL_CELL_NUMBER and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def sheet_lines(content: bytes) -> Iterator[list[str]]:
    """The lines of the first sheet of an XLSX file. Raises RequestError if it is broken."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(item.file_size for item in packed.infolist()) > _MOST_UNPACKED:
                raise RequestError("表格", "展开后太大", "请分成几个文件导入")
        sheet = load_workbook(BytesIO(content), read_only=True, data_only=True).worksheets[0]
        yield from (_cells(line) for line in sheet.iter_rows(values_only=True))
    except _BROKEN_XLSX as problem:
        raise RequestError("表格", f"XLSX 已损坏({problem})", "请重新导出") from problem


def _cells(line: Iterable[object]) -> list[str]:
    return ["" if cell is None else plain_cell(_text(cell)) for cell in line]


def _text(cell: object) -> str:
    """Numbers as people see them: a 工号 is 1017, not 1017.0."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def plain_cell(text: str) -> str:
    """A cell without blanks around it, and 2026/3/2 8:30 as ISO 8601 writes it."""
    text = text.strip()
    if (found := _DATE.fullmatch(text)) is None:
        return text
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
