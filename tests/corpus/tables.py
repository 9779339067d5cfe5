"""Tables of staff, windows, extensions and rosters as Excel and people leave them. `where` is the kind of the import.

Windows A01 and A02 and the staff 0017 and 1018 are registered before.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from tests.corpus.case import Case, refused, taken

STAFF = "工号,姓名,在岗\r\n2001,甲,是\r\n2002,乙,否\r\n"
RELATIONS = "xl/_rels/workbook.xml.rels"
SHEET = "xl/worksheets/sheet1.xml"
ROSTER = "窗口,工号,开始,结束\r\nA01,0017,2026-03-02 08:30,2026-03-02 12:00\r\n"


def cases() -> Iterator[Case]:
    yield from _encodings()
    yield from _shapes()
    yield from _identities()
    yield from _rosters()
    yield from _workbooks()
    yield from _packages()


def _encodings() -> Iterator[Case]:
    kind = "staff"
    yield taken("good.csv", STAFF, where=kind)
    yield taken("gbk.csv", STAFF.encode("gbk"), where=kind)
    yield taken("utf-16.csv", STAFF.encode("utf-16"), where=kind)
    yield taken("mark.csv", b"\xef\xbb\xbf" + STAFF.encode(), where=kind)
    yield taken("tabs.csv", STAFF.replace(",", "\t"), where=kind)
    yield refused("control.csv", STAFF.replace("甲", "甲\x07"), "name", kind)
    yield refused("nul.csv", STAFF.replace("甲", "甲\0"), "第2行.name", kind)
    yield refused("half-utf-16.csv", STAFF.encode("utf-16")[:-1], "编码的文字", kind)
    yield refused("latin-1.csv", b"\xff\x80\x80\xff", "编码的文字", kind)
    yield refused("page.csv", "<html>404</html>", "没有标题行", kind)


def _shapes() -> Iterator[Case]:
    kind = "staff"
    yield taken("empty-rows.csv", STAFF + ",,\r\n" * 50, where=kind)
    yield refused("column-unknown.csv", "工号,姓名,备注\r\n2001,甲,新来\r\n", "备注", kind)
    yield refused("empty.csv", "", "没有标题行", kind)
    yield refused("no-titles.csv", "2001,甲,是\r\n", "没有标题行", kind)
    yield refused("semicolons.csv", STAFF.replace(",", ";"), "没有标题行", kind)
    yield refused("title-twice.csv", "工号,工号,姓名\r\n1,2,甲\r\n", "有两列说的是同一项", kind)
    yield refused("quote-open.csv", STAFF + '2003,"丙,是\r\n', "不是正确的 CSV", kind)
    yield refused("cell-of-200-kb.csv", STAFF.replace("甲", "甲" * 200_000), "表格", kind)
    yield refused("rows-20001.csv", "工号,姓名\r\n" + "2001,甲\r\n" * 20_001, "超过 20000 行", kind)
    yield refused("flag.csv", STAFF.replace("是", "也许"), "第2行.active", kind)
    yield refused("name-missing.csv", STAFF.replace("甲", ""), "第2行.name", kind)
    yield refused("name-of-201.csv", STAFF.replace("甲", "甲" * 201), "第2行.name", kind)


def _identities() -> Iterator[Case]:
    kind = "staff"
    yield refused("twice.csv", STAFF + "2001,丙,是\r\n", "与第 2 行重复", kind)
    yield refused("twice-by-width.csv", STAFF + "2001,丙,是\r\n", "与第 2 行重复", kind)
    yield refused("nought-lost.csv", "工号,姓名\r\n17,张明\r\n", "只差开头的零", kind)
    yield refused("nought-inside.csv", STAFF + "02001,丙,是\r\n", "只差开头的零", kind)
    yield refused("case.csv", "工号,姓名\r\nab1,甲\r\nAB1,乙\r\n", "只差开头的零或大小写", kind)
    yield refused("scientific.csv", "工号,姓名\r\n4.40101E+17,甲\r\n", "科学计数法", kind)
    yield refused("scientific-wide.csv", "工号,姓名\r\n4.40101E+17,甲\r\n", "科学计数法", kind)
    yield refused("number-of-65.csv", f"工号,姓名\r\n{'1' * 65},甲\r\n", "第2行.number", kind)
    yield refused("extension.csv", "分机,窗口\r\n8021,Z99\r\n", "Z99", "extensions")
    yield refused("extension-twice.csv", "分机,窗口\r\n8021,A01\r\n8021,A02\r\n", "重复", "extensions")
    yield taken("formula-as-name.csv", "工号,姓名\r\n2003,=cmd|' /C calc'!A0\r\n", where=kind)


def _rosters() -> Iterator[Case]:
    kind = "rosters"
    yield taken("good.csv", ROSTER, where=kind)
    yield taken("by-excel.csv", ROSTER.replace("2026-03-02", "2026/3/2"), where=kind)
    yield refused("backwards.csv", ROSTER.replace("12:00", "08:00"), "第2行", kind)
    yield refused("no-window.csv", ROSTER.replace("A01", "Z99"), "Z99", kind)
    yield refused("nobody.csv", ROSTER.replace("0017", "9999"), "9999", kind)
    yield refused("february-30.csv", ROSTER.replace("03-02", "02-30"), "starts_at", kind)
    yield refused("hour-25.csv", ROSTER.replace("08:30", "25:30"), "starts_at", kind)
    yield refused("year-1.csv", ROSTER.replace("2026-03-02 08", "0001-01-01 00"), "第2行", kind)
    yield refused("year-9999.csv", ROSTER.replace("2026-03-02 12:00", "9999-12-31 23:59"), "第2行", kind)
    yield refused("zone-odd.csv", ROSTER.replace("12:00", "12:00+99:00"), "ends_at", kind)
    yield refused("end-missing.csv", ROSTER.replace("2026-03-02 12:00", ""), "ends_at", kind)
    yield refused("number.csv", ROSTER.replace("2026-03-02 08:30", "9" * 400), "starts_at", kind)


def _workbooks() -> Iterator[Case]:
    kind = "staff"
    yield taken("good.xlsx", book(["工号", "姓名"], ["3001", "甲"]), where=kind)
    yield taken("formatted.xlsx", book(["工号", "姓名"], [17, "张明"], formats={"A2": "0000"}), where=kind)
    yield taken("merged.xlsx", book(["工号", "姓名"], ["3002", "甲"], [None, None], merged="A2:A3"), where=kind)
    yield taken("hidden-second.xlsx", book(["工号", "姓名"], ["3003", "甲"], more=["不要看"]), where=kind)
    yield taken("far-cell.xlsx", book(["工号", "姓名"], ["3004", "甲"], far=True), where=kind)
    yield refused("number-bare.xlsx", book(["工号", "姓名"], [17, "张明"]), "只差开头的零", kind)
    yield refused("formula.xlsx", book(["工号", "姓名"], ["=1+1", "甲"]), "第2行.number", kind)
    yield refused("error.xlsx", book(["工号", "姓名"], ["3005", "#REF!"]), "第2行.name", kind)
    yield refused("scientific.xlsx", book(["工号", "姓名"], [4.40101e17, "甲"]), "科学计数法", kind)
    yield refused("merged-title.xlsx", book(["人员名单", None], ["工号", "姓名"], merged="A1:B1"), "没有标题行", kind)
    yield refused("first-sheet-empty.xlsx", book(), "没有标题行", kind)
    first, second = ["A01", "0017", "2026-03-02 08:30", "09:30"], [None, "1018", "2026-03-02 08:30", "09:30"]
    merged = book(["窗口", "工号", "开始", "结束"], first, second, merged="A2:A3")
    yield refused("merged-roster.xlsx", merged, "第3行.window", "rosters")


def _packages() -> Iterator[Case]:
    kind, whole = "staff", book(["工号", "姓名"], ["3006", "甲"])
    for size in (4, 100, len(whole) // 2, len(whole) - 1):
        yield refused(f"cut-{size}.xlsx", whole[:size], "XLSX 已损坏", kind)
    yield refused("docx.xlsx", changed(whole, without="xl/workbook.xml"), "XLSX 已损坏", kind)
    yield refused("bomb.xlsx", changed(whole, add={"xl/media/a": bytes(65 << 20)}), "展开后超过 64 MB", kind)
    million = changed(whole, add={SHEET: _million()})
    yield refused("bomb-claims-little.xlsx", lying(million), "XLSX", kind)
    yield refused("deep.xlsx", changed(whole, add={SHEET: b"<a>" * 30_000}), "XLSX", kind)
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    yield refused("entities.xlsx", changed(whole, add={SHEET: entities}), "XLSX", kind)
    yield refused("sheet-outside.xlsx", changed(whole, add={RELATIONS: b"<Relationships/>"}), "XLSX", kind)
    yield refused("old-excel.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "XLS 已损坏", kind)
    yield taken("macros.xlsm", changed(whole, add={"xl/vbaProject.bin": bytes(range(256)) * 4}), where=kind)
    yield taken("claims-a-million.xlsx", claiming(whole), where=kind)


def book(
    *rows: list[Any],
    formats: dict[str, str] | None = None,
    merged: str = "",
    more: list[str] | None = None,
    far: bool = False,
) -> bytes:
    """A workbook with these rows; `more` stands on a hidden sheet, `far` in the last column of row 500."""
    made = Workbook()
    sheet = made.active
    for row in rows:
        sheet.append(row)
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    if merged:
        sheet.merge_cells(merged)
    if far:
        sheet.cell(500, 16_384, "备注")
    if more:
        other = made.create_sheet("隐藏")
        other.append(more)
        other.sheet_state = "hidden"
    return saved(made)


def saved(made: Workbook) -> bytes:
    buffer = BytesIO()
    made.save(buffer)
    return buffer.getvalue()


def changed(whole: bytes, *, add: dict[str, bytes] | None = None, without: str = "") -> bytes:
    """The same package with some files added, replaced or left out."""
    with zipfile.ZipFile(BytesIO(whole)) as packed:
        files = {name: packed.read(name) for name in packed.namelist() if name != without} | (add or {})
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return buffer.getvalue()


def claiming(whole: bytes) -> bytes:
    """A sheet that says of itself that it reaches to the last cell."""
    with zipfile.ZipFile(BytesIO(whole)) as packed:
        sheet = packed.read(SHEET)
    name, _, rest = sheet.partition(b'<dimension ref="')
    return changed(whole, add={SHEET: name + b'<dimension ref="A1:XFD1048576' + rest[rest.index(b'"') :]})


def lying(whole: bytes) -> bytes:
    """The same package whose directory says that each file is a byte long."""
    content = bytearray(whole)
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content[at + 24 : at + 28] = (1).to_bytes(4, "little")
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(content)


def _million() -> bytes:
    row = b'<row r="1"><c r="A1" t="n"><v>1</v></c></row>'
    return b"<worksheet><sheetData>" + row * 1_000_000 + b"</sheetData></worksheet>"
