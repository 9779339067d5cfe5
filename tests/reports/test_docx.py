from dataclasses import replace
from datetime import datetime
from io import BytesIO

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn

from speechaudit.model import Audit
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.about import About
from speechaudit.reports.compare import Others
from speechaudit.reports.document import FONTS, printable
from speechaudit.reports.docx import overview_document, staff_document
from speechaudit.reports.figures import RateFigure
from speechaudit.reports.html import staff_page
from speechaudit.reports.overview import overview
from speechaudit.reports.sameness import Contrast
from tests.sentences import legacy

from .made import audit, encounter, evidence, finding

ABOUT = About(centre="青河县政务服务中心", names={"工号1017": "王芳"})


def read(content: bytes) -> Document:
    return docx.Document(BytesIO(content))


def rows(document: Document, table: int) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[table].rows]


def headings(document: Document) -> list[str]:
    return [p.text for p in document.paragraphs if p.style is not None and p.style.name in ("Title", "Heading 1")]


def everything(document: Document) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(p.text for p in document.paragraphs), *cells])


def listed(document: Document, first: str) -> list[list[str]]:
    """Return the lines below the header of the first table that begins with this and has several columns."""
    tables = [rows(document, at) for at in range(len(document.tables))]
    return next(table[1:] for table in tables if table[0][0] == first and len(table[0]) > 2)


@pytest.fixture(scope="module")
def staff(many: list[Audit], settings: ReportSettings) -> Document:
    return read(staff_document(build(many, settings)[0], ABOUT, Others()))


def test_a_staff_report_in_order(staff: Document) -> None:
    assert headings(staff) == [
        "人员语音报告",
        "一、概述",
        "二、得分",
        "三、做得好的",
        "四、需要改进的",
        "五、复核与申诉",
        "六、没有评定的内容",
        "七、走势",
        "八、意见与签名",
        "附件",
    ]


def test_the_figures_are_told_with_their_interval(staff: Document) -> None:
    facts = dict(rows(staff, 1))
    assert facts["均分"] == "94.8（95% 区间 91.1–98.4）"
    assert facts["合格次数"] == "24 / 25（96%）"
    assert "95% 区间整体不低于合格线（80 分）。" in [p.text for p in staff.paragraphs]


def test_few_encounters_are_said_once(many: list[Audit], settings: ReportSettings) -> None:
    document = read(staff_document(build(many, settings)[1], ABOUT, Others()))
    assert everything(document).count("样本不足") == 1
    assert dict(rows(document, 1))["均分"] == "100.0"


def test_the_worst_moment_can_be_contested(many: list[Audit], settings: ReportSettings, staff: Document) -> None:
    worst = build(many, settings)[0].moments[0]
    told = next(p for p in staff.paragraphs if p.text.startswith(f"1. 推诿（−25 分，一票否决）编号 #{worst.id}"))
    _, said, advice, clause = told.text.split("\n")
    assert told.paragraph_format.keep_together and worst.quote in said and "00:20–00:22" in said
    assert advice == f"建议：{worst.message}" and worst.clauses[0].quote in clause
    assert sum("编号 #" in p.text for p in staff.paragraphs) == settings.worst
    assert any(worst.file in line[2] for line in listed(staff, "编号"))


def test_the_annex_says_each_rules_clauses_once(many: list[Audit], settings: ReportSettings, staff: Document) -> None:
    report = build(many, settings)[0]
    every = {each.rule: each for each in reversed((*report.moments, *report.unclear))}
    tables = [rows(staff, at) for at in range(len(staff.tables))]
    (clauses,) = (table[1:] for table in tables if table[0] == ["规则", "建议", "依据"])
    assert [line[0] for line in clauses] == [each.title for each in every.values()]
    assert len({each.rule for each in report.moments}) < len(report.moments), "several moments of one rule"


