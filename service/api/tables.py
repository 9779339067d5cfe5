"""Tables that people export from Excel: CSV in any usual encoding, or XLSX; rows by the titles of their columns.

Tabs may stand in place of commas: that is what a sheet gives when it is copied.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Final

from service.errors import RequestError
from service.spreadsheets import plain_cell, sheet_lines

MOST_ROWS: Final = 20_000
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
    text = _decoded(content)
    comma = "\t" if "\t" in text.partition("\n")[0] else ","
    try:
        for line in csv.reader(StringIO(text), strict=True, delimiter=comma):
            yield [plain_cell(cell) for cell in line]
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
