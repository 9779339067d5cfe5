"""Some sentences for whoever reads no further: what was found, what went wrong, what went well and what is open.

A rule chooses them from the figures alone; nothing is judged here that the figures do not say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from speechaudit.reports.about import EarlierScore, chinese_days
from speechaudit.reports.figures import Figures, ReportSettings, RuleFigure, ScoreFigure, Standing
from speechaudit.reports.words import number, percent, score

NAMED: Final = 2  # titles that a sentence names at most
SentenceCode = Literal[
    "nothing-judged",
    "score-few",
    "score-above",
    "score-below",
    "score-open",
    "no-faults",
    "faults",
    "faults-and-vetoes",
    "faults-unscored",
    "good",
    "good-and-open",
    "open",
    "neither",
    "earlier-few",
    "earlier-open",
    "earlier-up",
    "earlier-down",
]
SENTENCES: Final[Mapping[SentenceCode, str]] = {
    "nothing-judged": "本期共有服务 {encounters} 次，都未能评分。",
    "score-few": "本期评议服务 {n} 次，均分 {mean} 分，合格 {passed} 次；次数太少，均分仅供参考。",
    "score-above": "本期评议服务 {n} 次，均分 {mean} 分，合格 {passed} 次，总体达到合格线（{mark} 分）。",
    "score-below": "本期评议服务 {n} 次，均分 {mean} 分，合格 {passed} 次，总体没有达到合格线（{mark} 分）。",
    "score-open": "本期评议服务 {n} 次，均分 {mean} 分，合格 {passed} 次，还不能断定总体是否达到合格线（{mark} 分）。",
    "no-faults": "没有发现违反规范的地方。",
    "faults": "违反规范 {failed} 项次，{lowest}扣分最多的是{worst}，没有一票否决。",
    "faults-and-vetoes": "违反规范 {failed} 项次，{lowest}扣分最多的是{worst}；其中 {vetoed} 次服务触犯一票否决。",
    "faults-unscored": "没有评分，因此没有可以扣分的地方。",
    "good": "做得好的主要是{good}，没有待复核的内容。",
    "good-and-open": "做得好的主要是{good}；另有 {unclear} 处听不清或拿不准，没有扣分，待人工复核。",
    "open": "没有听到可以确认的规范用语；有 {unclear} 处听不清或拿不准，没有扣分，待人工复核。",
    "neither": "没有听到可以确认的规范用语，也没有待复核的内容。",
    "earlier-few": "上一段（{days}）评议 {n} 次，样本不足，没有比较。",
    "earlier-open": "与上一段（{days}，{n} 次，均分 {mean} 分）相比看不出变化。",
    "earlier-up": "比上一段（{days}，{n} 次，均分 {mean} 分）高。",
    "earlier-down": "比上一段（{days}，{n} 次，均分 {mean} 分）低。",
}
_OF_STANDING: Final[Mapping[Standing, SentenceCode]] = {
    "none": "nothing-judged",
    "few": "score-few",
    "above": "score-above",
    "below": "score-below",
    "open": "score-open",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence as its code with the values in it."""

    code: SentenceCode
    values: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The sentence in Chinese."""
        return SENTENCES[self.code].format_map(self.values)


def summarise_figures(
    figures: Figures, good: Sequence[str], unclear: int, settings: ReportSettings, earlier: EarlierScore | None = None
) -> tuple[Sentence, ...]:
    """Return the sentences of a report with these figures; `good` names what went well, best first.

    They are three, and one more after the first where it is known how the time before was.
    """
    compared = (_compared(figures.score, earlier),) if earlier and earlier.score.n and figures.score.n else ()
    return (_scored(figures, settings), *compared, _failed(figures), _good(good, unclear))


def _compared(now: ScoreFigure, earlier: EarlierScore) -> Sentence:
    """Only where the intervals do not overlap more is said than that nothing can be told."""
    before, days = earlier.score, chinese_days((earlier.since, earlier.until))
    code: SentenceCode = "earlier-open"
    if "few" in {now.standing, before.standing} or not now.interval or not before.interval:
        code = "earlier-few" if before.standing == "few" else "earlier-open"
    elif now.interval.low > before.interval.high:
        code = "earlier-up"
    elif now.interval.high < before.interval.low:
        code = "earlier-down"
    return Sentence(code=code, values={"days": days, "n": before.n, "mean": score(before.mean)})


def _scored(figures: Figures, settings: ReportSettings) -> Sentence:
    values: dict[str, str | int] = {
        "encounters": figures.encounters,
        "n": figures.score.n,
        "mean": score(figures.score.mean),
        "passed": figures.passed.hits,
        "mark": number(settings.pass_mark),
    }
    return Sentence(code=_OF_STANDING[figures.score.standing], values=values)


def _failed(figures: Figures) -> Sentence:
    failed = sum(rule.failed for rule in figures.rules)
    if not failed:
        return Sentence(code="no-faults" if figures.score.n else "faults-unscored")
    points = sum(rule.points for rule in figures.rules)
    worst = "、".join(_named(rule, points) for rule in worst_rules(figures.rules)[:NAMED])
    values: dict[str, str | int] = {
        "failed": failed,
        "lowest": _lowest(figures),
        "worst": worst,
        "vetoed": figures.vetoed,
    }
    return Sentence(code="faults-and-vetoes" if figures.vetoed else "faults", values=values)


def _named(rule: RuleFigure, points: float) -> str:
    share = f"，占扣分的 {percent(rule.points / points)}" if points else ""
    return f"{rule.title}（{rule.failed} 次{share}）"


def _lowest(figures: Figures) -> str:
    """Name the dimension with the least share of its points; nothing where none is below all others."""
    shares = sorted((each.mean / each.full, each.title) for each in figures.dimensions if each.full)
    if len(shares) < 2 or shares[0][0] == shares[1][0]:
        return ""
    return f"得分率最低的维度是{shares[0][1]}（{percent(shares[0][0])}），"


def worst_rules(rules: Sequence[RuleFigure]) -> list[RuleFigure]:
    """Return the rules that were failed: what cost most first, then what failed most often."""
    return sorted((rule for rule in rules if rule.failed), key=lambda rule: (-rule.points, -rule.failed, rule.rule))


def _good(names: Sequence[str], unclear: int) -> Sentence:
    codes: Mapping[tuple[bool, bool], SentenceCode] = {
        (True, True): "good-and-open",
        (True, False): "good",
        (False, True): "open",
        (False, False): "neither",
    }
    good = "、".join(names[:NAMED])
    return Sentence(code=codes[bool(good), bool(unclear)], values={"good": good, "unclear": unclear})
