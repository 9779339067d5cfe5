"""A workbook of plain tables. Text is always written as text, so that no transcript becomes a formula or a link."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

LONGEST_CELL: Final = 32_767
A4: Final = 9
Kind = Literal["text", "count", "points", "share"]
Cell = str | int | float | None
NUMBER_FORMATS: Final[dict[Kind, str]] = {"text": "@", "count": "0", "points": "0.0#", "share": "0.0%"}
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """A column of a sheet: `width` in characters of the default font; `value` takes the cell out of a row."""

    title: str
    width: float
    value: Callable[[Row], Cell]
    kind: Kind = "text"


class WorkbookBuilder:
    """A workbook under construction in memory."""

    def __init__(self) -> None:
        from xlsxwriter import Workbook

        self._buffer = BytesIO()
        self._workbook = Workbook(self._buffer, {"in_memory": True})
        common = {"valign": "top", "text_wrap": True}
        self._head = self._workbook.add_format({**common, "bold": True, "bg_color": "#1F4E6B", "font_color": "#FFFFFF"})
        self._body = {
            kind: self._workbook.add_format({**common, "num_format": code}) for kind, code in NUMBER_FORMATS.items()
        }

    def table(self, name: str, columns: Sequence[Column[Row]], rows: Iterable[Row]) -> None:
        """Add a sheet with a frozen header, a filter and one line for each of `rows`, ready to print."""
        sheet = self._workbook.add_worksheet(name)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
            sheet.write_string(0, index, column.title, self._head)
        line = 0
        for line, row in enumerate(rows, start=1):
            for index, column in enumerate(columns):
                _write(sheet, (line, index), column.value(row), self._body[column.kind])
        sheet.autofilter(0, 0, max(1, line), len(columns) - 1)
        _prepare_for_print(sheet)

    def content(self) -> bytes:
        """Close the workbook; its bytes."""
        self._workbook.close()
        return self._buffer.getvalue()


def _prepare_for_print(sheet: Worksheet) -> None:
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)


def _write(sheet: Worksheet, place: tuple[int, int], value: Cell, style: Format) -> None:
    if value is None:
        sheet.write_blank(*place, None, style)
    elif isinstance(value, str):
        sheet.write_string(*place, _printable(value), style)
    else:
        sheet.write_number(*place, value, style)


def _printable(text: str) -> str:
    """Within the limit of a cell, lone surrogates spelt out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")[:LONGEST_CELL]
