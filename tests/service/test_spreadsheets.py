"""Tables are read as people see them, and a damaged one is told, whatever is wrong with it."""

from __future__ import annotations

import random
import struct
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from service.errors import RequestError
from service.spreadsheets import lines, rows
from service.spreadsheets.parts import MOST_IN_ROW, MOST_OTHERS, MOST_TEXTS, require_modest
from service.spreadsheets.shown import plain, shown
from service.spreadsheets.tables import TableRow

DATA = Path(__file__).parent / "intake" / "data"


def xlsx(*cells: tuple[Any, str]) -> bytes:
    """One row of values in their number formats."""
    book = Workbook()
    for column, (value, number_format) in enumerate(cells, 1):
        book.active.cell(1, column, value).number_format = number_format
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("value", "number_format", "seen"),
    [
        (1, "0000", "0001"),
        (1, "General", "1"),
        (1017.0, "General", "1017"),
        (12345, "0000", "12345"),
        (7, '"A"00', "A07"),
        (7, r"\B000;[Red]-000", "B007"),
        (7, "[$-804]000;@", "007"),
        (20080001234, "0000-00000000", "0200-80001234"),
        (1200, "0.00E+00", "1.20E+03"),
        (440101199001011234, "General", "4.40101E+17"),
        (13800001234, "General", "13800001234"),
        (1200, "#,##0", "1200"),
        (1.5, "General", "1.5"),
        (" 是 ", "@", "是"),
        (True, "General", "true"),
        (datetime(2025, 3, 27, 9, 25, 17), "yyyy/m/d h:mm", "2025-03-27T09:25:17"),
        (datetime(2025, 3, 27, 9, 25), "yyyy/m/d h:mm", "2025-03-27T09:25"),
        (datetime(2025, 3, 27, 9, 25), "yyyy/m/d h:mm:ss", "2025-03-27T09:25:00"),
        (datetime(2025, 3, 27), "yyyy/m/d", "2025-03-27"),
        (date(2025, 3, 27), "yyyy/m/d", "2025-03-27"),
    ],
)
def test_a_cell_is_read_as_people_see_it(value: Any, number_format: str, seen: str) -> None:
    assert shown(value, number_format) == seen
    assert next(lines(xlsx((value, number_format)))) == [seen]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2025/3/27 9:25", "2025-03-27T09:25"),
        ("2025.3.27 9:25:17", "2025-03-27T09:25:17"),
        ("2025年3月27日 9时25分", "2025-03-27T09:25"),
        ("2025/3/27 下午 1:25:17", "2025-03-27T13:25:17"),
        ("2025/3/27 上午12:05", "2025-03-27T00:05"),
        ("2025-03-27", "2025-03-27"),
        ("3201", "3201"),
        ("\u3000甲 ", "甲"),
    ],
)
def test_times_keep_the_exactness_they_were_written_with(text: str, read: str) -> None:
    assert plain(text) == read


def test_columns_of_one_fact_that_differ_are_told_and_more_exact_ones_are_taken() -> None:
    titles = {"来电时间": "started_at", "开始时间": "started_at", "通道": "extension"}
    table = "来电时间,开始时间,通道\n2025/3/27 9:25,2025/3/27 9:25:17,1\n2025/3/27 9:25:17,2025/3/27 9:25:23,2\n"
    more, other = rows(table.encode(), titles)
    assert more == TableRow(cells={"started_at": "2025-03-27T09:25:17", "extension": "1"}, number=2)
    assert other.differing == ("来电时间“2025-03-27T09:25:17”与开始时间“2025-03-27T09:25:23”",)


def damaged(content: bytes, seed: int) -> Iterator[bytes]:
    """Cut at all lengths and with bits flipped, by chance."""
    chance = random.Random(seed)
    for _ in range(60):
        yield content[: chance.randrange(8, len(content))]
        flipped = bytearray(content)
        flipped[chance.randrange(8, len(content))] ^= 1 << chance.randrange(8)
        yield bytes(flipped)


