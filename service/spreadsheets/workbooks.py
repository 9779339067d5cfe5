"""The first sheet of an XLSX or XLS file, bounded in time and memory; a damaged file is told and nothing else."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from service.errors import RequestError
from service.spreadsheets.parts import require_modest
from service.spreadsheets.shown import plain, shown

MOST_COLUMNS: Final = 200
# What the two libraries were seen to run into where a file is cut, has flipped bits, or is made up.
_BROKEN: Final = (
    *(zipfile.BadZipFile, zlib.error, struct.error, ParseError, EOFError, OSError),
    *(AssertionError, ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
)
_CURE: Final = "请重新导出,或另存为 CSV(UTF-8)"


def sheet_lines(content: bytes) -> Iterator[list[str]]:
    """Yield the lines of the first sheet of an XLSX file. Raises RequestError if it is broken."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            require_modest(packed)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what it claims may be a million empty rows
        for line in sheet.iter_rows(max_col=MOST_COLUMNS):
            yield _trimmed([_xlsx_cell(cell) for cell in line])
    except (InvalidFileException, *_BROKEN) as problem:
        raise RequestError("表格", f"XLSX 已损坏({problem})", _CURE) from problem


def _xlsx_cell(cell: Any) -> str:
    """Return the text of a cell; a formula that failed (#REF!) is none."""
    return "" if cell.value is None or cell.data_type == "e" else shown(cell.value, getattr(cell, "number_format", ""))


def _trimmed(cells: list[str]) -> list[str]:
    """Return the cells without the empty ones behind the last one."""
    while cells and not cells[-1]:
        cells.pop()
    return cells


def xls_lines(content: bytes) -> Iterator[list[str]]:
    """Yield the lines of the first sheet of an XLS file. Raises RequestError if it is broken."""
    import xlrd

    try:
        # Ragged: otherwise one cell in the last corner makes 16 million of the sheet.
        book = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), formatting_info=True, ragged_rows=True)
        sheet = book.sheet_by_index(0)
        for number in range(sheet.nrows):
            kinds = sheet.row_types(number, 0, MOST_COLUMNS)
            yield [_xls_cell(sheet.cell(number, at), book) if kind else "" for at, kind in enumerate(kinds)]
    except (xlrd.XLRDError, xlrd.compdoc.CompDocError, *_BROKEN) as problem:
        raise RequestError("表格", f"XLS 已损坏({problem})", _CURE) from problem


def _xls_cell(cell: object, book: object) -> str:
    import xlrd

    value, kind = cell.value, cell.ctype  # type: ignore[attr-defined]
    style = book.xf_list[cell.xf_index].format_key  # type: ignore[attr-defined]
    known = book.format_map.get(style)  # type: ignore[attr-defined]
    number_format = known.format_str if known else ""
    if kind == xlrd.XL_CELL_DATE:
        return shown(xlrd.xldate_as_datetime(value, book.datemode), number_format)  # type: ignore[attr-defined]
    if kind == xlrd.XL_CELL_NUMBER:
        return shown(value, number_format)
    if kind == xlrd.XL_CELL_BOOLEAN:
        return shown(bool(value), number_format)
    return "" if kind == xlrd.XL_CELL_ERROR else plain(str(value))
