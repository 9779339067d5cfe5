"""A turn that repeats itself, as a looping recogniser or a hostile play writes it, costs the rules linear work."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from speechaudit.rules import phrases, rulebook
from speechaudit.rules.scene import _edges, _fillers
from speechaudit.rules.trial import try_utterance


def full_matches(text: str) -> int:
    """How often all rules together match a span of the text as a whole."""
    with patch.object(phrases, "_full", wraps=phrases._full) as full:
        try_utterance(rulebook.load(), text, "counter")
    return full.call_count


@pytest.mark.parametrize("unit", ["我", "嗯", "那个", "不知道"])
def test_the_work_does_not_grow_with_the_loop(unit: str) -> None:
    long, longer = full_matches(unit * 50), full_matches(unit * 200)
    assert 0 < longer <= 2 * long


def test_fillers_around_the_whole_are_few() -> None:
    fillers = _fillers(("嗯", "这个"))
    starts, ends = _edges("嗯这个不知道嗯", fillers)
    assert (starts, ends) == ((0, 1, 3), (7, 6))
    starts, ends = _edges("嗯" * 2000, fillers)
    assert len(starts) == len(ends) == 25
