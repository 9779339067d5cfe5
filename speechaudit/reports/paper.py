"""What stands on the paper that is handed over, as text and figures: page, PDF and DOCX only lay it out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from speechaudit.reports import words
from speechaudit.reports.about import About, chinese_day, chinese_days
from speechaudit.reports.compare import MINIMUM_OTHERS, Others
from speechaudit.reports.figures import (
    Credit,
    DayFigure,
    DecisionFigure,
    Figures,
    Moment,
    RecordingEntry,
    ReportSettings,
    RuleFigure,
    StaffFigures,
    StaffOutline,
)
from speechaudit.reports.names import UNREGISTERED
from speechaudit.reports.overview import CommonFault, Overview
from speechaudit.reports.summary import summarise_figures
from speechaudit.terms import ROLES
from speechaudit.text import clock

MOST_MOMENTS: Final = 10
MOST_CREDITS: Final = 4
MOST_REASONS: Final = 6
KEPT: Final = 0.9  # of the services that a rule was judged in
LONGEST_QUOTE: Final = 60  # characters; the whole stands in the annex
LONGEST_CLAUSE: Final = 32
Fact = tuple[str, str]
Part = Literal["summary", "score", "people", "good", "moments", "problems", "reviews", "unjudged", "trend", "opinions"]
PARTS: Final[dict[Part, str]] = {
    "summary": "概述",
    "score": "得分",
    "people": "人员",
    "good": "做得好的",
    "moments": "需要改进的",
    "problems": "最常见的问题",
    "reviews": "复核与申诉",
    "unjudged": "没有评定的内容",
    "trend": "走势",
    "opinions": "意见与签名",
}
_ORDINALS: Final = "一二三四五六七八九十"
_OPINIONS: Final = {
    "staff": ("被评议人意见", "窗口负责人意见"),
    "window": ("窗口负责人意见", "中心负责人意见"),
    "centre": ("中心负责人意见",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A numbered part of the paper."""

    key: Part
    heading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionLine:
    """One dimension: `part` is the share of the full points, 0 to 1; `others` are theirs, a dash where not told."""

    title: str
    part: float
    points: str
    share: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merit:
    """Something that was done well: what, how often, and words with which it was done, shortened; a window has none."""

    rule: str
    title: str
    told: str
    quotes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """How often, and the words."""
        return self.told + ("：" if self.quotes else "") + "".join(f"「{each}」" for each in self.quotes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The main part of a report.

    `left` moments stand only in the annex, `people` only in reports of several. `beside` are the names of those with
    whom the dimensions are compared, `compared` says how, or why with nobody.
    """

    about: About
    subject: str
    settings: ReportSettings
    figures: Figures
    facts: tuple[Fact, ...]
    summary: tuple[str, ...]
    scores: tuple[Fact, ...]
    standing: str
    dimensions: tuple[DimensionLine, ...]
    beside: tuple[str, ...]
    compared: str
    good: tuple[Merit, ...]
    moments: tuple[Moment, ...]
    left: int
    problems: tuple[CommonFault, ...]
    people: tuple[StaffFigures, ...]
    reviews: tuple[str, ...]
    unjudged: tuple[Fact, ...]
    notes: tuple[str, ...]
    trend: tuple[DayFigure, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The numbered parts in their order: 一、概述 and so on."""
        several = self.about.kind != "staff"
        absent: set[Part] = {"moments"} if several else {"people", "problems"}
        keys = [key for key in PARTS if key not in absent]
        return tuple(Section(key=key, heading=f"{n}、{PARTS[key]}") for n, key in zip(_ORDINALS, keys, strict=False))

    @property
    def firsts(self) -> tuple[int, ...]:
        """For each moment the number, from 1, of the first of the same rule."""
        rules = [moment.rule for moment in self.moments]
        return tuple(rules.index(rule) + 1 for rule in rules)

    @property
    def opinions(self) -> tuple[str, ...]:
        """The headings over empty space for opinions."""
        return _OPINIONS[self.about.kind]


def shown_of(settings: ReportSettings) -> int:
    """Return how many moments the paper of one member of staff shows."""
    return min(MOST_MOMENTS, settings.worst)


def staff_paper(report: StaffOutline, about: About, comparison: Others) -> Paper:
    """Return the paper of one member of staff."""
    unclear = len(report.doubts)
    person = [("姓名", about.names.get(report.staff or "", "")), ("工号", report.staff or UNREGISTERED)]
    recordings = report.recordings
    return Paper(
        about=about,
        subject=about.person(report.staff, UNREGISTERED),
        settings=report.settings,
        figures=report.figures,
        facts=_known([*person, ("窗口", _windows(recordings, about)), *_made(recordings, about)]),
        summary=_summary(
            report.figures,
            [f"{each.title}（{each.times} 处）" for each in report.credits],
            unclear,
            report.settings,
            about,
        ),
        scores=_scores(report.figures, unclear),
        standing=words.standing(report.figures.score, report.settings),
        dimensions=_dimensions(report.figures, comparison, about),
        beside=tuple(name for name, _ in _others(comparison, about)),
        compared=_compared(comparison, about),
        good=tuple(_credited(credit) for credit in report.credits[:MOST_CREDITS]),
        moments=report.worst,
        left=report.charges - len(report.worst),
        problems=(),
        people=(),
        reviews=_reviews(report.figures, about),
        unjudged=_unjudged(report.figures, report.doubts),
        notes=report.cautions,
        trend=report.trend,
    )


def overview_paper(view: Overview, about: About, comparison: Others) -> Paper:
    """Return the paper of a window or of the centre, as `about` says."""
    recordings = [each for report in view.reports for each in report.recordings]
    own = about.window_name(about.window) if about.window else ""
    kept = _best_kept(view.figures)
    several = [("窗口", own or _windows(recordings, about)), ("人员", f"{sum(1 for r in view.reports if r.staff)} 人")]
    return Paper(
        about=about,
        subject=own,
        settings=view.settings,
        figures=view.figures,
        facts=_known([*several, *_made(recordings, about)]),
        summary=_summary(
            view.figures, [f"{each.title}（{each.passed} 次）" for each in kept], view.unclear, view.settings, about
        ),
        scores=_scores(view.figures, view.unclear),
        standing=words.standing(view.figures.score, view.settings),
        dimensions=_dimensions(view.figures, comparison, about),
        beside=tuple(name for name, _ in _others(comparison, about)),
        compared=_compared(comparison, about),
        good=tuple(_kept(rule) for rule in kept),
        moments=(),
        left=0,
        problems=view.problems[:MOST_MOMENTS],
        people=view.reports,
        reviews=_reviews(view.figures, about),
        unjudged=_unjudged(view.figures, (rule.title for rule in view.figures.rules for _ in range(rule.unclear))),
        notes=view.cautions,
        trend=view.trend,
    )


def _known(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact[1])


def _summary(
    figures: Figures, good: Sequence[str], unclear: int, settings: ReportSettings, about: About
) -> tuple[str, ...]:
    return tuple(each.text for each in summarise_figures(figures, good, unclear, settings, about.earlier))


def _credited(credit: Credit) -> Merit:
    told = f"{credit.times} 处（{credit.encounters} 次服务）"
    quotes = tuple(shortened(each.text) for each in credit.quotes)
    return Merit(rule=credit.rule, title=credit.title, told=told, quotes=quotes)


def _best_kept(figures: Figures) -> list[RuleFigure]:
    """Return the rules of what should be said that most services kept; that nobody was rude goes without saying."""
    said = [rule for rule in figures.rules if rule.dimension != "forbidden" and (rule.pass_rate.rate or 0) >= KEPT]
    return sorted(said, key=lambda rule: (-rule.passed, rule.rule))[:MOST_CREDITS]


def _kept(rule: RuleFigure) -> Merit:
    told = f"做到 {rule.passed} 次（{words.percent(rule.pass_rate.rate)}）"
    return Merit(rule=rule.rule, title=rule.title, told=told)


def _windows(recordings: Iterable[RecordingEntry], about: About) -> str:
    return _list(sorted({about.window_name(each.window) for each in recordings if each.window}))


def _list(names: Sequence[str], most: int = 4) -> str:
    return "、".join(names[:most]) + (f"等 {len(names)} 个" if len(names) > most else "")


def _made(recordings: Sequence[RecordingEntry], about: About) -> list[Fact]:
    """Return of what time the report is, when and by whom and by what it was made; what is unknown stays empty."""
    return [
        ("时段", _period(recordings, about)),
        ("制作时间", f"{chinese_day(about.made_at)} {about.made_at:%H:%M}" if about.made_at else ""),
        ("制作人", about.made_by),
        ("规则库", _list(list(dict.fromkeys(f"{r.rulebook_version}（方案 {r.profile}）" for r in recordings)), 2)),
        ("识别模型", _list(list(dict.fromkeys(r.model for r in recordings)), 2)),
    ]


def _period(recordings: Iterable[RecordingEntry], about: About) -> str:
    """Return the days that were asked for, and where none were, those of the recordings."""
    if about.since and about.until:
        return chinese_days((about.since, about.until))
    known = chinese_days(each.started_at.date() for each in recordings if each.started_at)
    asked = (about.since and f"{chinese_day(about.since)}起") or (about.until and f"至{chinese_day(about.until)}止")
    return f"{asked}（有录音：{known}）" if asked and known else asked or known


def _scores(figures: Figures, unclear: int) -> tuple[Fact, ...]:
    score, passed = figures.score, figures.passed
    told = f"（95% 区间 {words.score_range(score.told)}）" if score.told else ""
    rate = f"{passed.hits} / {passed.n}" + (f"（{words.percent(passed.rate)}）" if passed.told else "")
    return (
        ("均分", f"{words.score(score.mean)}{told}"),
        ("合格次数", rate if passed.n else "—"),
        ("已评服务", f"{score.n} 次（共 {figures.encounters} 次）"),
        ("一票否决", f"{figures.vetoed} 次"),
        ("待人工复核", f"{unclear} 处"),
    )


def _others(comparison: Others, about: About) -> tuple[tuple[str, Mapping[str, float]], ...]:
    """Return with whom is compared, and their shares: only those of whom anything is told."""
    beyond = "中心其他人" if about.kind == "staff" else "中心其他窗口的人"
    both = (("同窗口其他人", comparison.window), (beyond, comparison.centre))
    return tuple((name, shares) for name, shares in both if shares)


def _dimensions(figures: Figures, comparison: Others, about: About) -> tuple[DimensionLine, ...]:
    others = _others(comparison, about)
    return tuple(
        DimensionLine(
            title=each.title,
            part=each.share or 0.0,
            points=f"{words.score(each.mean)} / {words.number(round(each.full, 1))}",
            share=words.percent(each.share),
            others=tuple(words.percent(shares.get(each.name)) for _, shares in others),
        )
        for each in figures.dimensions
        if each.full
    )


def _compared(comparison: Others, about: About) -> str:
    """Return the note under the dimensions: with whom is compared, or why with nobody."""
    if about.kind == "centre":
        return ""
    if comparison.too_many:
        return "这段时间的录音太多，没有与其他人比较；缩小时间范围后可以比较。"
    if not _others(comparison, about):
        return f"可比的其他人员不足 {MINIMUM_OTHERS} 人，不列他人平均，以免推算出个人得分。"
    return f"其他人的得分率：不含本报告的人员，每人权重相同；不足 {MINIMUM_OTHERS} 人或能推算出个人得分的不列。"


def _reviews(figures: Figures, about: About) -> tuple[str, ...]:
    open_ones = (f"另有 {about.appeals} 项申诉等待裁定，裁定后得分可能改变。",) if about.appeals else ()
    return (*_decided(figures), *open_ones, _how_to_appeal(about))


def _decided(figures: Figures) -> tuple[str, ...]:
    """Return what people decided, also where nobody did."""
    reviewed, decisions = figures.reviewed, figures.decisions
    doubted = f"程序判为违反或存疑的判定共 {reviewed.n} 项"
    if not decisions.decided:
        return (f"{doubted}，尚未经人工复核。" if reviewed.n else "没有需要人工复核的判定。",)
    changed = f"{doubted}，其中 {reviewed.hits} 项经人工复核；复核后改变的判定 {decisions.changed} 项。"
    return (changed, *_appeals(decisions))


def _appeals(decisions: DecisionFigure) -> tuple[str, ...]:
    told = f"申诉裁定 {decisions.appealed} 项，其中改变判定 {decisions.granted} 项。"
    return (told,) if decisions.appealed else ()


def _how_to_appeal(about: About) -> str:
    when = f"稽核或复核后 {about.appeal_days} 天内" if about.appeal_days else "本单位规定的期限内"
    return f"对任何一处判定有异议，被评议人可在{when}，凭判定的编号提出申诉，由人重听原录音后裁定。"


def _unjudged(figures: Figures, unclear: Iterable[str]) -> tuple[Fact, ...]:
    """Return counts by reason: services without a score, then moments that wait for a person."""
    services = [(f"未评分的服务：{reason.text}", f"{reason.n} 次") for reason in figures.not_judged]
    counts = Counter(unclear).most_common()
    rest = sum(n for _, n in counts[MOST_REASONS:])
    told = [(f"待人工复核：{text}", f"{n} 处") for text, n in counts[:MOST_REASONS]]
    return (*services, *told, *([("待人工复核：其他原因", f"{rest} 处")] if rest else []))


def shortened(text: str, longest: int = LONGEST_QUOTE) -> str:
    """Return a quote as short as the main part has room for."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def facts_of(moment: Moment, first: int, number: int) -> tuple[Fact, ...]:
    """Return what is said of moment `number` beside its quote; `first` is the number of the first of the same rule.

    Why it costs is said where no words say it, advice and clause once for each rule: the annex has them all.
    """
    again = f"同第 {first} 处" if first != number else ""
    facts = (
        ("原因", "" if moment.quote else moment.why),
        ("复核", words.review_outcome(moment.review) if moment.review else ""),
        ("建议", again or moment.message),
        ("依据", "" if again else one_clause(moment)),
    )
    return _known(facts)


def quoted(moment: Moment) -> str:
    """Return what was said, or where it was looked for."""
    if moment.quote:
        return f"{ROLES[moment.role]}：「{shortened(moment.quote)}」"
    missing = "没有听到应有的话" if moment.match == "absence" else "没有可引用的原话"
    return f"检查 {clock(moment.start)}–{clock(moment.end)}，{missing}"


def place_of(moment: Moment) -> str:
    """Return when the service began and when in the recording it was."""
    begun = f"{words.when(moment.begun_at)} " if moment.begun_at else ""
    return f"{begun}录音 {clock(moment.start)}–{clock(moment.end)}"


def one_clause(moment: Moment) -> str:
    """Return the first clause that a moment stands on, shortened; empty without any."""
    return next(
        (f"《{c.title.strip('《》')}》{c.section}：「{shortened(c.quote, LONGEST_CLAUSE)}」" for c in moment.clauses),
        "",
    )