def test_every_rule_and_every_service_has_its_line(
    many: list[Audit], settings: ReportSettings, staff: Document
) -> None:
    report = build(many, settings)[0]
    rules = {line[0]: line for line in listed(staff, "规则")}
    greeting = next(rule for rule in report.figures.rules if rule.rule == "three-voices.greeting")
    assert rules[greeting.title][2:8] == ["16", "9", "0", "0", "64%", "—"]  # 45 to 80 % says too little
    assert len(listed(staff, "录音与时间")) == len(report.encounters)


def test_an_overview_lists_those_with_enough_first(many: list[Audit], settings: ReportSettings) -> None:
    reports = build(many, settings)
    document = read(overview_document(overview(reports, settings), replace(ABOUT, kind="centre"), Others()))
    assert headings(document)[:2] == ["中心语音报告", "一、概述"]
    people = [line[:2] for line in listed(document, "人员")]
    assert people == [["王芳（工号1017）", "足够"], ["工号2001", "样本不足"], ["未登记人员", "样本不足"]]


def test_the_page_is_laid_out_as_official_documents_are(staff: Document) -> None:
    section = staff.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    margins = (section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(margin.mm) for margin in margins] == [37, 35, 28, 26]
    assert section.header.paragraphs[0].text == "青河县政务服务中心 人员语音报告 王芳（工号1017）"
    footer = section.footer.paragraphs[0]
    assert (footer.text, footer._p.find(qn("w:fldSimple")).get(qn("w:instr"))) == ("—  —", "PAGE")
    assert len(staff.inline_shapes) == 1
    for name, expected in FONTS.items():
        fonts = staff.styles[name].element.rPr.find(qn("w:rFonts"))
        assert fonts.get(qn("w:eastAsia")) == expected
        assert not [key for key in fonts if "Theme" in key]


def test_hostile_texts_stay_texts(settings: ReportSettings) -> None:
    proof = replace(evidence("</w:t>&\x00哑\x07\udcff\ufffe", 1.0, 5.0), reasons=legacy("长" * 40_000))
    hostile = audit("录音\udcb2.wav", "甲\x1b\udcff" * 200, encounter(finding("courtesy.thanks", "fail", proof)))
    reports = build([hostile], settings)
    text = everything(read(staff_document(reports[0], ABOUT, Others())))
    assert "「</w:t>&哑\\udcff」" in text
    assert "录音\\udcb2.wav" in text
    assert "长" * 40_000 in text
    document = overview_document(overview(reports, settings), replace(ABOUT, kind="centre"), Others())
    assert "甲\\udcff" in everything(read(document))


def test_busy_and_quiet_stand_in_the_annex(many: list[Audit], settings: ReportSettings) -> None:
    contrast = Contrast(name="load", first=RateFigure.of(11, 16), second=RateFigure.of(32, 33), outcome="lower")
    report, others = build(many, settings)[0], Others(alike=(contrast,))
    page = staff_page(report, ABOUT, others)
    for text in (everything(read(staff_document(report, ABOUT, others))), page):
        assert "忙闲早晚" in text and "11/16" in text and "前者较低" in text and "录音里听不出" in text
    assert "忙闲早晚" not in staff_page(report, ABOUT, Others())


def test_each_hour_stands_in_the_annex(many: list[Audit], settings: ReportSettings) -> None:
    """Two services an hour are too few to tell anything, and the table says so."""
    report = build(many, settings)[0]
    rows = (replace(row, begun_at=datetime(2026, 3, 2, 9 + n % 2, 5)) for n, row in enumerate(report.encounters))
    told = replace(report, encounters=tuple(rows))
    assert len(told.encounters) > 1
    for text in (everything(read(staff_document(told, ABOUT, Others()))), staff_page(told, ABOUT, Others())):
        assert "各钟点，一样对待" in text and "9 时" in text and "10 时" in text and "样本不足" in text
    single = replace(report, encounters=told.encounters[:1])
    assert "各钟点" not in staff_page(single, ABOUT, Others())


def test_printable_keeps_what_xml_allows() -> None:
    assert printable("办\t证\n𠮷\x0b\x0c\x1f\uffff") == "办\t证\n𠮷"
