"""A text document of headings, paragraphs and tables, on A4. Whatever XML refuses is left out of every text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Final, Generic, TypeVar

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Row

PAGE: Final = (Cm(21.0), Cm(29.7))
MARGIN: Final = Cm(2)
LATIN: Final = "Arial"
BODY: Final = (
    "宋体"  # on every Chinese Windows; elsewhere the programs put their own Chinese font, such as Noto, for it
)
HEADINGS: Final = "黑体"
HEADED: Final = ("Title", "Heading 1", "Heading 2")
HEAD_FILL: Final = "DCE6EC"
_REFUSED: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class TextColumn(Generic[Row]):
    """A column of a table: `width` in centimetres, of 17 between the margins; `value` takes the text out of a row."""

    title: str
    width: float
    value: Callable[[Row], str]


class DocumentBuilder:
    """A document under construction in memory."""

    def __init__(self, title: str) -> None:
        self._document = Document()
        section = self._document.sections[0]
        section.page_width, section.page_height = PAGE
        section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN
        self._set_fonts()
        about = self._document.core_properties
        about.title, about.author, about.comments, about.language = title, "speechaudit", "", "zh-CN"
        about.created = about.modified = datetime.now(UTC).replace(tzinfo=None)

    def heading(self, text: str, level: int) -> None:
        """Add a heading; `level` 0 is the title of the document, 1 a section, 2 a part of it."""
        self._document.add_heading(printable(text), level)

    def paragraph(self, text: str) -> None:
        """Add a paragraph; line breaks stay."""
        self._document.add_paragraph(printable(text))

    def table(self, columns: Sequence[TextColumn[Row]], rows: Iterable[Row]) -> None:
        """Add a table with one line for each of `rows`; its header comes again on every page."""
        table = self._new_table([column.width for column in columns])
        _fill(table.add_row(), [column.title for column in columns], head=range(len(columns)))
        _repeat(table.rows[0])
        for row in rows:
            _fill(table.add_row(), [column.value(row) for column in columns])
        self._document.add_paragraph()

    def facts(self, facts: Iterable[tuple[str, str]]) -> None:
        """Add a table of names and their contents, without a header."""
        table = self._new_table([3.5, 13.5])
        for fact in facts:
            _fill(table.add_row(), fact, head=range(1))
        self._document.add_paragraph()

    def content(self) -> bytes:
        """Return the bytes of the document."""
        buffer = BytesIO()
        self._document.save(buffer)
        return buffer.getvalue()

    def _new_table(self, widths: Sequence[float]) -> Table:
        table = self._document.add_table(0, len(widths), "Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        return table

    def _set_fonts(self) -> None:
        styles = self._document.styles
        for name, font in (("Normal", BODY), *((name, HEADINGS) for name in HEADED)):
            _set_font(styles[name], font)
        normal = styles["Normal"]
        normal.font.size, normal.paragraph_format.space_after = Pt(10), Pt(2)


def printable(text: str) -> str:
    """Return `text` without what XML refuses; lone surrogates spelt out."""
    return _REFUSED.sub("", text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _set_font(style: ParagraphStyle, east_asian: str) -> None:
    """Name the fonts outright: those of the template's theme know no Chinese, and would go first."""
    properties = style.element.get_or_add_rPr()
    for old in properties.findall(qn("w:rFonts")):
        properties.remove(old)
    style.font.name = LATIN
    properties.find(qn("w:rFonts")).set(qn("w:eastAsia"), east_asian)
    properties.append(_element("w:lang", {"w:val": "zh-CN", "w:eastAsia": "zh-CN"}))


def _fill(row: _Row, texts: Sequence[str], head: range = range(0)) -> None:
    """Write `texts` into the cells of `row`, those at `head` as headings; no row is torn apart by a page."""
    row._tr.get_or_add_trPr().append(_element("w:cantSplit"))
    for index, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        run = cell.paragraphs[0].add_run(printable(text))
        if index in head:
            run.bold = True
            shade = _element("w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": HEAD_FILL})
            cell._tc.get_or_add_tcPr().append(shade)


def _repeat(row: _Row) -> None:
    row._tr.get_or_add_trPr().append(_element("w:tblHeader"))


def _element(tag: str, attributes: dict[str, str] | None = None) -> BaseOxmlElement:
    element: BaseOxmlElement = OxmlElement(tag, {qn(name): value for name, value in (attributes or {}).items()})
    return element
