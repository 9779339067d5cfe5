"""The blind lines and plays: nothing of them is trained on, and what became of each is told rightly."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.blind import LINES, PLAYS, SETS, in_plays, read_plays
from bench.blind.__main__ import shown, whole
from speechaudit.rules import rulebook
from speechaudit.text import model_form
from training.writers import read_lines, read_writers

FIRST = SETS["first"]


@pytest.mark.parametrize("name", SETS)
def test_no_blind_line_is_trained_on(name: str) -> None:
    blind = read_lines(SETS[name] / LINES)
    trained = {(model_form(own.before), model_form(own.text)) for lines in read_writers().values() for own in lines}
    assert [own.text for own in blind if (model_form(own.before), model_form(own.text)) in trained] == []


def test_the_plays_hold_their_faults() -> None:
    dialogues = list(read_plays((FIRST / PLAYS).read_text("utf-8")))
    faults = [
        (turn.text, fault) for p in dialogues for turn, fault in zip(p.transcript.segments, p.faults, strict=True)
    ]
    assert (len(dialogues), len(faults), sum(bool(fault) for _, fault in faults)) == (12, 271, 21)
    assert ("你的卡？想都不要想。", "forbid-bare-refusal") in faults
    assert [p.setting for p in dialogues[:2]] == ["counter", "phone"]


@pytest.mark.slow
def test_what_became_of_the_turns_is_counted() -> None:
    told = in_plays(rulebook.load(), FIRST)
    assert sum(bool(own.labels) for own in told) == 21
    assert {own.outcome for own in told} == {"fail", "unclear", "missed"}
    header, _, row = whole({"turns": told})
    assert header.startswith("| | to be charged |")
    assert row.startswith("| turns | 21 | ")


@pytest.mark.slow
def test_plays_are_shown_with_their_faults_and_all_that_was_found(tmp_path: Path) -> None:
    play = (
        "# play 1 setting=counter\ncitizen: 能先给我办吗?\nstaff[forbid-scold]: 嚷什么嚷!\ncitizen: 你!\nstaff: 请坐。"
    )
    (tmp_path / PLAYS).write_text(play, "utf-8")
    text = list(shown(rulebook.load(), tmp_path))
    assert text[:2] == ["\n# play 1, counter", "citizen: 能先给我办吗?"]
    assert "staff[forbid-scold]: 嚷什么嚷!" in text
    assert any(line.startswith("  fail forbidden.scold 15: 嚷什么嚷") for line in text)
