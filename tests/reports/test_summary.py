"""Three sentences from figures: which are chosen, and what stands in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from speechaudit.model import Audit
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.about import EarlierScore
from speechaudit.reports.figures import ScoreFigure, StaffReport, Standing
from speechaudit.reports.intervals import Interval
from speechaudit.reports.summary import SENTENCES, summarise_figures

from .made import audit, encounter

GOOD = ("送声（21 处）", "迎声（16 处）", "谢谢（1 处）")


@pytest.fixture(scope="module")
def report(many: list[Audit], settings: ReportSettings) -> StaffReport:
    return build(many, settings)[0]


def test_the_busy_one(report: StaffReport) -> None:
    told = summarise_figures(report.figures, GOOD, len(report.unclear), report.settings)
    assert [each.text for each in told] == [
        "本期评议服务 25 次，均分 94.8 分，合格 24 次，总体达到合格线（80 分）。",
        "违反规范 10 项次，得分率最低的维度是三声（88%），"
        "扣分最多的是迎声（9 次，占扣分的 78%）、推诿（1 次，占扣分的 22%）；其中 1 次服务触犯一票否决。",
        "做得好的主要是送声（21 处）、迎声（16 处）；另有 4 处听不清或拿不准，没有扣分，待人工复核。",
    ]


@pytest.mark.parametrize("standing", ["none", "few", "above", "below", "open"])
def test_each_standing_has_its_sentence(report: StaffReport, standing: Standing) -> None:
    figures = replace(report.figures, score=ScoreFigure(n=25, mean=60.0, interval=None, standing=standing))
    first, *_ = summarise_figures(figures, (), 0, report.settings)
    assert first.code == ("nothing-judged" if standing == "none" else f"score-{standing}")


@pytest.mark.parametrize(
    ("credited", "unclear", "code"),
    [(True, 3, "good-and-open"), (True, 0, "good"), (False, 3, "open"), (False, 0, "neither")],
)
def test_the_last_one_says_what_went_well_and_what_is_open(
    report: StaffReport, credited: bool, unclear: int, code: str
) -> None:
    told = summarise_figures(report.figures, GOOD if credited else (), unclear, report.settings)
    assert told[2].code == code


@pytest.mark.parametrize(
    ("earlier", "code"),
    [
        (ScoreFigure(n=30, mean=80.0, interval=Interval(low=79.0, high=81.0), standing="open"), "earlier-up"),
        (ScoreFigure(n=30, mean=99.0, interval=Interval(low=98.8, high=99.2), standing="above"), "earlier-down"),
        (ScoreFigure(n=30, mean=94.0, interval=Interval(low=92.0, high=96.0), standing="above"), "earlier-open"),
        (ScoreFigure(n=3, mean=50.0, interval=Interval(low=49.0, high=51.0), standing="few"), "earlier-few"),
    ],
)
def test_the_time_before_is_compared_where_chance_cannot_have_made_the_difference(
    report: StaffReport, earlier: ScoreFigure, code: str
) -> None:
    figures = replace(report.figures, score=replace(report.figures.score, interval=Interval(low=93.0, high=96.6)))
    before = EarlierScore(since=date(2026, 2, 1), until=date(2026, 2, 28), score=earlier)
    told = summarise_figures(figures, GOOD, 0, report.settings, before)
    assert (len(told), told[1].code) == (4, code)
    assert f"2026年2月1日至2026年2月28日，{earlier.n} 次" in told[1].text or code == "earlier-few"
    nothing = replace(before, score=ScoreFigure(n=0, mean=None, interval=None, standing="none"))
    assert len(summarise_figures(figures, GOOD, 0, report.settings, nothing)) == 3


def test_no_dimension_is_the_lowest_where_two_are(report: StaffReport) -> None:
    same = [replace(each, mean=each.full / 2) for each in report.figures.dimensions]
    assert len(same) > 1
    for dimensions, named in ((same, False), ([replace(same[0], mean=1.0), *same[1:]], True)):
        figures = replace(report.figures, dimensions=tuple(dimensions))
        assert ("得分率最低的维度" in summarise_figures(figures, (), 0, report.settings)[1].text) is named


def test_without_vetoes_and_without_faults(report: StaffReport, settings: ReportSettings) -> None:
    assert summarise_figures(replace(report.figures, vetoed=0), (), 0, settings)[1].code == "faults"
    (clean,) = build([audit("a.wav", "甲", encounter())], settings)
    assert summarise_figures(clean.figures, (), 0, settings)[1].code == "no-faults"
    (unscored,) = build([audit("a.wav", "甲", replace(encounter(), score=None))], settings)
    assert [each.code for each in summarise_figures(unscored.figures, (), 0, settings)][:2] == [
        "nothing-judged",
        "faults-unscored",
    ]


def test_every_sentence_can_be_told(report: StaffReport) -> None:
    names = ("encounters", "n", "mean", "passed", "mark", "failed", "vetoed", "unclear", "lowest", "days")
    values = dict.fromkeys(names, 1)
    for text in SENTENCES.values():
        assert text.format_map(values | {"worst": "甲", "good": "乙"}).endswith("。")
