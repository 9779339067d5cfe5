from datetime import UTC, datetime

import pytest

from speechaudit.reports import words
from speechaudit.reports.charts import BOTTOM, TOP, histogram, trend
from speechaudit.reports.figures import DayFigure
from speechaudit.reports.intervals import Interval


@pytest.mark.parametrize(("value", "text"), [(5.0, "5"), (2.5, "2.5"), (1 / 3, "0.33"), (100.0, "100"), (0.0, "0")])
def test_number(value: float, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "—"), (0.0, "0%"), (0.004, "0.4%"), (0.64, "64%"), (0.996, "99.6%"), (1.0, "100%")]
)
def test_percent_never_rounds_a_fault_away(share: float | None, text: str) -> None:
    assert words.percent(share) == text


def test_what_is_missing_is_a_dash_or_said() -> None:
    assert (words.score(None), words.score_range(None), words.percent_range(None)) == ("—", "—", "—")
    assert (words.when(None), words.when_exactly(None)) == ("时间未登记", "未登记")


def test_ranges_and_times() -> None:
    assert words.score_range(Interval(low=91.09, high=98.43)) == "91.1–98.4"
    assert words.percent_range(Interval(low=0.4452, high=0.7975)) == "45–80%"
    assert words.when_exactly(datetime(2026, 3, 2, 9, 0, 5, tzinfo=UTC)) == "2026-03-02 09:00:05+00:00"


def test_histogram_bins_and_heights() -> None:
    bars = histogram([0.0, 9.9, 80.0, 95.0, 100.0, 100.0])
    assert [bar.n for bar in bars] == [2, 0, 0, 0, 0, 0, 0, 0, 1, 3]
    assert bars[9].y == TOP
    assert bars[8].height == pytest.approx((BOTTOM - TOP) / 3)


def test_trend_keeps_the_distance_of_days() -> None:
    days = [DayFigure(day=datetime(2026, 3, day).date(), n=1, mean=100.0) for day in (1, 2, 5)]
    first, second, last = trend(days)
    assert (second.x - first.x) * 3 == pytest.approx(last.x - second.x)
    assert first.y == TOP
