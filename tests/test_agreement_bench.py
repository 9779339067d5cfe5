"""The bench of two decodings: what was right, what was left out, and what its diagrams tell."""

from __future__ import annotations

import random
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from bench import reliability
from bench.agreement import FIGURES, Stretch, apart, compared, crossed, places_in, sides, surety, truth, voice_of
from speechaudit.model import Segment


@pytest.mark.parametrize(
    ("written", "said", "right"),
    [
        ("请带身份证", "请带身份证", True),
        ("请带生意证", "请带身份证", False),
        ("请待身份正", "请带身份证", True),  # it sounds the same
        ("请带身份证", "请带好身份证", False),  # something within was left out
        ("请带身份证", "请带身份证再见", False),  # and at its end
    ],
)
def test_a_stretch_is_right_if_just_that_was_said(written: str, said: str, right: bool) -> None:
    assert truth(written, said).of(0, len(written) - 1) is right


def test_what_was_left_out_elsewhere_is_no_matter_of_a_stretch() -> None:
    assert truth("请带身份证", "请带好身份证").of(2, 4) is False
    assert truth("请带身份证", "请带好身份证").of(3, 4)


def test_each_channel_is_held_against_the_side_that_fits_better() -> None:
    said = [
        Segment(start=0, end=1, text="您好,请讲。", role="staff"),
        Segment(start=1, end=2, text="我问材料。", role="citizen"),
    ]
    assert sides(said, ["您好请讲", "我问菜料"]) == ["您好请讲", "我问材料"]
    assert sides(said, ["您好请讲我问材料"]) == ["您好,请讲。我问材料。"]


def test_places_are_the_beginning_the_end_and_some_within_or_all_of_a_short_turn() -> None:
    places = dict(places_in(range(20), random.Random(0)))
    assert (list(places["beginning"]), list(places["end"])) == ([0, 1, 2, 3, 4, 5], [14, 15, 16, 17, 18, 19])
    assert 1 < places["within"][0] < places["within"][-1] < 19
    assert dict(places_in(range(4), random.Random(0))) == {"whole": range(4)}


def test_a_recording_and_what_was_made_of_it_are_not_parted() -> None:
    assert {voice_of(name) for name in ("a-1", "a-1@pink_noise", "a-1-telephone")} == {"a-1"}


def test_bins_tell_how_often_it_was_as_probable_as_told() -> None:
    low, high = reliability.bins([0.1, 0.1, 0.1, 0.1, 1.0, 0.95], [True, False, False, False, True, True])
    assert (low.count, low.right) == (4, 0.25)
    assert low.mean == pytest.approx(0.1)
    assert (high.low, high.count, high.right) == (0.9, 2, 1.0)
    assert reliability.expected_error([low, high]) == pytest.approx((4 * 0.15 + 2 * 0.025) / 6)


def test_the_picture_is_drawn_with_a_dot_for_each_bin() -> None:
    found = reliability.bins([0.1, 0.5, 0.9], [False, True, True])
    drawn = ElementTree.fromstring(reliability.picture({"confidence": found, "calibrated": found[:2]}))
    assert len(drawn.findall("{http://www.w3.org/2000/svg}circle")) == 5
    assert "| 0.9 to 1.0 | 0.90 | 1.00 | 1 |" in list(reliability.table({"confidence": found}))


def stretches() -> Sequence[Stretch]:
    """Stretches of 20 recordings in which agreement tells all that confidence does not."""
    chance = random.Random(7)
    return [
        Stretch(
            recording=f"r{number % 20}",
            group="made",
            kind="end",
            text="再见",
            confidence=0.9 if number % 3 else 0.5,
            agreement=float(right) if chance.random() < 0.9 else 0.5,
            score=0.9,
            right=right,
        )
        for number, right in ((number, chance.random() < 0.6) for number in range(200))
    ]


def test_what_tells_right_from_wrong_gets_the_weight_and_each_recording_is_judged_by_the_others() -> None:
    rows = stretches()
    found = surety(rows)
    assert found.agreement > 2
    assert abs(found.confidence) < 1
    assert found.stretches == 200
    told = apart(rows, FIGURES)
    assert sum(p for p, row in zip(told, rows, strict=True) if row.right) / sum(row.right for row in rows) > 0.8
    table = list(compared(rows))
    assert any(line.startswith("| confidence, agreement, score | 0.9") for line in table)


def test_agreement_is_counted_on_both_sides_of_the_limit_for_confidence() -> None:
    rows = stretches()
    counts = [[int(cell) for cell in line.split("|")[3:5]] for line in list(crossed(rows, 0.7))[1:]]
    assert [sum(column) for column in zip(*counts, strict=True)] == [sum(row.right for row in rows), 200]
    sure = [row for row in rows if row.agreement == 1.0 and row.confidence >= 0.7]
    assert counts[1] == [sum(row.right for row in sure), len(sure)]
