"""The sheets of the workbooks: which columns they have, and where the cells come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from speechaudit import terms
from speechaudit.reports import words
from speechaudit.reports.figures import (
    DayFigure,
    EncounterEntry,
    Figures,
    Moment,
    RecordingEntry,
    RuleFigure,
    StaffFigures,
    StaffReport,
)
from speechaudit.reports.intervals import Interval
from speechaudit.reports.manner import MEASURES
from speechaudit.reports.names import display_name
from speechaudit.reports.overview import Overview
from speechaudit.reports.paper import Paper
from speechaudit.reports.workbook import Column, WorkbookBuilder
from speechaudit.text import clock

Fact = tuple[str, str]
FACTS: Final[tuple[Column[Fact], ...]] = (
    Column("项目", 28, lambda fact: fact[0]),
    Column("内容", 90, lambda fact: fact[1]),
)
STAFF: Final[tuple[Column[StaffFigures], ...]] = (
    Column("人员", 24, lambda r: display_name(r.staff)),
    Column("样本", 14, words.sample),
    Column("服务次数", 10, lambda r: r.figures.encounters, "count"),
    Column("已评次数", 10, lambda r: r.figures.score.n, "count"),
    Column("均分", 10, lambda r: r.figures.score.mean, "points"),
    Column("95% 下限", 10, lambda r: _low(r.figures.score.interval), "points"),
    Column("95% 上限", 10, lambda r: _high(r.figures.score.interval), "points"),
    Column("合格率", 10, lambda r: r.figures.passed.rate, "share"),
    Column("一票否决", 10, lambda r: r.figures.vetoed, "count"),
    Column("待人工复核", 12, lambda r: r.doubts, "count"),
)
RULES: Final[tuple[Column[RuleFigure], ...]] = (
    Column("规则", 28, lambda r: r.rule),
    Column("名称", 24, lambda r: r.title),
    Column("状态", 14, lambda r: words.TRIAL if r.trial else "计分"),
    Column("等级", 8, lambda r: terms.LEVELS[r.level]),
    Column("通过", 8, lambda r: r.passed, "count"),
    Column("违反", 8, lambda r: r.failed, "count"),
    Column("待人工复核", 11, lambda r: r.unclear, "count"),
    Column("不适用", 8, lambda r: r.not_applicable, "count"),
    Column("通过率", 9, lambda r: r.pass_rate.rate, "share"),
    Column("95% 下限", 9, lambda r: _low(r.pass_rate.interval), "share"),
    Column("95% 上限", 9, lambda r: _high(r.pass_rate.interval), "share"),
    Column("扣分合计", 10, lambda r: r.points, "points"),
)
MOMENTS: Final[tuple[Column[Moment], ...]] = (
    Column("编号", 11, lambda m: m.id),
    Column("扣分", 8, lambda m: m.points, "points"),
    Column("一票否决", 9, lambda m: "是" if m.veto else ""),
    Column("规则", 26, lambda m: m.rule),
    Column("名称", 20, lambda m: m.title),
    Column("等级", 8, lambda m: terms.LEVELS[m.level]),
    Column("录音", 30, lambda m: m.file),
    Column("第几次服务", 11, lambda m: m.encounter, "count"),
    Column("开始", 9, lambda m: clock(m.start)),
    Column("结束", 9, lambda m: clock(m.end)),
    Column("服务开始于", 17, lambda m: words.when(m.begun_at)),
    Column("说话人", 10, lambda m: terms.ROLES[m.role]),
    Column("原话", 40, lambda m: m.quote),
    Column("原因", 40, lambda m: m.why),
    Column("判定方式", 18, lambda m: words.MATCHES[m.match] if m.match else ""),
    Column("听清把握", 9, lambda m: words.sureness(m.match, m.heard), "share"),
    Column("建议", 40, lambda m: m.message),
    Column("依据", 60, lambda m: "\n".join(words.sources(m))),
)
ENCOUNTERS: Final[tuple[Column[EncounterEntry], ...]] = (
    Column("录音", 34, lambda e: e.file),
    Column("第几次服务", 11, lambda e: e.encounter, "count"),
    Column("开始", 9, lambda e: clock(e.start)),
    Column("结束", 9, lambda e: clock(e.end)),
    Column("服务开始于", 17, lambda e: words.when(e.begun_at)),
    Column("总分", 8, lambda e: e.total, "points"),
    Column("结果", 8, words.outcome),
    Column("一票否决", 20, lambda e: "、".join(e.vetoed_by)),
    Column("未评原因", 30, lambda e: e.not_judged),
    Column("通过", 8, lambda e: e.verdicts.passed, "count"),
    Column("违反", 8, lambda e: e.verdicts.failed, "count"),
    Column("待人工复核", 11, lambda e: e.verdicts.unclear, "count"),
    Column("不适用", 8, lambda e: e.verdicts.not_applicable, "count"),
)
RECORDINGS: Final[tuple[Column[RecordingEntry], ...]] = (
    Column("录音", 34, lambda r: r.file),
    Column("场合", 8, lambda r: terms.SETTINGS[r.setting]),
    Column("窗口", 16, lambda r: r.window),
    Column("开始于", 26, lambda r: words.when_exactly(r.started_at)),
    Column("时长", 9, lambda r: clock(r.duration)),
    Column("服务次数", 10, lambda r: r.encounters, "count"),
    Column("程序", 18, lambda r: r.program),
    Column("识别器", 18, lambda r: r.transcriber),
    Column("模型", 22, lambda r: r.model),
    Column("模型 SHA-256", 20, lambda r: r.model_sha256),
    Column("设备", 14, lambda r: f"{r.device} {r.compute_type}"),
    Column("规则库版本", 20, lambda r: r.rulebook_version),
    Column("规则方案", 14, lambda r: r.profile),
    Column("用时", 40, lambda r: words.spent(r.timings)),
    Column("备注", 40, lambda r: "\n".join(r.remarks)),
)
DAYS: Final[tuple[Column[DayFigure], ...]] = (
    Column("日期", 14, lambda d: f"{d.day:%Y-%m-%d}"),
    Column("已评次数", 10, lambda d: d.n, "count"),
    Column("均分", 10, lambda d: d.mean, "points"),
)


def _low(interval: Interval | None) -> float | None:
    return interval.low if interval else None


def _high(interval: Interval | None) -> float | None:
    return interval.high if interval else None


def staff_book(report: StaffReport) -> bytes:
    """Return the workbook of one member of staff: 概要, 规则, 扣分明细, 待人工复核, 服务清单, 录音清单."""
    book = WorkbookBuilder()
    book.table("概要", FACTS, _summary(report))
    book.table("规则", RULES, report.figures.rules + report.figures.trial_rules)
    book.table("扣分明细", MOMENTS, report.moments)
    book.table("待人工复核", MOMENTS, report.unclear)
    dimensions = (_dimension_column(own.name, own.title) for own in report.figures.dimensions)
    columns = (*ENCOUNTERS, *dimensions, *map(_measure_column, MEASURES))
    book.table("服务清单", columns, report.encounters)
    book.table("录音清单", RECORDINGS, report.recordings)
    return book.content()


def overview_book(view: Overview) -> bytes:
    """Return the workbook of the whole set: 概要, 人员, 规则."""
    book = WorkbookBuilder()
    book.table("概要", FACTS, _facts(view.figures, view.cautions, view.unclear))
    book.table("人员", STAFF, view.ranked + view.few)
    book.table("规则", RULES, view.figures.rules + view.figures.trial_rules)
    return book.content()


def paper_book(paper: Paper) -> bytes:
    """Return the workbook of a paper alone: 概要, 人员 or the first 需要改进的, 规则, 走势; no list of services."""
    book = WorkbookBuilder()
    book.table("概要", FACTS, [*paper.facts, *_facts(paper.figures, paper.notes)])
    if paper.about.kind == "staff":
        book.table("需要改进的", MOMENTS, paper.moments)
    else:
        book.table("人员", STAFF, paper.people)
    book.table("规则", RULES, paper.figures.rules + paper.figures.trial_rules)
    book.table("走势", DAYS, paper.trend)
    return book.content()


def _dimension_column(name: str, title: str) -> Column[EncounterEntry]:
    return Column(title, 11, lambda e: next((part.score for part in e.dimensions if part.name == name), None), "points")


def _measure_column(measure: tuple[str, str, str, float]) -> Column[EncounterEntry]:
    name, title, unit, times = measure
    return Column(f"{title}({unit})", 14, lambda e: e.measures[name] * times if name in e.measures else None, "points")


def _summary(report: StaffReport) -> list[Fact]:
    standing = words.standing(report.figures.score, report.settings)
    who = [("人员", display_name(report.staff)), ("结论", standing)]
    facts = _facts(report.figures, report.cautions, len(report.unclear))
    heard = [(f"做得好：{c.title}", f"听到 {c.times} 处（{c.encounters} 次服务）") for c in report.credits]
    return [*who, *facts, *heard]


def _facts(figures: Figures, cautions: Sequence[str], unclear: int | None = None) -> list[Fact]:
    score, passed = figures.score, figures.passed
    return [
        ("服务次数", str(figures.encounters)),
        ("已评次数", str(score.n)),
        *((f"未评：{reason.text}", f"{reason.n} 次") for reason in figures.not_judged),
        ("均分", words.score(score.mean)),
        ("均分的 95% 区间", words.score_range(score.interval)),
        ("合格次数", f"{passed.hits} / {passed.n}"),
        ("合格率的 95% 区间", words.percent_range(passed.interval)),
        ("一票否决次数", str(figures.vetoed)),
        *(() if unclear is None else (("待人工复核处数", str(unclear)),)),
        *((f"维度：{d.title}", f"{d.mean:.1f} / {words.number(d.full)}（n={d.n}）") for d in figures.dimensions),
        *(("注意", caution) for caution in cautions),
        ("计算方法", words.METHOD),
    ]
