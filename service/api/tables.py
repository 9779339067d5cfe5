"""Tables that people export from Excel: CSV in any usual encoding, or XLSX; rows by the titles of their columns.

Tabs may stand in place of commas: that is what a sheet gives when it is copied.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Final

from service.errors import RequestError
from service.spreadsheets import decoded, lines
from service.spreadsheets.shown import plain

MOST_ROWS: Final = 20_000
LONGEST_CELL: Final = 1000  # characters; the longest name that fits has 200
_MOST_CHARACTERS: Final = 4_000_000  # 60 KB of XLSX can hold 60 million, and a page shows them all again
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
# The titles of what must stand in a row, and of what may.
HEADS: Final[Mapping[str, tuple[str, ...]]] = {
    "windows": ("代码", "名称"),
    "staff": ("工号", "姓名"),
    "extensions": ("分机", "窗口"),
    "rosters": ("窗口", "工号", "开始", "结束"),
}
Row = dict[str, str]
_WORKBOOKS: Final = (b"PK", b"\xd0\xcf\x11\xe0")


def read_table(content: bytes) -> Iterator[tuple[int, Row]]:
    """Yield each row that is not empty: its number in the file, the heading being 1, and its cells by title.

    Titles are Chinese or those of the interface. Raises RequestError if this is no table.
    """
    numbered = _short(lines(content, empty=True) if content.startswith(_WORKBOOKS) else _csv(content))
    _, heading = next(numbered, (1, []))
    titles = [TITLES.get(title, title) for title in heading]
    if not set(titles) & set(TITLES.values()):
        raise RequestError("表格", "没有标题行,或没有一个认识的标题", f"第一行应是标题,例如 {'、'.join(TITLES)}")
    if twice := [title for title, count in Counter(filter(None, titles)).items() if count > 1]:
        both = "、".join(told for told, ours in zip(heading, titles, strict=True) if ours in twice)
        raise RequestError("表格", f"有两列说的是同一项({both})", "请只留一列")
    for number, cells in numbered:
        if number > MOST_ROWS + 1:
            raise RequestError("表格", f"超过 {MOST_ROWS} 行", "请分成几个文件导入")
        if any(cells):
            yield number, {title: cell for title, cell in zip(titles, cells, strict=False) if title and cell}


def _short(found: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines with their numbers from 1. Raises RequestError where there is more than can be shown again."""
    length = 0
    for number, cells in enumerate(found, 1):
        length += sum(map(len, cells))
        if max(map(len, cells), default=0) > LONGEST_CELL:
            raise RequestError("表格", f"第 {number} 行有一格超过 {LONGEST_CELL} 个字", "请只留要登记的几列")
        if length > _MOST_CHARACTERS:
            raise RequestError("表格", f"超过 {_MOST_CHARACTERS // 10_000} 万个字", "请分成几个文件导入")
        yield number, cells


def _csv(content: bytes) -> Iterator[list[str]]:
    text = decoded(content)
    comma = "\t" if "\t" in text.partition("\n")[0] else ","
    try:
        for line in csv.reader(StringIO(text), strict=True, delimiter=comma):
            yield [plain(cell) for cell in line]
    except csv.Error as problem:
        raise RequestError("表格", f"不是正确的 CSV({problem})", "请另存为 CSV 或 XLSX 后重试") from problem
