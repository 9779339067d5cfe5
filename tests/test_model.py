"""Spans are cut and compared as pyannote.core's Segment does it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechaudit.model import Segment, Span

TIMES = st.integers(0, 8).map(float)
SPANS = st.tuples(TIMES, TIMES).map(lambda pair: Span(start=min(pair), end=max(pair)))


@given(SPANS, SPANS)
def test_what_two_spans_share_lies_in_both_and_is_as_long_as_their_overlap(one: Span, two: Span) -> None:
    shared = one & two
    assert shared == (two & one)
    assert (shared.duration if shared else 0.0) == one.overlap(two)
    assert shared is None or (shared in one and shared in two)


@given(SPANS, SPANS)
def test_a_span_inside_another_is_all_that_they_share(one: Span, two: Span) -> None:
    assert (one in two) == (one.start in two and one.end in two)
    if one in two and one.duration:
        assert one & two == one


@pytest.mark.parametrize(
    ("other", "shared"), [((0.0, 1.0), None), ((0.0, 2.0), (1.0, 2.0)), ((2.0, 9.0), (2.0, 3.0)), ((3.0, 4.0), None)]
)
def test_spans_that_only_touch_share_nothing(other: tuple[float, float], shared: tuple[float, float] | None) -> None:
    found = Segment(start=1.0, end=3.0, text="您好") & Span(start=other[0], end=other[1])
    assert (found and (found.start, found.end)) == shared


def test_both_ends_belong_to_a_span() -> None:
    assert [moment in Span(start=1.0, end=3.0) for moment in (0.9, 1.0, 2.0, 3.0, 3.1)] == [
        False,
        True,
        True,
        True,
        False,
    ]
