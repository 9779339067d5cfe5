"""A turn that repeats itself, as a looping recogniser or a hostile play writes it, costs the rules linear work."""

from __future__ import annotations

from functools import partial
from unittest.mock import patch

import pytest

from speechaudit.rules import explaining, phrases, rulebook
from speechaudit.rules.scene import _edges, _fillers
from speechaudit.rules.trial import try_utterance
from tests.work import calls


def full_matches(text: str) -> int:
    """How often all rules together match a span of the text as a whole."""
    with patch.object(phrases, "_full", wraps=phrases._full) as full:
        try_utterance(rulebook.load(), text, "counter")
    return full.call_count


@pytest.mark.parametrize("unit", ["我不知道", "嗯不知道", "那个", "不知道"])
def test_the_work_does_not_grow_with_the_loop(unit: str) -> None:
    long, longer = full_matches(unit * 50), full_matches(unit * 200)
    assert 0 < longer <= 2 * long


def test_fillers_around_the_whole_are_few() -> None:
    fillers = _fillers(("嗯", "这个"))
    starts, ends = _edges("嗯这个不知道嗯", fillers)
    assert (starts, ends) == ((0, 1, 3), (7, 6))
    starts, ends = _edges("嗯" * 2000, fillers)
    assert len(starts) == len(ends) == 25


@pytest.fixture(scope="module")
def book() -> rulebook.Rulebook:
    return rulebook.load()


UNITS = ["我", "你找谁", "不好意思,您还差一份复印件。", "他说不归他管,找别人去,"]


@pytest.mark.parametrize("unit", UNITS)
def test_twice_the_text_is_at_most_twice_the_work_for_rules_and_guards(unit: str, book: rulebook.Rulebook) -> None:
    try_utterance(book, "您好", "counter")  # what is made once
    half, whole = (calls(partial(try_utterance, book, (unit * 800)[:length], "counter")) for length in (400, 800))
    assert whole < 2.3 * half


def test_twice_the_text_is_at_most_twice_the_work_to_explain(book: rulebook.Rulebook) -> None:
    folder = rulebook.default_folder()
    half, whole = (
        calls(partial(explaining.explain, book, folder, ("你找谁" * 800)[:length], "counter", ()))
        for length in (400, 800)
    )
    assert whole < 2.3 * half
