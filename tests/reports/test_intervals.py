import pytest

from speechaudit.reports.intervals import student_interval, wilson_interval


def test_student_interval_by_hand() -> None:
    # mean 80, s = 10, t(0.975, 2) = 4.302653 (printed tables), half = 4.302653 * 10 / sqrt(3) = 24.8414
    interval = student_interval([70.0, 80.0, 90.0])
    assert interval is not None
    assert interval.low == pytest.approx(55.1586, abs=1e-4)
    assert interval.high == 100.0  # 104.84 cut off


def test_student_interval_of_ten() -> None:
    # 60, 62, ... 78: mean 69, s = sqrt(330 / 9) = 6.0553, t(0.975, 9) = 2.262157, half = 4.3317
    interval = student_interval([60.0 + 2 * step for step in range(10)])
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((64.6683, 73.3317), abs=1e-4)


def test_student_interval_is_cut_off_at_zero() -> None:
    interval = student_interval([0.0, 10.0])
    assert interval is not None
    assert interval.low == 0.0
    assert interval.high == pytest.approx(68.531, abs=1e-3)


@pytest.mark.parametrize("scores", [[], [88.0]])
def test_no_interval_for_fewer_than_two_scores(scores: list[float]) -> None:
    assert student_interval(scores) is None


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (8, 10, 0.4902, 0.9433),  # Brown, Cai, DasGupta (2001) and any printed Wilson table
        (0, 10, 0.0, 0.2775),  # z2 / (n + z2) = 3.8415 / 13.8415
        (10, 10, 0.7225, 1.0),
        (1, 2, 0.0945, 0.9055),
    ],
)
def test_wilson_interval_by_hand(hits: int, trials: int, low: float, high: float) -> None:
    interval = wilson_interval(hits, trials)
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-4)


def test_no_wilson_interval_without_trials() -> None:
    assert wilson_interval(0, 0) is None
