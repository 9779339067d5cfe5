"""Shares, counted by hand, and intervals against published ones."""

from __future__ import annotations

import pytest

from speechaudit.evaluation.tally import Share, by_rule, confusion, figures

from .made import row

ROWS = (
    *[row("fail", "fail")] * 6,
    *[row("fail", "unclear")] * 2,
    row("fail", "pass"),
    row("fail", "unjudged"),
    *[row("pass", "pass")] * 7,
    row("pass", "fail"),
    *[row("pass", "unclear")] * 2,
    row("none", "fail", "forbidden.ask-others"),
    row("n/a", "n/a"),
    row("n/a", "pass"),
    row("unclear", "unclear"),
)


def test_figures_by_hand() -> None:
    found = figures(ROWS)
    assert found.fail_precision == Share(hits=6, of=8)  # one expected pass and one innocent were accused
    assert found.fail_recall == Share(hits=6, of=10)
    assert found.pass_precision == Share(hits=7, of=9)  # one expected fail and one n/a were credited
    assert found.pass_recall == Share(hits=7, of=10)
    assert found.unclear == Share(hits=4, of=20)  # of what a listener can decide: neither n/a nor unclear nor none
    assert found.unjudged == Share(hits=1, of=20)


def test_rules_apart() -> None:
    found = by_rule(ROWS)
    assert list(found) == ["forbidden.ask-others", "words.hello"]
    assert found["forbidden.ask-others"].fail_precision == Share(hits=0, of=1)
    assert found["words.hello"].fail_precision == Share(hits=6, of=7)


def test_confusion() -> None:
    assert confusion(ROWS) == {
        ("fail", "fail"): 6,
        ("fail", "unclear"): 2,
        ("fail", "pass"): 1,
        ("fail", "unjudged"): 1,
        ("pass", "pass"): 7,
        ("pass", "fail"): 1,
        ("pass", "unclear"): 2,
        ("none", "fail"): 1,
        ("n/a", "n/a"): 1,
        ("n/a", "pass"): 1,
        ("unclear", "unclear"): 1,
    }


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(hits: int, of: int, low: float, high: float) -> None:
    interval = Share(hits=hits, of=of).interval
    assert interval is not None
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


def test_nothing_of_nothing_has_no_value() -> None:
    assert Share(hits=0, of=0).value is None
    assert Share(hits=0, of=0).interval is None
