from dataclasses import replace
from io import BytesIO

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn

from speechaudit.model import Audit
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.document import printable
from speechaudit.reports.docx import overview_document, staff_document
from speechaudit.reports.overview import overview
from tests.sentences import legacy

from .made import audit, encounter, evidence, finding


def read(content: bytes) -> Document:
    return docx.Document(BytesIO(content))


def rows(document: Document, table: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[table].rows]


def headings(document: Document) -> list[str]:
    return [p.text for p in document.paragraphs if p.style is not None and p.style.name in ("Title", "Heading 1")]


def everything(document: Document) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


@pytest.fixture
def staff(many: list[Audit], settings: ReportSettings) -> Document:
    return read(staff_document(build(many, settings)[0]))


def test_a_staff_report_in_order(staff: Document) -> None:
    assert headings(staff) == [
        "服务用语质检报告：工号1017",
        "概要",
        "各维度平均",
        "各规则通过率",
        "扣分最多的时刻",
        "待人工复核",
        "服务清单",
    ]


def test_the_summary_gives_figures_with_intervals(staff: Document) -> None:
    facts = dict(rows(staff, 0))
    assert facts["样本"] == "足够"
    assert facts["均分"] == "94.8，95% 区间 91.1–98.4"
    assert facts["合格率"].startswith("96%（24 / 25），95% 区间 ")
    assert "95% 区间整体不低于合格线（80 分）。" in [p.text for p in staff.paragraphs]


def test_few_encounters_are_said(many: list[Audit], settings: ReportSettings) -> None:
    document = read(staff_document(build(many, settings)[1]))
    assert dict(rows(document, 0))["样本"] == "样本不足"
    assert any("不参与排序" in p.text for p in document.paragraphs)


def test_the_worst_moment_can_be_contested(many: list[Audit], settings: ReportSettings, staff: Document) -> None:
    report = build(many, settings)[0]
    worst = report.moments[0]
    table = next(t for t in staff.tables if t.cell(0, 0).text == "编号" and len(t.columns) == 2)
    facts = {row.cells[0].text: row.cells[1].text for row in table.rows}
    assert facts["编号"] == f"#{worst.id}"
    assert worst.quote in facts["原话"]
    assert worst.file in facts["录音与时间"]
    assert "00:20–00:22" in facts["录音与时间"]
    assert worst.clauses[0].quote in facts["依据"]
    assert facts["建议"] == worst.message
    shown = [p for p in staff.paragraphs if p.style is not None and p.style.name == "Heading 2" and " 分" in p.text]
    assert len(shown) == settings.worst


def test_every_rule_and_every_service_has_its_line(
    many: list[Audit], settings: ReportSettings, staff: Document
) -> None:
    report = build(many, settings)[0]
    rules = {line[0]: line for line in rows(staff, 2)}
    greeting = next(rule for rule in report.figures.rules if rule.rule == "three-voices.greeting")
    assert rules[greeting.title][2:7] == ["16", "9", "0", "0", "64%"]
    assert len(staff.tables[-1].rows) == len(report.encounters) + 1


def test_an_overview_ranks_only_those_with_enough(many: list[Audit], settings: ReportSettings) -> None:
    reports = build(many, settings)
    document = read(overview_document(overview(reports, settings)))
    assert [line[0] for line in rows(document, 1)] == ["人员", "工号1017"]
    assert [line[:2] for line in rows(document, 2)[1:]] == [["工号2001", "样本不足"], ["未登记人员", "样本不足"]]


def test_chinese_has_a_font_and_the_page_is_a4(staff: Document) -> None:
    section = staff.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        fonts = staff.styles[name].element.rPr.find(qn("w:rFonts"))
        assert fonts.get(qn("w:eastAsia")) in ("宋体", "黑体")
        assert not [key for key in fonts if "Theme" in key]


def test_hostile_texts_stay_texts(settings: ReportSettings) -> None:
    proof = replace(evidence("</w:t>&\x00哑\x07\udcff\ufffe", 1.0, 5.0), reasons=legacy("长" * 40_000))
    hostile = audit("录音\udcb2.wav", "甲\x1b\udcff" * 200, encounter(finding("courtesy.thanks", "fail", proof)))
    reports = build([hostile], settings)
    text = everything(read(staff_document(reports[0])))
    assert "「</w:t>&哑\\udcff」" in text
    assert "录音\\udcb2.wav" in text
    assert "长" * 40_000 in text
    assert "甲\\udcff" in everything(read(overview_document(overview(reports, settings))))


def test_printable_keeps_what_xml_allows() -> None:
    assert printable("办\t证\n𠮷\x0b\x0c\x1f\uffff") == "办\t证\n𠮷"
