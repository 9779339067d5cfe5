"""From which logit on a label goes to a person, and from which on it accuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from speechaudit.classifiers.labeller import Labeller
from speechaudit.model import SOME_FAULT
from training import thresholds
from training.thresholds import ACCUSE, PERSON
from training.utterances import Utterance

LABEL, OTHER = "forbid-scold", "forbid-command"


def line(*labels: str) -> Utterance:
    return Utterance(text="嚷什么嚷", labels=frozenset(labels), unknown=frozenset(), family="f", source="s")


def found(logits: list[float], lines: list[Utterance]) -> thresholds.Threshold:
    table = np.array([[own, -9.0] for own in logits])
    return thresholds.find(table, lines, [LABEL, OTHER])[0]


def test_a_label_accuses_from_where_every_line_above_is_a_fault() -> None:
    lines = [line(LABEL)] * 60 + [line()] + [line(LABEL)] * 20 + [line()] * 200
    threshold = found(
        [9.0 - at / 100 for at in range(60)] + [5.0] + [4.0] * 20 + [-5.0 - at / 100 for at in range(200)], lines
    )
    assert threshold.accuse == pytest.approx(8.41)
    assert (threshold.hits, threshold.faults, threshold.own) == (60, 60, 60)
    assert threshold.person < 5.0


@pytest.mark.parametrize(
    ("first", "why"),
    [(line(), "a line that is no fault stands highest"), (line(OTHER), "it tells other faults")],
)
def test_a_label_that_is_often_wrong_accuses_nobody(first: Utterance, why: str) -> None:
    lines = [first] * 30 + [line(LABEL)] * 60 + [line()] * 200
    assert found([9.0] * 30 + [8.0] * 60 + [-5.0] * 200, lines).accuse is None, why


def test_no_label_accuses_where_fair_lines_are_near() -> None:
    lines = [line(LABEL)] * 60 + [line()] * 160
    near = found([2.0 - at / 100 for at in range(60)] + [1.7, 1.6, 1.5, 1.4, 1.3] + [-9.0] * 155, lines)
    assert near.person == pytest.approx(1.3)
    assert near.accuse is not None
    assert near.accuse > 1.5


def test_a_label_of_few_lines_accuses_nobody() -> None:
    lines = [line(LABEL)] * 20 + [line()] * 200
    assert found([9.0] * 20 + [-5.0] * 200, lines).accuse is None


def test_confidence_says_which_threshold_is_reached() -> None:
    def confidence(logit: float, person: float, accuse: float | None) -> float:
        slope, offset, ceiling = thresholds.scale(person, accuse)
        return min(1 / (1 + float(np.exp(-(slope * logit + offset)))), ceiling)

    assert confidence(1.0, 1.0, 3.0) == pytest.approx(PERSON)
    assert confidence(3.0, 1.0, 3.0) == pytest.approx(ACCUSE)
    assert confidence(1.0, 1.0, None) == pytest.approx(PERSON)
    assert confidence(30.0, 1.0, None) < ACCUSE


def test_mockery_accuses_nobody_however_sure() -> None:
    assert {label for label, (_, _, ceiling) in thresholds.scales().items() if ceiling == 1.0}.isdisjoint(
        thresholds.NEVER
    )


def test_some_fault_accuses_whatever_the_family_but_never_by_mockery() -> None:
    logits = np.array([[5.0, -9.0]] * 40 + [[-9.0, 5.0]] * 40 + [[-5.0, -9.0]] * 400)
    lines = [line(LABEL)] * 40 + [line(OTHER)] * 40 + [line()] * 400
    own = thresholds.find(logits, lines, [LABEL, OTHER])[-1]
    assert (own.label, own.hits, own.faults) == (SOME_FAULT, 80, 80)
    apart = thresholds.find(logits, lines, [LABEL, "forbid-mock"])[-1]
    assert (apart.hits, apart.faults) == (40, 40)


def test_the_model_is_sure_of_some_fault_from_its_threshold_on() -> None:
    model = Labeller()
    at, mock = model.names.index(LABEL), model.names.index("forbid-mock")
    logits = np.full((3, len(model.names)), -9.0, np.float32)
    logits[0, at] = logits[2, at] = json.loads(thresholds.FILE.read_text("utf-8"))[SOME_FAULT]["accuse"]
    logits[1, at], logits[2, mock] = -0.9, 5.0
    sure, unsure, mocking = model.some_fault(logits).tolist()
    assert sure == pytest.approx(ACCUSE, abs=1e-3)
    assert unsure < 0.81
    assert mocking == 0
