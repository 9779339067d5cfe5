from datetime import UTC, datetime

import pytest

from speechaudit.model import Match
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


@pytest.mark.parametrize(
    ("match", "heard", "text"),
    [
        ("exact", 0.938, "字面相符，听清把握 94%"),
        ("label", 0.8, "意思相近，听清把握 80%"),
        ("absence", 0.62, "检查范围内没有听到，最接近处的吻合度 0.62"),
        ("absence", 0.0, "检查范围内没有听到"),
        ("metadata", 1.0, "依据录音登记信息"),
        ("measured", 1.0, "由声音量得"),
        ("person", 1.0, "人工听后标记"),
        (None, 1.0, ""),
    ],
)
def test_only_words_that_were_recognised_have_a_sureness(match: Match | None, heard: float, text: str) -> None:
    assert words.how(match, heard) == text
    assert (words.sureness(match, heard) is None) is ("听清把握" not in text)


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
