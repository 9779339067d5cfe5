"""The reports as text documents, to be signed, filed or sent round: the same paper as the page, with its annex."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from speechaudit import terms
from speechaudit.reports import sameness, words
from speechaudit.reports.about import About
from speechaudit.reports.compare import Others
from speechaudit.reports.document import DocumentBuilder, TextColumn
from speechaudit.reports.figures import (
    DayFigure,
    EncounterEntry,
    Figures,
    Moment,
    RateFigure,
    RecordingEntry,
    RuleFigure,
    StaffFigures,
    StaffReport,
)
from speechaudit.reports.names import display_name
from speechaudit.reports.outline import outlined
from speechaudit.reports.overview import Overview
from speechaudit.reports.paper import (
    DimensionLine,
    Fact,
    Paper,
    Part,
    facts_of,
    overview_paper,
    place_of,
    quoted,
    staff_paper,
)
from speechaudit.reports.pictures import trend_picture
from speechaudit.reports.sameness import Contrast, HourContrast
from speechaudit.text import clock

SIGNED: Final = "签名：　　　　　　　年　　月　　日"
DISCLAIMER: Final = "判定由程序根据录音和公开的服务规范作出，可能听错或误判；涉及个人的结论请以人工复核为准。"
Row = TypeVar("Row")
MOST_CLAUSES: Final = 3
BAR: Final = 8  # squares of a full dimension: more need two lines


def _quote(moment: Moment) -> str:
    return f"{terms.ROLES[moment.role]}：「{moment.quote}」" if moment.quote else quoted(moment)


def _place(at: Moment | EncounterEntry) -> str:
    times = f"{clock(at.start)}–{clock(at.end)}"
    return f"{at.file} · 第 {at.encounter} 次服务 · {times}（{words.when(at.begun_at)}）"


def _dimension_sums(row: EncounterEntry) -> str:
    return "，".join(f"{d.title} {words.number(d.score)}/{words.number(d.full)}" for d in row.dimensions)


def _bar(line: DimensionLine) -> str:
    """Return the share as squares, for the eye: every font has them."""
    filled = round(line.part * BAR)
    return "■" * filled + "□" * (BAR - filled)


def _share(rate: RateFigure) -> str:
    told = f"（{words.percent_range(rate.interval)}）" if rate.interval else ""
    return f"{rate.hits}/{rate.n}{told}"


def _clauses(moment: Moment) -> str:
    """Return the first clauses in full; a rule may stand on twenty, which the page lists."""
    told = words.sources(moment)
    rest = (f"另有 {len(told) - MOST_CLAUSES} 条，见网页上的附件或“规则”。",) if len(told) > MOST_CLAUSES else ()
    return "\n".join((*told[:MOST_CLAUSES], *rest))


DAYS: Final[tuple[TextColumn[DayFigure], ...]] = (
    TextColumn("日期", 5.2, lambda d: d.day.isoformat()),
    TextColumn("均分", 5.2, lambda d: words.score(d.mean)),
    TextColumn("次数", 5.2, lambda d: str(d.n)),
)
RULES: Final[tuple[TextColumn[RuleFigure], ...]] = (
    TextColumn("规则", 4.4, lambda r: r.title),
    TextColumn("等级", 1.4, lambda r: terms.LEVELS[r.level]),
    TextColumn("通过", 1.4, lambda r: str(r.passed)),
    TextColumn("违反", 1.4, lambda r: str(r.failed)),
    TextColumn("待复核", 1.6, lambda r: str(r.unclear)),
    TextColumn("不适用", 1.6, lambda r: str(r.not_applicable)),
    TextColumn("通过率", 1.6, lambda r: words.percent(r.pass_rate.rate)),
    TextColumn("95% 区间", 2.2, lambda r: words.percent_range(r.pass_rate.told)),
)
MOMENTS: Final[tuple[TextColumn[Moment], ...]] = (
    TextColumn("编号", 2.8, lambda m: f"#{m.id}"),
    TextColumn("规则", 2.6, lambda m: m.title),
    TextColumn("录音与时间", 4.4, _place),
    TextColumn("原话与原因", 5.8, lambda m: "\n".join(filter(None, (_quote(m), m.why, words.how(m.match, m.heard))))),
)
CLAUSES: Final[tuple[TextColumn[Moment], ...]] = (
    TextColumn("规则", 2.6, lambda m: m.title),
    TextColumn("建议", 4.8, lambda m: m.message),
    TextColumn("依据", 8.2, _clauses),
)
ENCOUNTERS: Final[tuple[TextColumn[EncounterEntry], ...]] = (
    TextColumn("录音与时间", 5.6, _place),
    TextColumn("总分", 1.4, lambda e: words.score(e.total)),
    TextColumn("结果", 1.5, words.outcome),
    TextColumn("各维度", 4.4, lambda e: _dimension_sums(e) if e.total is not None else e.not_judged),
    TextColumn("一票否决", 2.7, lambda e: "、".join(e.vetoed_by)),
)
RECORDINGS: Final[tuple[TextColumn[RecordingEntry], ...]] = (
    TextColumn("录音", 6.2, lambda r: r.file),
    TextColumn("时长", 1.4, lambda r: clock(r.duration)),
    TextColumn("识别", 4.4, lambda r: f"{r.model} · {r.device} {r.compute_type}"),
    TextColumn("规则", 3.6, lambda r: f"{r.rulebook_version} · {r.profile}"),
)
ALIKE: Final[tuple[TextColumn[Contrast], ...]] = (
    TextColumn("比较", 7.0, lambda c: f"{sameness.SIDES[c.name][0]}，与{sameness.SIDES[c.name][1]}"),
    TextColumn("前者合格", 3.6, lambda c: _share(c.first)),
    TextColumn("后者合格", 3.6, lambda c: _share(c.second)),
    TextColumn("结论", 2.6, lambda c: sameness.OUTCOMES[c.outcome]),
)

HOURS: Final[tuple[TextColumn[HourContrast], ...]] = (
    TextColumn("钟点", 2.6, lambda h: f"{h.hour} 时"),
    TextColumn("合格", 4.6, lambda h: _share(h.here)),
    TextColumn("其余钟点合格", 4.6, lambda h: _share(h.elsewhere)),
    TextColumn("结论", 4.6, lambda h: sameness.HOUR_OUTCOMES[h.outcome]),
)


def staff_document(report: StaffReport, about: About, comparison: Others) -> bytes:
    """Return the document of one member of staff: the paper, then the annex on a page of its own."""
    document = _with_annex(staff_paper(outlined(report), about, comparison))
    if report.moments:
        _listed(document, "全部不符合规范之处", MOMENTS, report.moments)
    if comparison.alike:
        _listed(document, "忙闲早晚，一样对待", ALIKE, comparison.alike)
        document.paragraph(sameness.METHOD)
    if hours := sameness.by_hour(report.encounters, report.settings.minimum_encounters):
        _listed(document, "各钟点，一样对待", HOURS, hours)
        document.paragraph(sameness.HOURS_METHOD)
    _rules(document, report.figures)
    if report.unclear:
        _listed(document, "待人工复核", MOMENTS, report.unclear)
    if every := [*report.moments, *report.unclear]:
        document.heading("建议与依据", 2)
        document.table(CLAUSES, {each.rule: each for each in reversed(every)}.values(), long=True)
    _listed(document, "服务清单", ENCOUNTERS, report.encounters)
    _listed(document, "录音与判定条件", RECORDINGS, report.recordings)
    document.paragraph(words.METHOD)
    return document.content()


def overview_document(view: Overview, about: About, comparison: Others) -> bytes:
    """Return the document of a window or of the centre, as `about` says."""
    document = _with_annex(overview_paper(view, about, comparison))
    _rules(document, view.figures)
    document.paragraph(words.METHOD)
    return document.content()


def paper_document(paper: Paper) -> bytes:
    """Return the document of a paper alone, without an annex."""
    return _main(paper).content()


def _main(paper: Paper) -> DocumentBuilder:
    about = paper.about
    header = " ".join(filter(None, (about.centre, about.title, paper.subject)))
    document = DocumentBuilder(header, header, about.made_at)
    document.title(about.title, about.centre, paper.subject)
    document.facts(paper.facts)
    for section in paper.sections:
        document.heading(section.heading, 1)
        _ADD[section.key](document, paper)
    return document


def _with_annex(paper: Paper) -> DocumentBuilder:
    document = _main(paper)
    document.new_page()
    document.heading("附件", 1)
    if len(paper.trend) > 1:
        _listed(document, "逐日数值", DAYS, paper.trend)
    return document


def _listed(document: DocumentBuilder, title: str, columns: Sequence[TextColumn[Row]], rows: Sequence[Row]) -> None:
    document.heading(title, 2)
    document.table(columns, rows)


def _rules(document: DocumentBuilder, figures: Figures) -> None:
    _listed(document, "各规则通过率", RULES, figures.rules)
    if figures.trial_rules:
        _listed(document, words.TRIAL, RULES, figures.trial_rules)


def _summary(document: DocumentBuilder, paper: Paper) -> None:
    document.body("".join(paper.summary))
    for note in paper.notes:
        document.paragraph(f"请注意：{note}")


def _columns(paper: Paper) -> tuple[TextColumn[DimensionLine], ...]:
    return (
        TextColumn("维度", 3.2, lambda d: d.title),
        TextColumn("平均 / 满分", 2.6, lambda d: d.points),
        TextColumn("得分率", 1.6, lambda d: d.share),
        TextColumn("", 3.6, _bar),
        *(TextColumn(name, 2.3, _other(at)) for at, name in enumerate(paper.beside)),
    )


def _other(at: int) -> Callable[[DimensionLine], str]:
    return lambda line: line.others[at]


def _score(document: DocumentBuilder, paper: Paper) -> None:
    document.facts(paper.scores)
    document.paragraph(paper.standing)
    if paper.dimensions:
        document.table(_columns(paper), paper.dimensions)
    if paper.compared:
        document.paragraph(paper.compared)


def _people(document: DocumentBuilder, paper: Paper) -> None:
    document.paragraph(
        "按均分从高到低；区间有重叠的，差别可能出于偶然，不宜据此分先后。样本不足的列在后面，不参与排序。"
    )
    document.table(_staff(paper.about), paper.people)


def _staff(about: About) -> tuple[TextColumn[StaffFigures], ...]:
    return (
        TextColumn("人员", 4.2, lambda r: about.person(r.staff, display_name(r.staff))),
        TextColumn("样本", 2.0, words.sample),
        TextColumn("已评", 1.4, lambda r: str(r.figures.score.n)),
        TextColumn("均分", 1.6, lambda r: words.score(r.figures.score.mean)),
        TextColumn("95% 区间", 2.4, lambda r: words.score_range(r.figures.score.told)),
        TextColumn("合格", 1.4, lambda r: f"{r.figures.passed.hits}/{r.figures.passed.n}"),
        TextColumn("否决", 1.2, lambda r: str(r.figures.vetoed)),
        TextColumn("待复核", 1.4, lambda r: str(r.doubts)),
    )


def _good(document: DocumentBuilder, paper: Paper) -> None:
    for merit in paper.good:
        document.paragraph(f"{merit.title} {merit.line}")
    if not paper.good:
        document.paragraph("没有听到可以确认的规范用语。")


def _moments(document: DocumentBuilder, paper: Paper) -> None:
    if not paper.moments:
        document.paragraph("没有扣分。")
        return
    total = len(paper.moments) + paper.left
    rest = f"这里列前 {len(paper.moments)} 处，其余 {paper.left} 处见附件；" if paper.left else ""
    document.paragraph(f"共 {total} 处，{rest}先列一票否决，再按扣分多少。", leads=True)
    for number, moment in enumerate(paper.moments, start=1):
        facts = _lines(facts_of(moment, paper.firsts[number - 1], number))
        head = f"{number}. {moment.title}（{_cost(moment)}）编号 #{moment.id}"
        document.entry(head, (f"{place_of(moment)}　{quoted(moment)}", *facts))


def _problems(document: DocumentBuilder, paper: Paper) -> None:
    if not paper.problems:
        document.paragraph("没有扣分。")
        return
    document.paragraph("先列扣分最多的；个人的情况见本人的报告。", leads=True)
    for number, problem in enumerate(paper.problems, start=1):
        rule = problem.rule
        told = f"违反 {rule.failed} 次，涉及 {problem.people} 人，共扣 {words.number(rule.points)} 分"
        lines: tuple[str, ...] = ()
        if example := problem.example:
            said = f"例如 {place_of(example)}，编号 #{example.id}　{quoted(example)}"
            lines = (said, *_lines(facts_of(example, 1, 1)))
        document.entry(f"{number}. {rule.title}（{told}）", lines)


def _lines(facts: Sequence[Fact]) -> tuple[str, ...]:
    return tuple(f"{name}：{value}" for name, value in facts)


def _cost(moment: Moment) -> str:
    points = f"−{words.number(moment.points)} 分" if moment.points else "不另扣分"
    return f"{points}，一票否决" if moment.veto else points


def _reviews(document: DocumentBuilder, paper: Paper) -> None:
    for line in paper.reviews:
        document.paragraph(line)


def _unjudged(document: DocumentBuilder, paper: Paper) -> None:
    for name, value in paper.unjudged:
        document.paragraph(f"{name}（{value}）")
    some = "未评分的服务不计入均分；待复核的不扣分。"
    document.paragraph(some if paper.unjudged else "全部服务都已评定，没有待复核的内容。")


def _trend(document: DocumentBuilder, paper: Paper) -> None:
    if len(paper.trend) > 1:
        document.picture(trend_picture(paper.trend, paper.settings.pass_mark), 10.5)
        document.paragraph("每日均分；点越大，当日次数越多；虚线为合格线。")
    else:
        document.paragraph("只有一天的得分，看不出走势。" if paper.trend else "录音没有登记开始时间，无法按日排列。")


def _opinions(document: DocumentBuilder, paper: Paper) -> None:
    document.boxes(paper.opinions, 3, SIGNED)
    document.paragraph(DISCLAIMER)


_ADD: Final[Mapping[Part, Callable[[DocumentBuilder, Paper], None]]] = {
    "summary": _summary,
    "score": _score,
    "people": _people,
    "good": _good,
    "moments": _moments,
    "problems": _problems,
    "reviews": _reviews,
    "unjudged": _unjudged,
    "trend": _trend,
    "opinions": _opinions,
}
