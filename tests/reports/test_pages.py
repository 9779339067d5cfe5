"""The pages as a browser would parse them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from speechaudit.model import Audit
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.about import About
from speechaudit.reports.compare import Others
from speechaudit.reports.html import overview_page, staff_page
from speechaudit.reports.overview import overview
from tests.sentences import legacy

from .made import CLAUSE, audit, encounter, evidence, finding

VOID = {"meta", "link", "br", "img", "input", "hr"}
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


class Page(HTMLParser):
    """Counts tags, collects text and attributes, and checks that tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.charts: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.charts += [dict(attrs)] if tag == "svg" else []
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page_of(audits: list[Audit], settings: ReportSettings, staff: str | None) -> Page:
    report = next(report for report in build(audits, settings) if report.staff == staff)
    return Page(staff_page(report, About(), Others(), home="index.html"))


def overview_of(audits: list[Audit], settings: ReportSettings) -> Page:
    reports = build(audits, settings)
    links = {report.staff: f"{index}.html" for index, report in enumerate(reports)}
    return Page(overview_page(overview(reports, settings), About(kind="centre"), Others(), links))


def test_figures_of_the_busy_one(many: list[Audit], settings: ReportSettings) -> None:
    text = page_of(many, settings, "工号1017").text
    for part in (
        "94.8",
        "94.8（95% 区间 91.1–98.4）",
        "95% 区间整体不低于合格线（80 分）",
        "64% （n=25）",
        "一票否决：推诿",
        "这不归我管，你去问别人",
        "00:20–00:22",
        "窗口3/20260304-07.wav",
        "《政务服务窗口文明用语规范》二（四）：「不得推诿，不得说「不归我管」。」",
        "关于推诿的建议。",
        "学生 t 分布",
        "Wilson",
        "试行，不计分",
        "whisper-base",
        "rules-1",
        "cpu int8",
        "凭判定的编号提出申诉",
    ):
        assert part in text
    assert "样本不足" not in text[: text.index("各钟点，一样对待")], "hours are few, but not the services"


def test_only_the_worst_are_shown_in_full(many: list[Audit], settings: ReportSettings) -> None:
    page = page_of(many, settings, "工号1017")
    assert page.tags["article"] == settings.worst
    assert "共 10 处，这里列前 5 处，其余 5 处见附件" in page.text
    assert "共 10 处不符合规范" in page.text


def test_evidence_that_costs_nothing_more_says_so(settings: ReportSettings) -> None:
    failed = finding("courtesy.thanks", "fail", evidence("喂", 1.0, 5.0), evidence("喂喂", 9.0))
    text = page_of([audit("a.wav", "甲", encounter(failed))], settings, "甲").text
    assert "其中 1 处扣分" in text
    assert "−5 分" in text
    assert text.count("不另扣分") == 3  # once beside it, twice in explanations
    assert "−0 分" not in text


def test_one_clause_stands_in_the_main_part_and_each_once_in_the_annex(settings: ReportSettings) -> None:
    clauses = [replace(CLAUSE, quote=quote) for quote in ("甲", "乙", "甲", "丙", "丁")]
    failed = replace(finding("courtesy.thanks", "fail", evidence("喂", 1.0, 5.0)), clauses=tuple(clauses))
    text = page_of([audit("a.wav", "甲", encounter(failed))], settings, "甲").text
    assert [text.count(f"「{quote}」") for quote in "甲乙丙丁"] == [
        2,
        1,
        1,
        1,
    ]  # one before the annex


def test_few_are_said_once_and_without_an_interval(many: list[Audit], settings: ReportSettings) -> None:
    page = page_of(many, settings, "工号2001")
    assert "样本不足：已评 2 次，少于 10 次" in page.text
    assert "没有听到可判定的话" in page.text
    assert page.text.count("样本不足") == 1
    assert "95% 区间 " not in page.text.partition("附件：")[0]


def test_nothing_judged_has_no_numbers(settings: ReportSettings) -> None:
    page = page_of([audit("a.wav", "甲", replace(encounter(), score=None))], settings, "甲")
    assert "没有可以评分的服务" in page.text
    assert "nan" not in page.text.lower()
    assert "none" not in page.text.lower()


def test_recording_without_encounter(settings: ReportSettings) -> None:
    assert "没有扣分" in page_of([audit("a.wav", "甲")], settings, "甲").text


@pytest.mark.parametrize("staff", ["工号1017", "工号2001", None])
def test_page_stands_alone_and_speaks_to_readers_without_sight(
    staff: str | None, many: list[Audit], settings: ReportSettings
) -> None:
    page = page_of(many, settings, staff)
    assert page.tags["script"] == page.tags["link"] == page.tags["img"] == page.tags["iframe"] == 0
    assert all(value.startswith(("#", "index.html")) for name, value in page.attributes if name == "href")
    assert page.charts
    assert all("aria-hidden" in chart or (chart["role"] == "img" and chart["aria-label"]) for chart in page.charts)
    assert page.tags["h1"] == 1


def test_hostile_texts_stay_text(settings: ReportSettings) -> None:
    proof = replace(evidence(ATTACK, 1.0, 10.0), reasons=legacy(ATTACK))
    failed = replace(finding("courtesy.thanks", "fail", proof), title=ATTACK, message=ATTACK)
    hostile = replace(audit(ATTACK, ATTACK, encounter(failed)), limits=legacy(ATTACK), rulebook_version=ATTACK)
    for page in (page_of([hostile], settings, ATTACK), overview_of([hostile], settings)):
        assert page.tags["script"] == page.tags["img"] == 0
        assert not any(name.startswith("on") for name, _ in page.attributes)
        assert ATTACK in page.text


def test_overview_ranks_only_those_with_enough(many: list[Audit], settings: ReportSettings) -> None:
    strong = [audit(f"c{n}.wav", "工号0500", encounter()) for n in range(12)]
    reports = build([*many, *strong], settings)
    view = overview(reports, settings)
    assert [report.staff for report in view.ranked] == ["工号0500", "工号1017"]
    assert [report.staff for report in view.few] == ["工号2001", None]


def test_those_without_name_are_never_ranked(settings: ReportSettings) -> None:
    reports = build([audit(f"{n}.wav", None, encounter()) for n in range(20)], settings)
    assert overview(reports, settings).ranked == ()


def test_overview_pools_all_encounters(many: list[Audit], settings: ReportSettings) -> None:
    view = overview(build(many, settings), settings)
    # 2369 of 工号1017, two times 100 of 工号2001, 90 of nobody
    assert (view.figures.score.n, view.figures.score.mean) == pytest.approx((28, 2659 / 28))
    greeting = next(rule for rule in view.figures.rules if rule.rule == "three-voices.greeting")
    assert (greeting.passed, greeting.failed) == (18, 10)


def test_overview_page(many: list[Audit], settings: ReportSettings) -> None:
    page = overview_of(many, settings)
    assert ("href", "0.html") in page.attributes
    for part in ("中心语音报告", "工号1017", "未登记人员", "样本不足", "2 人", "不参与排序"):
        assert part in page.text
