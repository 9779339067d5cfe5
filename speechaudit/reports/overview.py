"""The whole set on one page, from the reports of all members of staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from speechaudit.reports.cautions import mixtures
from speechaudit.reports.figures import (
    DayFigure,
    EncounterEntry,
    Figures,
    Moment,
    RateFigure,
    ReportSettings,
    RuleFigure,
    StaffFigures,
    StaffReport,
)
from speechaudit.reports.gather import order_rules, sum_up, trend_of
from speechaudit.reports.summary import worst_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonFault:
    """A rule that was failed, by how many people, and the moment that cost most where moments are known."""

    rule: RuleFigure
    people: int
    example: Moment | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All members of staff: `ranked` have enough encounters, ordered by mean, best first; `few` are ordered by name.

    Recordings that name nobody are always in `few`: they may be of several people. `problems` begin with the costliest.
    """

    settings: ReportSettings
    figures: Figures
    ranked: tuple[StaffFigures, ...]
    few: tuple[StaffFigures, ...]
    unclear: int
    cautions: tuple[str, ...]
    problems: tuple[CommonFault, ...] = ()
    trend: tuple[DayFigure, ...] = ()

    @property
    def reports(self) -> tuple[StaffFigures, ...]:
        """The reports of everybody, in the order in which they are listed."""
        return self.ranked + self.few

    @property
    def rows(self) -> tuple[EncounterEntry, ...]:
        """All services."""
        return tuple(row for report in self.reports for row in report.encounters)


def overview(reports: Sequence[StaffFigures], settings: ReportSettings) -> Overview:
    """Return the overview of `reports`, which were built with `settings`."""
    rows = [row for report in reports for row in report.encounters]
    ranked = [report for report in reports if is_ranked(report)]
    figures = sum_up(rows, _pooled_rules(reports), settings)
    return Overview(
        settings=settings,
        figures=figures,
        ranked=tuple(sorted(ranked, key=lambda report: -(report.figures.score.mean or 0.0))),
        few=tuple(report for report in reports if not is_ranked(report)),
        unclear=sum(report.doubts for report in reports),
        cautions=mixtures(*(report.recordings for report in reports)),
        problems=_problems(reports, figures.rules),
        trend=trend_of(rows),
    )


def _problems(reports: Sequence[StaffFigures], rules: Sequence[RuleFigure]) -> tuple[CommonFault, ...]:
    people: dict[str, int] = defaultdict(int)
    moments: dict[str, list[Moment]] = defaultdict(list)
    for report in reports:
        for rule in report.figures.rules:
            people[rule.rule] += bool(rule.failed)
        for moment in report.moments if isinstance(report, StaffReport) else ():
            moments[moment.rule].append(moment)
    return tuple(
        CommonFault(rule=rule, people=people[rule.rule], example=_costliest(moments[rule.rule]))
        for rule in worst_rules(rules)
    )


def _costliest(moments: Sequence[Moment]) -> Moment | None:
    return max(moments, key=lambda m: (m.veto, bool(m.quote), m.points), default=None)


def is_ranked(report: StaffFigures) -> bool:
    """Return whether the mean stands on enough encounters of one known person to be put beside others."""
    return report.staff is not None and report.figures.score.standing not in ("none", "few")


def _pooled_rules(reports: Sequence[StaffFigures]) -> tuple[RuleFigure, ...]:
    by_rule: dict[tuple[str, bool], list[RuleFigure]] = defaultdict(list)
    for report in reports:
        for rule in report.figures.rules + report.figures.trial_rules:
            by_rule[rule.rule, rule.trial].append(rule)
    return order_rules(_pool(theirs) for theirs in by_rule.values())


def _pool(parts: Sequence[RuleFigure]) -> RuleFigure:
    latest = parts[-1]
    passed, failed = sum(part.passed for part in parts), sum(part.failed for part in parts)
    return RuleFigure(
        rule=latest.rule,
        title=latest.title,
        dimension=latest.dimension,
        level=latest.level,
        trial=latest.trial,
        passed=passed,
        failed=failed,
        unclear=sum(part.unclear for part in parts),
        not_applicable=sum(part.not_applicable for part in parts),
        points=sum(part.points for part in parts),
        pass_rate=RateFigure.of(passed, passed + failed),
    )
