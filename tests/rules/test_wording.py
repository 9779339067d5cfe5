"""What is scored is the same in two wordings, or is not."""

from __future__ import annotations

import pytest

from speechaudit.model import Role
from speechaudit.rules import rulebook
from speechaudit.rules.wording import Wording

TOWARDS = {
    "情坐": "请坐",
    "写写": "谢谢",
    "在建": "再见",
    "宁好": "您好",
    "你照领到去": "你找领导去",
    "你有完没丸": "你有完没完",
}
HARMLESS = {"攻击金": "公积金", "护口本": "户口本", "原建": "原件"}


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(rulebook.load())


@pytest.mark.parametrize("heard", TOWARDS)
@pytest.mark.parametrize("role", ["staff", "unknown"])
def test_neither_towards_a_scored_phrase_nor_away(wording: Wording, role: Role, heard: str) -> None:
    assert not wording.same(role, heard, TOWARDS[heard])
    assert not wording.same(role, TOWARDS[heard], heard)


@pytest.mark.parametrize("heard", HARMLESS)
def test_what_no_rule_scores_is_the_same(wording: Wording, heard: str) -> None:
    assert wording.same("staff", heard, HARMLESS[heard])


def test_nobody_scores_what_a_citizen_says_of_staff(wording: Wording) -> None:
    assert wording.same("citizen", "情坐", "请坐")
