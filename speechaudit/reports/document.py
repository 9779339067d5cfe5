"""A text document on A4 after GB/T 9704-2012, of headings, paragraphs, tables and pictures, for Word and its kin.

Whatever XML refuses is left out of every text. What was followed of the standard: docs/decisions/reports-document.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Final, Generic, TypeVar

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Mm, Pt
from docx.styles.style import ParagraphStyle
from docx.table import Table, _Row

PAGE: Final = (Mm(210), Mm(297))
MARGINS: Final = {"top_margin": Mm(37), "right_margin": Mm(26), "bottom_margin": Mm(35), "left_margin": Mm(28)}
WIDTH: Final = 15.6  # centimetres between the margins
LATIN: Final = "Times New Roman"
# On every Chinese Windows; elsewhere the programs put their own Chinese font, such as Noto, for them.
FONTS: Final = {
    "Normal": "仿宋",
    "Title": "宋体",
    "Heading 1": "黑体",
    "Heading 2": "楷体",
    "Header": "宋体",
    "Footer": "宋体",
}
SIZES: Final = {"Normal": 10.5, "Title": 22, "Heading 1": 16, "Heading 2": 12, "Header": 9, "Footer": 14}
BODY: Final = 16  # 三号
LONGEST_PROPERTY: Final = 255
HEAD_FILL: Final = "EDEDED"
_REFUSED: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class TextColumn(Generic[Row]):
    """A column of a table: `width` in centimetres, of `WIDTH` in all; `value` takes the text out of a row."""

    title: str
    width: float
    value: Callable[[Row], str]


class DocumentBuilder:
    """A document under construction in memory."""

    def __init__(self, title: str, header: str, made_at: datetime | None) -> None:
        self._document = Document()
        section = self._document.sections[0]
        section.page_width, section.page_height = PAGE
        for name, width in MARGINS.items():
            setattr(section, name, width)
        for name, font in FONTS.items():
            _set_style(self._document.styles[name], font, SIZES[name])
        self._document.styles["Normal"].paragraph_format.space_after = Pt(2)
        section.different_first_page_header_footer = False
        section.header.paragraphs[0].text = printable(header)
        _number_pages(section.footer.paragraphs[0])
        about = self._document.core_properties
        about.title, about.author, about.comments, about.language = (
            printable(title)[:LONGEST_PROPERTY],
            "speechaudit",
            "",
            "zh-CN",
        )
        made = (made_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
        about.created = about.modified = made

    def title(self, text: str, above: str, below: str) -> None:
        """Add the title, centred, with a line above and one below it; both may be empty."""
        for line, style, size in ((above, "Normal", BODY), (text, "Title", SIZES["Title"]), (below, "Normal", BODY)):
            if line:
                paragraph = self._document.add_paragraph(style=style)
                paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
                paragraph.add_run(printable(line)).font.size = Pt(size)

    def heading(self, text: str, level: int) -> None:
        """Add a heading; `level` 1 is a part of the document, 2 a piece of it."""
        self._document.add_heading(printable(text), level)

    def body(self, text: str) -> None:
        """Add running text: 三号, first line indented by two characters, 28 points from line to line."""
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.first_line_indent = Pt(2 * BODY)
        paragraph.paragraph_format.line_spacing = Pt(28)
        paragraph.add_run(printable(text)).font.size = Pt(BODY)

    def paragraph(self, text: str, *, leads: bool = False) -> None:
        """Add a paragraph; line breaks stay. One that `leads` on stands on the page of what follows."""
        paragraph = self._document.add_paragraph(printable(text))
        paragraph.paragraph_format.keep_with_next = leads

    def entry(self, head: str, lines: Sequence[str]) -> None:
        """Add a line in bold with lines below it, which no page tears apart."""
        paragraph = self._document.add_paragraph()
        paragraph.paragraph_format.keep_together, paragraph.paragraph_format.space_after = True, Pt(4)
        paragraph.add_run(printable(head)).bold = True
        for line in lines:
            paragraph.add_run().add_break()
            paragraph.add_run(printable(line))

    def picture(self, content: bytes, width: float) -> None:
        """Add a picture, `width` in centimetres."""
        self._document.add_picture(BytesIO(content), Cm(width))

    def new_page(self) -> None:
        """Begin a page."""
        self._document.add_page_break()

    def table(self, columns: Sequence[TextColumn[Row]], rows: Iterable[Row], *, long: bool = False) -> None:
        """Add a table with one line for each of `rows`; its header comes again on every page.

        Where a line may be `long`, pages may tear it apart.
        """
        table = self._new_table([column.width for column in columns])
        _fill(table.add_row(), [column.title for column in columns], head=range(len(columns)))
        _repeat(table.rows[0])
        for row in rows:
            _fill(table.add_row(), [column.value(row) for column in columns], whole=not long)
        self._gap()

    def facts(self, facts: Iterable[tuple[str, str]], *, first: float = 2.6) -> None:
        """Add a table of names and their contents, without a header; `first` is the width of the names."""
        table = self._new_table([first, WIDTH - first])
        for fact in facts:
            _fill(table.add_row(), fact, head=range(1))
        self._gap()

    def boxes(self, titles: Sequence[str], lines: int, foot: str) -> None:
        """Add empty boxes side by side to write in: a title, space of so many lines, and a line at the foot."""
        row = self._new_table([WIDTH / len(titles)] * len(titles)).add_row()
        _fill(row, [f"{title}：" + "\n" * lines for title in titles])
        for cell in row.cells:
            cell.add_paragraph(foot).alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._gap()

    def content(self) -> bytes:
        """Return the bytes of the document."""
        buffer = BytesIO()
        self._document.save(buffer)
        return buffer.getvalue()

    def _gap(self) -> None:
        gap = self._document.add_paragraph().paragraph_format
        gap.line_spacing, gap.space_after = Pt(6), Pt(0)

    def _new_table(self, widths: Sequence[float]) -> Table:
        table = self._document.add_table(0, len(widths), "Table Grid")
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Cm(width)
        return table


def printable(text: str) -> str:
    """Return `text` without what XML refuses; lone surrogates spelt out."""
    return _REFUSED.sub("", text.encode("utf-8", "backslashreplace").decode("utf-8"))


def _number_pages(paragraph: Any) -> None:
    """Write — 1 — with the number of the page as a field."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run("— ")
    paragraph._p.append(_element("w:fldSimple", {"w:instr": "PAGE"}))
    paragraph.add_run(" —")


def _set_style(style: ParagraphStyle, east_asian: str, size: float) -> None:
    """Name the fonts outright: those of the template's theme know no Chinese, and would go first."""
    properties = style.element.get_or_add_rPr()
    for name in ("w:rFonts", "w:color"):
        for old in properties.findall(qn(name)):
            properties.remove(old)
    style.font.name, style.font.size = LATIN, Pt(size)
    properties.find(qn("w:rFonts")).set(qn("w:eastAsia"), east_asian)
    properties.append(_element("w:lang", {"w:val": "zh-CN", "w:eastAsia": "zh-CN"}))
    style.paragraph_format.space_before = Pt(6 if style.name.startswith("Heading") else 0)


def _fill(row: _Row, texts: Sequence[str], head: range = range(0), *, whole: bool = True) -> None:
    """Write `texts` into the cells of `row`, those at `head` as headings; a `whole` row is not torn apart by a page."""
    if whole:
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
