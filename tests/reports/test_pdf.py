"""The PDF is the page on A4: its text is read back, and what is missing on the machine is said."""

from __future__ import annotations

import re
import sys
from datetime import date, datetime
from io import BytesIO
from types import ModuleType

import docx
import pytest
from pypdf import PdfReader

from speechaudit.errors import InputError, MissingPartError
from speechaudit.model import Audit
from speechaudit.reports import About, ReportSettings, build
from speechaudit.reports import pdf as pdfs
from speechaudit.reports.compare import Others
from speechaudit.reports.docx import staff_document
from speechaudit.reports.figures import StaffReport
from speechaudit.reports.html import staff_page
from speechaudit.reports.outline import outlined
from speechaudit.reports.paper import staff_paper

ABOUT = About(
    centre="青河县政务服务中心",
    names={"工号1017": "王芳"},
    windows={"3号窗口": "社保综合窗口"},
    since=date(2026, 3, 1),
    until=date(2026, 3, 31),
    made_at=datetime(2026, 4, 1, 9, 30),
    made_by="李敏",
    appeal_days=15,
)
OTHERS = Others(window={"three_voices": 0.912}, centre={"three_voices": 0.885})


needs_pango = pytest.mark.usefixtures("pango")


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def report(many: list[Audit], settings: ReportSettings) -> StaffReport:
    return build(many, settings)[0]


@pytest.fixture(scope="module")
def pages(report: StaffReport) -> list[str]:
    content = pdfs.pdf(staff_page(report, ABOUT, OTHERS, annex="none"))
    return [squeezed(page.extract_text()) for page in PdfReader(BytesIO(content)).pages]


@needs_pango
def test_a_usual_person_has_at_most_three_pages_with_their_numbers(pages: list[str]) -> None:
    assert 1 <= len(pages) <= 3
    assert [f"—{number}—" in page for number, page in enumerate(pages, 1)] == [True] * len(pages)
    assert all("青河县政务服务中心人员语音报告王芳（工号1017）" in page for page in pages[1:])


@needs_pango
def test_the_page_says_whose_it_is_of_what_time_and_who_made_it(pages: list[str]) -> None:
    for part in (
        "人员语音报告",
        "姓名：王芳",
        "工号：工号1017",
        "窗口：社保综合窗口（3号窗口）",
        "时段：2026年3月1日至2026年3月31日",
        "制作时间：2026年4月1日09:30",
        "制作人：李敏",
        "规则库：rules-1",
        "识别模型：whisper-base",
    ):
        assert part in pages[0], part
    for part in ("被评议人意见", "窗口负责人意见", "签名", "日期", "15天内", "91%"):
        assert part in "".join(pages), part


@needs_pango
def test_page_pdf_and_document_say_the_same(report: StaffReport, pages: list[str]) -> None:
    paper = staff_paper(outlined(report), ABOUT, OTHERS)
    document = docx.Document(BytesIO(staff_document(report, ABOUT, OTHERS)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    page = squeezed(re.sub(r"<[^>]*>", "", staff_page(report, ABOUT, OTHERS)))
    texts = ("".join(pages), page, squeezed("".join([*(p.text for p in document.paragraphs), *cells])))
    said = [*paper.summary, paper.standing, *paper.reviews, *(m.id for m in paper.moments)]
    said += [value for _, value in (*paper.facts, *paper.scores)]
    said += [text for line in paper.dimensions for text in (line.points, line.share, *line.others)]
    for part in map(squeezed, said):
        assert [part in text for text in texts] == [True] * 3, part


def test_without_chinese_fonts_it_is_refused_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdfs, "_has_chinese_font", lambda: False)
    with pytest.raises(MissingPartError, match="fonts-noto-cjk"):
        pdfs.pdf("<p>您好</p>")


def test_without_pango_it_is_refused_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(ModuleType):
        def __getattr__(self, name: str) -> object:
            raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setitem(sys.modules, "weasyprint", Broken("weasyprint"))
    with pytest.raises(MissingPartError, match="apt install libpango"):
        pdfs.require_pdf()


@needs_pango
def test_nothing_is_loaded_from_anywhere() -> None:
    page = '<img src="file:///etc/passwd"><link rel=stylesheet href="http://127.0.0.1:9/x.css"><p>text</p>'
    assert "text" in PdfReader(BytesIO(pdfs.pdf(page))).pages[0].extract_text()


@needs_pango
@pytest.mark.parametrize(
    ("texts", "told"), [(("长" * 50_001,), "有一段文字长达 50001 个字"), (("长" * 40_000,) * 40, "有 1600000 个字")]
)
def test_text_without_end_is_refused_before_it_is_laid_out(texts: tuple[str, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        pdfs.pdf("<style>p { color: red }</style>" + "".join(f"<p>{text}</p>" for text in texts))
