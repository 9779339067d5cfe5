"""Others are shown only where nobody's own figure follows."""

from __future__ import annotations

from speechaudit.model import Audit
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.compare import Others, compare, main_window
from speechaudit.reports.figures import DimensionSum, EncounterEntry, VerdictCounts


def row(window: str, score: float) -> EncounterEntry:
    counts = VerdictCounts(passed=0, failed=0, unclear=0, not_applicable=0)
    sums = (DimensionSum(name="words", title="文明用语", full=30.0, score=score),)
    return EncounterEntry(
        file="a.wav",
        encounter=1,
        start=0.0,
        end=1.0,
        begun_at=None,
        total=90.0,
        passed=True,
        dimensions=sums,
        vetoed_by=(),
        not_judged="",
        verdicts=counts,
        window=window,
    )


def people(**windows: str) -> dict[str, list[EncounterEntry]]:
    return {name: [row(window, 15.0)] for name, window in windows.items()}


def with_own(rows: dict[str, list[EncounterEntry]]) -> Others:
    return compare(rows | {"own": [row("A", 30.0)]}, without=frozenset({"own"}), window="A")


def test_three_others_are_enough_and_the_own_figure_is_not_in_the_mean() -> None:
    assert with_own(people(b="A", c="A", d="A")).window == {"words": 0.5}
    assert with_own(people(b="A", c="A")) == Others()


def test_each_person_counts_once() -> None:
    rows = people(b="A", c="A", d="A")
    rows["b"] = [row("A", 30.0)] * 50
    assert with_own(rows).window == {"words": (1 + 0.5 + 0.5) / 3}


def test_the_centre_stands_alone_where_the_window_is_small() -> None:
    found = with_own(people(b="A", c="B", d="B"))
    assert (found.window, found.centre) == ({}, {"words": 0.5})


def test_nobody_follows_from_the_difference_of_window_and_centre() -> None:
    two_elsewhere = with_own(people(b="A", c="A", d="A", e="B", f="B"))
    assert (two_elsewhere.window, two_elsewhere.centre) == ({"words": 0.5}, {})
    three_elsewhere = with_own(people(b="A", c="A", d="A", e="B", f="B", g="B"))
    assert three_elsewhere.centre == {"words": 0.5}


def test_the_window_of_most_services(many: list[Audit], settings: ReportSettings) -> None:
    assert main_window([row("A", 1.0), row("B", 1.0), row("B", 1.0)]) == "B"
    assert main_window(()) is None
    assert main_window(build(many, settings)[0].encounters) == "3号窗口"
