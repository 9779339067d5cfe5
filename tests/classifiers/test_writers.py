"""The writers' lines as they are read for training, and that none of the blind ones is among them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from speechaudit.text import model_form
from training.writers import FIRST, WriterError, held, known_labels, part, read_writers

WRITERS = read_writers()
LINES = [own for lines in WRITERS.values() for own in lines]


def test_every_writer_wrote_charged_lines_and_others() -> None:
    assert {
        name: 0.3 < sum(bool(own.labels) for own in lines) / len(lines) < 0.7 for name, lines in WRITERS.items()
    } == {
        "city-services": True,
        "mixed-desks": True,
        "north-counters": True,
        "south-counters": True,
        "telephones": True,
        "terse-windows": True,
        "trade-windows": True,
        "village-offices": True,
        "west-windows": True,
    }


def test_the_first_writers_are_there() -> None:
    assert set(WRITERS) > FIRST


def test_no_line_stands_twice() -> None:
    told = Counter((model_form(own.before), model_form(own.text)) for own in LINES)
    assert [pair for pair, times in told.items() if times > 1] == []


def test_ideas_stay_together_when_lines_are_held_out() -> None:
    outside = part(LINES, of_held=True)
    assert 0.08 < len(outside) / len(LINES) < 0.16
    assert {own.family for own in outside}.isdisjoint(own.family for own in part(LINES, of_held=False))
    assert all(map(held, outside))


def read(folder: Path, text: str) -> list[tuple[str, str, set[str]]]:
    (folder / "one.txt").write_text(text, "utf-8")
    return [(own.before, own.text, set(own.labels)) for own in read_writers(folder)["one"]]


def test_a_line_has_the_label_of_its_block_and_the_turn_before(tmp_path: Path) -> None:
    text = "@ forbid-scold profanity\n嚷什么嚷。\n\n@ ok forbid-bare-refusal\n你好。 // 这样行不行? // 不行。\n\n"
    text += "@ plain\n好了。"
    assert read(tmp_path, text) == [
        ("", "嚷什么嚷。", {"forbid-scold", "profanity"}),
        ("这样行不行?", "不行。", set()),
        ("", "好了。", set()),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("嚷什么嚷。", "line 1"),
        ("@ forbid-scold\n嚷什么嚷。\n\n下一个。", "line 4"),
        ("@ forbid-scolding\n嚷什么嚷。", "line 1"),
        ("@ ok\n好了。", "line 1"),
        ("@ plain forbid-scold\n好了。", "line 1"),
        ("@\n好了。", "line 1"),
        ("@ plain\n这样行不行? // ", "line 2"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(WriterError, match=place):
        read(tmp_path, text)


def test_the_labels_are_those_of_the_templates_and_six_more() -> None:
    assert len(known_labels()) == 26
    assert {"profanity", "forbid-mock", "forbid-ask-others"} <= known_labels()
    assert "question" not in known_labels()
