"""All rules on one page, in Markdown, for people who want to know what is judged and by what right."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from speechaudit.rules.measured import FEW, SOURCES, Measured, Precision, RulePrecision
from speechaudit.rules.rulebook import Rulebook, group_of
from speechaudit.rules.schema import Forbidden, Rule
from speechaudit.terms import LEVELS, SETTINGS

HEAD: Final = """\
# 规则目录

本页由 `speechaudit rules catalogue` 从 `lexicons/` 生成,改了规则请重新生成,不要手改。怎样写规则见 [rules.md](rules.md),
测得的准确度见 [accuracy.md](accuracy.md),一句话为什么这样判用 `speechaudit rules explain "…"` 看。
"""
STATUSES: Final = {"draft": "草稿", "trial": "试行", "active": "启用", "retired": "停用"}


def page(book: Rulebook, measured: Measured | None = None) -> str:
    """Return the page: rules in the groups of the policy, each with clauses, advice, precision and examples."""
    titles = {dimension.group: dimension.title for dimension in book.policy.dimensions}
    lines = [HEAD, f"规则 {len(book.rules)} 条,方案 `{book.profile}`。{_when(measured)}", ""]
    for group, rules in groupby(book.rules, key=lambda rule: group_of(rule.id)):
        lines += [f"## {titles[group]}", ""]
        lines += [line for rule in rules for line in _rule(book, rule, measured)]
    return "\n".join(lines)


def _when(measured: Measured | None) -> str:
    if measured is None:
        return "还没有测过准确度。"
    return (
        f"“测得”是 {measured.on} 用 {measured.model} 和规则版本 `{measured.rulebook_version}` 测的:"
        f"判出多少次,对了多少次,括号里是 95% 区间;少于 {FEW} 次的说明不了什么。"
    )


def _precision(rule: Rule, measured: Measured) -> str:
    """Return what was measured of a rule, in a line."""
    told = [
        f"{SOURCES[source]}判{verdict} {found.of} 次,对 {found.hits} 次({found.low:.0%}–{found.high:.0%})"
        for source, figures in measured.of(rule.id).items()
        for verdict, found in (("违反", figures.failed), ("做到", _passed(rule, figures)))
        if found
    ]
    return f"测得:{';'.join(told) or '没有样本'}。"


def _passed(rule: Rule, figures: RulePrecision) -> Precision | None:
    """Return how right the rule was where it was kept; None for a rule that forbids: silence keeps it."""
    return None if isinstance(rule, Forbidden) else figures.passed


def _rule(book: Rulebook, rule: Rule, measured: Measured | None) -> Iterator[str]:
    settings = "、".join(SETTINGS[setting] for setting in rule.setting)
    yield f"### {rule.title} `{rule.id}`"
    yield ""
    yield f"{LEVELS[rule.level]},{STATUSES[rule.status]},{settings},种类 `{rule.kind}`。建议:{rule.message}"
    yield ""
    if measured:
        yield _precision(rule, measured)
        yield ""
    yield "依据:"
    yield ""
    for clause in book.clauses(rule):
        yield f"- {clause.title} `{clause.clause}`:{clause.quote}"
    yield ""
    for told, examples in _examples(rule):
        if examples:
            yield f"{told}:{'、'.join(map(_code, examples))}"
            yield ""


def _examples(rule: Rule) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what an example shows, and the examples; what a match is depends on the kind."""
    hit, miss = _told(rule)
    shown = rule.examples
    yield hit, shown.match
    yield miss, shown.no_match
    yield "存疑,请人判断", shown.unclear
    yield "不适用", shown.silent
    yield f"应判{hit},现在还听不出来", shown.known_miss
    yield f"应判{miss},现在还会误判", shown.known_false_alarm


def _told(rule: Rule) -> tuple[str, str]:
    never = getattr(rule, "verdict", "fail") != "fail"
    if isinstance(rule, Forbidden):
        return "一律请人听语气" if never else "违反", "不违反"
    return "做到", "没说,一律请人判断" if never else "没做到"


def _code(example: str) -> str:
    return f"`{' / '.join(line for line in example.splitlines() if line)}`"