@pytest.mark.parametrize("name", ["calls.xls", "calls.xlsx"])
def test_a_damaged_workbook_is_read_or_refused(name: str) -> None:
    refused = 0
    for content in damaged((DATA / name).read_bytes(), 7):
        try:
            list(lines(content))
        except RequestError as problem:
            refused += 1
            assert "已损坏" in problem.problem or "展开后" in problem.problem
    assert refused >= 60


def claiming(dimension: str, cell: str) -> bytes:
    """A sheet of one cell that says it is as large as `dimension`."""
    whole = BytesIO(xlsx(("x", "General")))
    changed = BytesIO()
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(b'ref="A1:A1"', f'ref="{dimension}"'.encode())
                content = content.replace(b'r="A1"', f'r="{cell}"'.encode())
                assert dimension.encode() in content
            new.writestr(item, content)
    return changed.getvalue()


def test_what_a_sheet_claims_to_hold_costs_nothing() -> None:
    """Were its million rows made, it would be refused as too long."""
    assert list(lines(claiming("A1:XFD1048576", "A1"))) == [["x"]]
    assert list(lines(claiming("A1:XFD1", "XFD1"))) == []


def with_part(name: str, old: bytes, new: bytes) -> bytes:
    """A sheet of one cell, and something else in one part of the file."""
    changed = BytesIO()
    with zipfile.ZipFile(BytesIO(xlsx(("x", "0")))) as whole, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as to:
        for item in whole.infolist():
            content = whole.read(item)
            if item.filename == name:
                assert old in content
                content = content.replace(old, new)
            to.writestr(item, content)
    return changed.getvalue()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("xl/styles.xml", b"</cellXfs>", b"<xf/>" * (MOST_OTHERS + 1) + b"</cellXfs>"),
        ("xl/styles.xml", b"</fonts>", b"<font/>" * (MOST_OTHERS + 1) + b"</fonts>"),
        ("xl/workbook.xml", b"</workbook>", b"<definedName/>" * (MOST_OTHERS + 1) + b"</workbook>"),
        ("xl/worksheets/sheet1.xml", b"</row>", b"<c/>" * MOST_IN_ROW + b"</row>"),
    ],
    ids=["styles", "fonts", "names", "cells"],
)
def test_a_small_file_that_unpacks_to_millions_of_things_is_refused(name: str, old: bytes, new: bytes) -> None:
    bomb = with_part(name, old, new)
    assert len(bomb) < 20_000
    with pytest.raises(RequestError, match="太多"):
        list(lines(bomb))


@pytest.mark.parametrize(
    ("element", "count", "encoding"),
    [("si", MOST_TEXTS, "utf-8"), ("xf", MOST_OTHERS, "utf-8"), ("xf", MOST_OTHERS, "utf-32")],
)
def test_a_part_holds_as_much_as_a_table_needs(element: str, count: int, encoding: str) -> None:
    """UTF-32 is read by the parser of styles and refused by that of sheets."""
    for more, refused in ((0, False), (1, True)):
        text, content = f"<si>{f'<{element}/>' * (count + more - (element == 'si'))}</si>", BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/part.xml", text.encode(encoding))
        with (
            zipfile.ZipFile(content) as packed,
            pytest.raises(RequestError, match="太多") if refused else nullcontext(),
        ):
            require_modest(packed)


def test_a_number_format_longer_than_excel_has_it_is_none() -> None:
    """Each of its noughts would be written for each cell."""
    assert list(lines(with_part("xl/styles.xml", b"<cellXfs", b"<cellXfs"))) == [["x"]]
    assert shown(7, "0" * 255) == "7".zfill(255)
    assert shown(7, "0" * 256) == "7"


def test_one_cell_in_the_last_corner_of_an_old_workbook_makes_no_others() -> None:
    """It took 16 million cells, 200 MB and a minute and a half."""
    content = (DATA / "calls.xls").read_bytes()
    place = content.rfind(b"\xfd\x00\x0a\x00")
    assert place > 0
    moved = content[: place + 4] + struct.pack("<HH", 65535, 255) + content[place + 8 :]
    found = list(lines(moved, empty=True))
    assert len(found) == 65_536
    assert {len(cells) for cells in found[10:65_535]} == {0}
