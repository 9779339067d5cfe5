"""What the project asks of itself, and where an evaluation falls short of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from speechaudit.evaluation.run import Evaluation, JudgedItems
from speechaudit.evaluation.tally import Share, VerdictFigures, by_rule, figures, rows_of
from speechaudit.reports.words import percent

FEW: Final = 10  # expected failures under which the figures of one rule say little


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """At least this precision and recall of `fail`, and less than this share of `unclear` (0 to 1)."""

    precision: float
    recall: float
    unclear: float


# Words on paper are given; a recording must first be heard. A false accusation is the dearest fault in both.
GOALS: Final[Mapping[str, Goal]] = {
    "text": Goal(precision=0.98, recall=0.95, unclear=0.10),
    "audio": Goal(precision=0.95, recall=0.85, unclear=0.10),
}
_SOURCES: Final = {"text": "文字", "audio": "录音"}


def shortfalls(evaluation: Evaluation, in_force: Sequence[str]) -> tuple[str, ...]:
    """Return one sentence for each goal that is missed or not proven, and for rules without enough examples."""
    found: list[str] = []
    for source, judged in measured(evaluation):
        rows = rows_of(judged.compared)
        found += _missed(_SOURCES[source], figures(rows), GOALS[source])
        found += _scarce(_SOURCES[source], by_rule(rows), in_force)
    return tuple(found)


def measured(evaluation: Evaluation) -> Iterator[tuple[str, JudgedItems]]:
    """Yield what was measured with the whole product: `text`, `audio` or both."""
    if evaluation.text and evaluation.text.compared:
        yield "text", evaluation.text
    if evaluation.audio:
        yield "audio", evaluation.audio[-1]


def _missed(source: str, found: VerdictFigures, goal: Goal) -> Iterator[str]:
    for title, share, least in (
        ("“违反”的精确率", found.fail_precision, goal.precision),
        ("“违反”的召回率", found.fail_recall, goal.recall),
    ):
        if share.value is not None:
            yield from _against(f"{source}:{title}", share, least)
    if found.unclear.value is not None and found.unclear.value >= goal.unclear:
        yield f"{source}:存疑 {percent(found.unclear.value)},没有低于 {percent(goal.unclear)} 的目标。"


def _against(what: str, share: Share, least: float) -> Iterator[str]:
    assert share.value is not None
    assert share.interval is not None
    if share.value < least:
        yield f"{what} {percent(share.value)},没有达到 {percent(least)} 的目标。"
    elif share.interval.low < least:
        low, goal = percent(share.interval.low), percent(least)
        reached = f"{what} {percent(share.value)},达到 {goal} 的目标"
        yield f"{reached},但只有 {share.of} 例,区间下限 {low} 低于目标:还不能断定。"


def _scarce(source: str, rules: Mapping[str, VerdictFigures], in_force: Sequence[str]) -> Iterator[str]:
    examples = {rule: rules[rule].fail_recall.of if rule in rules else 0 for rule in in_force}
    few = sum(0 < n < FEW for n in examples.values())
    none = sum(n == 0 for n in examples.values())
    if few or none:
        yield (
            f"{source}:{len(examples)} 条规则中,{none} 条没有“违反”的样本,{few} 条少于 {FEW} 个:"
            "逐条规则的数字只供参考,合计才有分量。"
        )
