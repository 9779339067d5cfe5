"""What a change does to the lines and to others, when thresholds rise, and when a model is worse: on small numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from speechaudit.classifiers.labeller import Reading
from speechaudit.classifiers.weights import read_weights
from speechaudit.learning.comparison import PairedShare, compared
from speechaudit.learning.fitting import LabelLimits, SeenLines, fit, wanted
from speechaudit.learning.limits import adapted, calibration, limits_of
from tests.learning.test_lines import line

LABELS = ("forbid-scold", "forbid-threat", "question")
LIMITS = LabelLimits(person=np.array([-1.0, -1.0, 0.0]), accuse=np.array([1.0, math.inf, 2.0]))


def told(rows: list[tuple[str, tuple[str, ...], list[float], list[float]]]) -> SeenLines:
    """Of each line its text, its labels, what is seen of it and the logits."""
    seen = np.array([own[2] for own in rows], np.float32)
    return SeenLines(
        lines=tuple(line(text, *labels, family=text) for text, labels, _, _ in rows),
        reading=Reading(pooled=seen, counted=csr_matrix(seen)),
        logits=np.array([own[3] for own in rows]),
    )


CENTRE = told(
    [
        ("吼啥子吼", ("forbid-scold",), [1, 0, 0, 0], [-2.0, -1.5, -3.0]),
        ("莫吼他", (), [0, 1, 0, 0], [0.5, -3.0, -3.0]),
    ]
)
ANCHORS = told(
    [("您好", (), [0, 0, 1, 0], [-3.0, -3.0, -3.0]), ("嚷什么", ("forbid-scold",), [0, 0, 0, 1], [2, 0, -3.0])]
)


def test_a_fault_shall_lie_above_its_threshold_and_a_fair_line_beneath() -> None:
    assert wanted(CENTRE, LABELS, LIMITS) == pytest.approx(np.array([[1.3, -1.5, -3.0], [-2.0, -3.0, -3.0]]))


def test_what_was_reviewed_moves_and_what_was_delivered_stays() -> None:
    change = fit(CENTRE, ANCHORS, LABELS, LIMITS)
    moved, still = change.logits(CENTRE) - CENTRE.logits, change.logits(ANCHORS) - ANCHORS.logits
    assert moved[0, 0] > 2
    assert moved[1, 0] < -1.5
    assert np.abs(still).max() < 0.5
    assert np.abs(moved[:, 2]).max() < 1e-6  # no fault: nobody said anything of questions


def test_no_more_fair_lines_than_before_go_to_a_person_or_are_accused() -> None:
    lines = [*(line(f"好{n}") for n in range(99)), line("吼", "forbid-scold")]
    before = np.full((100, 3), -4.0)
    before[:3, 0], before[99, 0] = -0.5, 3.0  # three of 99 went to a person, none was accused
    after = before - 0.2
    after[0, 0] = 1.5
    limits = adapted(LIMITS, before, after, lines, LABELS)
    assert limits.accuse[0] == pytest.approx(1.51)
    assert (limits.person[0], limits.person[2], limits.accuse[2]) == (-1.0, 0.0, 2.0)  # the three as before
    assert math.isinf(limits.accuse[1])
    after[3:9, 1] = -0.3
    assert adapted(LIMITS, before, after, lines, LABELS).person[1] == pytest.approx(-0.29)
    assert adapted(LIMITS, before, before, lines, LABELS).accuse[0] == 1.0


def test_one_more_wrong_accusation_is_worse_and_a_loss_must_be_more_than_chance() -> None:
    lines = [line(f"吼{n}", "forbid-scold") for n in range(10)] + [line(f"好{n}") for n in range(10)]
    part = told([(own.text, tuple(own.labels), [0.0], [0.0]) for own in lines])

    def confidences(*found: float) -> NDArray[np.float32]:
        return np.array([*found, *([0.5] * (20 - len(found)))], np.float32)

    before = confidences(*([0.96] * 8))
    assert compared(before, before, part).worse == ()
    assert not compared(before, before, part).gains
    more = compared(before, confidences(*([0.96] * 9)), part)
    assert (more.worse, more.gains, more.found.won) == ((), True, 1)
    one_less = compared(before, confidences(*([0.96] * 7)), part)
    assert (one_less.worse, one_less.gains) == ((), False)
    assert compared(before, confidences(0.96, 0.96), part).worse == ("finds-less", "accuses-less-faults")
    wrongly = before.copy()
    wrongly[15] = 0.97
    assert compared(before, wrongly, part).worse == ("accuses-more",)


def test_a_share_is_surely_less_by_the_exact_test() -> None:
    assert PairedShare(before=10, after=5, of=20, lost=5, won=0).surely_less
    assert not PairedShare(before=10, after=6, of=20, lost=4, won=0).surely_less
    assert not PairedShare(before=10, after=10, of=20, lost=5, won=5).surely_less


def test_some_fault_rises_with_what_fair_lines_reach_and_is_written_as_it_is_read() -> None:
    weights = read_weights()
    known = limits_of(weights)
    assert calibration(known, weights)["some_fault"] == pytest.approx(weights.some_fault, abs=2e-3)
    low = LabelLimits(person=LIMITS.person, accuse=LIMITS.accuse, some_fault=0.5)
    before = np.full((20, 3), -4.0)
    after = before + [[0.0, 5.0, 0.0]] * 20
    risen = adapted(low, before, after, [line(f"好{n}") for n in range(20)], LABELS)
    assert risen.some_fault > 1.0
    assert adapted(low, before, before, [line(f"好{n}") for n in range(20)], LABELS).some_fault > low.some_fault
