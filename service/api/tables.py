"""Tables that people export from Excel: CSV in any usual encoding, or XLSX; rows by the titles of their columns."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from io import BytesIO, StringIO
from typing import Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from service.errors import RequestError

MOST_ROWS: Final = 20_000
_MOST_UNPACKED: Final = 200 * 1024 * 1024
_BROKEN: Final = (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError, EOFError)
_DATE: Final = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:\s+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
TITLES: Final[Mapping[str, str]] = {
    "工号": "number",
    "姓名": "name",
    "名称": "name",
    "代码": "code",
    "分机": "extension",
    "窗口": "window",
    "人员": "staff",
    "在岗": "active",
    "在用": "active",
    "开始": "starts_at",
    "结束": "ends_at",
}
_WORDS: Final[Mapping[str, str]] = {"是": "true", "否": "false"}
Row = dict[str, str]


def read_table(content: bytes) -> Iterator[tuple[int, Row]]:
    """Each row that is not empty: its number in the file, the heading being 1, and its cells by title.

    Titles are Chinese or those of the interface. Raises RequestError if this is no table.
    """
    lines = iter(sheet_lines(content) if content.startswith(b"PK") else _csv(content))
    titles = [TITLES.get(title, title) for title in next(lines, [])]
    if not any(titles):
        raise RequestError("表格", "没有标题行", f"第一行应是标题,例如 {'、'.join(TITLES)}")
    for number, cells in enumerate(lines, 2):
        if number > MOST_ROWS + 1:
            raise RequestError("表格", f"超过 {MOST_ROWS} 行", "请分成几个文件导入")
        if any(cells):
            yield number, {t: _WORDS.get(c, c) for t, c in zip(titles, cells, strict=False) if t and c}


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        for line in csv.reader(StringIO(_decoded(content)), strict=True):
            yield [_plain(cell) for cell in line]
    except csv.Error as problem:
        raise RequestError("表格", f"不是正确的 CSV({problem})", "请另存为 CSV 或 XLSX 后重试") from problem


def _decoded(content: bytes) -> str:
    """UTF-8, or what Chinese Excel writes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RequestError("表格", "既不是 CSV 也不是 XLSX", "请另存为 CSV(UTF-8)或 XLSX 后重试")


def sheet_lines(content: bytes) -> Iterator[list[str]]:
    """The lines of the first sheet of an XLSX file. Raises RequestError if it is broken."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(item.file_size for item in packed.infolist()) > _MOST_UNPACKED:
                raise RequestError("表格", "展开后太大", "请分成几个文件导入")
        sheet = load_workbook(BytesIO(content), read_only=True, data_only=True).worksheets[0]
        yield from (_cells(line) for line in sheet.iter_rows(values_only=True))
    except _BROKEN as problem:
        raise RequestError("表格", f"XLSX 已损坏({problem})", "请重新导出") from problem


def _cells(line: Iterable[object]) -> list[str]:
    return ["" if cell is None else _plain(_text(cell)) for cell in line]


def _text(cell: object) -> str:
    """Numbers as people see them: a 工号 is 1017, not 1017.0."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _plain(text: str) -> str:
    """Without blanks around it, and 2026/3/2 8:30 as ISO 8601 writes it."""
    text = text.strip()
    if (found := _DATE.fullmatch(text)) is None:
        return text
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    return f"{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
