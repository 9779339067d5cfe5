"""What other hypotheses say in place of the words of a window, and when in the recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from speechaudit.asr.tied import Heard, Instead, Written, alternatives, others, placed
from speechaudit.model import Word


def words(*texts: str) -> tuple[Word, ...]:
    """Words of half a second each."""
    return tuple(Word(start=n / 2, end=n / 2 + 0.5, text=text, confidence=0.5 + n / 10) for n, text in enumerate(texts))


SAID = words("我", "就是", "个", "随便", "化", "的,")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我就是个随便化的,", []),
        ("我就是个接电话的,", [(3, 4, "接电话")]),
        ("我就事个接电话的,", [(1, 4, "就事个接电话")]),
        ("他就是个随便化的,", [(0, 0, "他")]),
        ("我就是个随便的,", [(4, 4, "")]),
        ("我就是个随便化,", [(5, 5, ",")]),
        ("我就是个随便化的,嗯", [(5, 5, "的,嗯")]),
        ("嗯我就是个随便化的,", [(0, 0, "嗯我")]),
        ("我就是一个随便化的,", [(2, 2, "一个")]),
        ("他就是个随便化了,", [(0, 0, "他"), (5, 5, "了,")]),
        ("", [(0, 5, "")]),
    ],
)
def test_where_another_text_differs(text: str, found: list[tuple[int, int, str]]) -> None:
    assert others(SAID, [text]) == tuple(Instead(*each) for each in found)


def test_each_difference_counts_once() -> None:
    assert others(SAID, ["他就是个随便化的,", "他就是个随便化了,"]) == (Instead(0, 0, "他"), Instead(5, 5, "了,"))


def test_where_nothing_was_written_nothing_is_put_in_its_place() -> None:
    assert others((), ["谢谢"]) == ()


def later(word: Word) -> Word:
    return replace(word, start=word.start + 10, end=word.end + 10)


def heard(kept: Sequence[Word], *others: Instead) -> list[tuple[float, float, str]]:
    found = placed(Written(SAID, others), kept, later)
    return [(word.start, word.end, word.text) for word in found]


def test_it_lies_where_its_words_do_in_simplified_characters() -> None:
    kept = tuple(map(later, SAID))
    assert heard(kept, Instead(3, 4, "接電話")) == [(11.5, 12.5, "接电话")]
    (found,) = placed(Written(SAID, (Instead(3, 4, "接電話"),)), kept, later)
    assert found.confidence == pytest.approx(0.85)


def test_traditional_characters_of_the_same_word_are_no_alternative() -> None:
    kept = tuple(map(later, words("谢")))
    assert list(placed(Written(words("謝"), (Instead(0, 0, "谢"),)), kept, later)) == []


def test_what_was_taken_out_has_no_alternative() -> None:
    kept = tuple(map(later, SAID[:4]))
    assert heard(kept, Instead(3, 4, "接电话"), Instead(0, 0, "他")) == [(10.0, 10.5, "他")]


def test_alternatives_of_all_channels_stand_in_order_of_time() -> None:
    one, two = words("您", "你")
    found = alternatives([Heard(others=(two,)), Heard(others=(one,))])
    assert [(each.start, each.text, each.channel) for each in found] == [(0.0, "您", 1), (0.5, "你", 0)]
