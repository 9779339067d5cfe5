"""The reports as text documents, to be signed, filed or sent round: what they say, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from speechaudit import terms
from speechaudit.reports import words
from speechaudit.reports.document import DocumentBuilder, TextColumn
from speechaudit.reports.figures import (
    DimensionFigure,
    EncounterEntry,
    Figures,
    Moment,
    RuleFigure,
    StaffFigures,
    StaffReport,
)
from speechaudit.reports.names import display_name
from speechaudit.reports.overview import Overview
from speechaudit.text import clock

TITLE: Final = "服务用语质检报告"
Fact = tuple[str, str]


def _quote(moment: Moment) -> str:
    return f"{terms.ROLES[moment.role]}：「{moment.quote}」" if moment.quote else ""


def _place(at: Moment | EncounterEntry) -> str:
    times = f"{clock(at.start)}–{clock(at.end)}"
    return f"{at.file} · 第 {at.encounter} 次服务 · {times}（{words.when(at.begun_at)}）"


def _parts(row: EncounterEntry) -> str:
    return "，".join(f"{d.title} {words.number(d.score)}/{words.number(d.full)}" for d in row.dimensions)


DIMENSIONS: Final[tuple[TextColumn[DimensionFigure], ...]] = (
    TextColumn("维度", 8, lambda d: d.title),
    TextColumn("平均", 3, lambda d: f"{d.mean:.1f}"),
    TextColumn("满分", 3, lambda d: words.number(d.full)),
    TextColumn("次数", 3, lambda d: str(d.n)),
)
RULES: Final[tuple[TextColumn[RuleFigure], ...]] = (
    TextColumn("规则", 4.6, lambda r: r.title),
    TextColumn("等级", 1.4, lambda r: terms.LEVELS[r.level]),
    TextColumn("通过", 1.5, lambda r: str(r.passed)),
    TextColumn("违反", 1.5, lambda r: str(r.failed)),
    TextColumn("待复核", 1.6, lambda r: str(r.unclear)),
    TextColumn("不适用", 1.6, lambda r: str(r.not_applicable)),
    TextColumn("通过率", 1.8, lambda r: words.percent(r.pass_rate.rate)),
    TextColumn("95% 区间", 3, lambda r: words.percent_range(r.pass_rate.interval)),
)
UNCLEAR: Final[tuple[TextColumn[Moment], ...]] = (
    TextColumn("编号", 2.2, lambda m: f"#{m.id}"),
    TextColumn("规则", 3, lambda m: m.title),
    TextColumn("录音与时间", 4.8, _place),
    TextColumn("原话", 3.8, _quote),
    TextColumn("原因", 3.2, lambda m: m.why),
)
ENCOUNTERS: Final[tuple[TextColumn[EncounterEntry], ...]] = (
    TextColumn("录音与时间", 6, _place),
    TextColumn("总分", 1.5, lambda e: words.score(e.total)),
    TextColumn("结果", 1.6, words.outcome),
    TextColumn("各维度", 4.6, lambda e: _parts(e) if e.total is not None else e.not_judged),
    TextColumn("一票否决", 3.3, lambda e: "、".join(e.vetoed_by)),
)
STAFF: Final[tuple[TextColumn[StaffFigures], ...]] = (
    TextColumn("人员", 4, lambda r: display_name(r.staff)),
    TextColumn("样本", 2, words.sample),
    TextColumn("已评", 1.5, lambda r: str(r.figures.score.n)),
    TextColumn("均分", 1.7, lambda r: words.score(r.figures.score.mean)),
    TextColumn("95% 区间", 2.7, lambda r: words.score_range(r.figures.score.interval)),
    TextColumn("合格率", 1.7, lambda r: words.percent(r.figures.passed.rate)),
    TextColumn("否决", 1.5, lambda r: str(r.figures.vetoed)),
    TextColumn("待复核", 1.9, lambda r: str(r.doubts)),
)


def staff_document(report: StaffReport) -> bytes:
    """Return the document of one member of staff: 概要, 各维度, 各规则, 扣分最多的时刻, 待人工复核, 服务清单."""
    document = DocumentBuilder(TITLE)
    document.heading(f"{TITLE}：{display_name(report.staff)}", 0)
    document.heading("概要", 1)
    document.facts([("样本", words.sample(report)), *_facts(report.figures, len(report.unclear))])
    document.paragraph(words.standing(report.figures.score, report.settings))
    _explain(document, report.cautions)
    _add_figures(document, report.figures)
    _add_worst(document, report.moments, report.settings.worst)
    document.heading("待人工复核", 1)
    if report.unclear:
        document.paragraph("程序听不清或拿不准，没有扣分，请人重听后判断。")
        document.table(UNCLEAR, report.unclear)
    else:
        document.paragraph("没有待复核的内容。")
    document.heading("服务清单", 1)
    document.table(ENCOUNTERS, report.encounters)
    return document.content()


def overview_document(view: Overview) -> bytes:
    """Return the document of the whole set: 概要, 人员, 各维度, 各规则."""
    document = DocumentBuilder(TITLE)
    document.heading(f"{TITLE}：总览", 0)
    document.heading("概要", 1)
    document.facts(_facts(view.figures, view.unclear))
    _explain(document, view.cautions)
    document.heading("人员", 1)
    document.paragraph("按均分从高到低。区间有重叠的，差别可能出于偶然，不宜据此分先后。")
    if view.ranked:
        document.table(STAFF, view.ranked)
    else:
        document.paragraph("目前没有人达到排序所需的次数。")
    if view.few:
        document.heading("不参与排序", 2)
        document.table(STAFF, view.few)
    _add_figures(document, view.figures)
    return document.content()


def _facts(figures: Figures, unclear: int) -> list[Fact]:
    score, passed = figures.score, figures.passed
    share = f"{words.percent(passed.rate)}（{passed.hits} / {passed.n}）"
    return [
        ("服务次数", f"{figures.encounters}（已评 {score.n}）"),
        *((f"未评：{reason.text}", f"{reason.n} 次") for reason in figures.not_judged),
        ("均分", f"{words.score(score.mean)}，95% 区间 {words.score_range(score.interval)}"),
        ("合格率", f"{share}，95% 区间 {words.percent_range(passed.interval)}"),
        ("一票否决", f"{figures.vetoed} 次"),
        ("待人工复核", f"{unclear} 处"),
    ]


def _explain(document: DocumentBuilder, cautions: Sequence[str]) -> None:
    for caution in cautions:
        document.paragraph(f"注意：{caution}")
    document.paragraph(words.METHOD)


def _add_figures(document: DocumentBuilder, figures: Figures) -> None:
    document.heading("各维度平均", 1)
    if figures.dimensions:
        document.table(DIMENSIONS, figures.dimensions)
    else:
        document.paragraph("没有可以评分的服务。")
    document.heading("各规则通过率", 1)
    document.paragraph("待复核和不适用不计入通过率。")
    document.table(RULES, figures.rules)
    if figures.trial_rules:
        document.heading(words.TRIAL, 2)
        document.table(RULES, figures.trial_rules)


def _add_worst(document: DocumentBuilder, moments: Sequence[Moment], worst: int) -> None:
    document.heading("扣分最多的时刻", 1)
    if not moments:
        document.paragraph("没有扣分。")
        return
    shown = moments[:worst]
    document.paragraph(f"共 {len(moments)} 处不符合规范，这里详列前 {len(shown)} 处；全部列在同一报告的 XLSX 表格中。")
    for number, moment in enumerate(shown, start=1):
        document.heading(f"{number}. {moment.title}（{_cost(moment)}）", 2)
        document.facts(_details(moment))


def _details(moment: Moment) -> list[Fact]:
    facts = [
        ("编号", f"#{moment.id}"),
        ("原话", _quote(moment)),
        ("录音与时间", _place(moment)),
        ("判定方式", words.how(moment.match, moment.heard)),
        ("为何扣分", moment.why),
        ("依据", "\n".join(words.sources(moment))),
        ("建议", moment.message),
    ]
    return [fact for fact in facts if fact[1]]


def _cost(moment: Moment) -> str:
    points = f"−{words.number(moment.points)} 分" if moment.points else "不另扣分"
    return f"{points}，一票否决" if moment.veto else points
