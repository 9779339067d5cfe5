"""A rule that somebody is writing is checked without being written."""

from __future__ import annotations

from pathlib import Path

import pytest

from speechaudit.errors import RulebookError
from speechaudit.rules import drafts, rulebook

FOLDER = rulebook.real(rulebook.default_folder())
HELLO = (FOLDER / "rules/words/goodbye.yml").read_text(encoding="utf-8")
NEW = """\
id: words.slowly
title: 请人慢走
topics: [phrase-goodbye]
level: minor
status: trial
sources:
  - {document: liyi-peixun, clause: s4d-anything-else}
kind: required
setting: [counter]
phrases: ["(您|你)慢走"]
message: 请说“您慢走”。
examples:
  match: ["您慢走。", "好了,你慢走啊。"]
  no_match: ["好了,下一位。"]
"""


def checked(text: str, rule_id: str = "words.slowly") -> drafts.DraftCheck:
    return drafts.check(FOLDER, rule_id, text, "default")


def test_a_new_rule_is_judged_by_its_examples_and_nothing_is_written() -> None:
    found = checked(NEW)
    assert (found.faults, found.complaints, found.examples, found.sound) == ((), (), 3, True)
    assert any("台账" in each and "words.slowly" in each for each in found.remarks)
    assert not (FOLDER / "rules/words/slowly.yml").exists()


def test_an_example_that_comes_out_otherwise_is_told() -> None:
    (wrong,) = checked(NEW.replace('["好了,下一位。"]', '["好了,您慢走。"]')).complaints
    assert (wrong.part, wrong.example, wrong.expected, wrong.found) == ("no_match", "好了,您慢走。", "fail", "pass")


def test_a_rule_that_is_there_is_checked_as_it_would_be() -> None:
    assert checked(HELLO, "words.goodbye").sound
    broken = checked(HELLO.replace("examples:", "examples:\n  match_it: 1", 1), "words.goodbye")
    assert [(each.place.startswith("第"), "match_it" in each.problem) for each in broken.faults] == [(True, True)]


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("level: minor", "level: minor\nlevel: major", "第5行第1列", "写了两次"),
        ("(您|你)慢走", "(您|你慢走", "第10行第11列", "短语写法有误"),
        ("kind: required", "kind: require", "第1行第1列", "kind 不是"),
        ("s4d-anything-else", "nothing", "第7行第5列", "不存在"),
        ("id: words.slowly", "id: words.slow", "第1行第1列", "words.slowly"),
        ("(您|你)慢走", "<没有这个词表>", "第10行第11列", "短语写法有误"),
        ("好了,你慢走啊。", "staff @9-1: 您慢走", "words.slowly examples 第1行", "结束早于开始"),
        ("status: trial", "status: [", "第7行第3列", "YAML"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column(old: str, new: str, place: str, problem: str) -> None:
    fault = checked(NEW.replace(old, new, 1)).faults[0]
    assert fault.place.startswith(place) and problem in fault.problem and fault.cure
    assert "/tmp" not in fault.place + fault.problem


@pytest.mark.parametrize(
    "rule_id", ["", "words", "../policy.x", "words/hello.x", "Words.hello", "words.hello.x", "a.\n"]
)
def test_what_is_no_id_opens_no_file(rule_id: str) -> None:
    assert "不是规则编号" in checked(NEW, rule_id).faults[0].problem
    with pytest.raises(RulebookError, match="不是规则编号"):
        drafts.rule_file(rule_id)


def test_a_group_that_nobody_scores_is_refused() -> None:
    text = NEW.replace("words.slowly", "kindness.slowly")
    assert "没有“kindness”这一项" in checked(text, "kindness.slowly").faults[0].problem


def test_a_text_beyond_all_measure_is_refused_at_once() -> None:
    assert "超过" in checked(NEW + "#" * drafts.LONGEST).faults[0].problem


def test_what_a_profile_says_of_the_rule_must_still_fit() -> None:
    opening = (FOLDER / "rules/phone/opening.yml").read_text(encoding="utf-8")
    found = drafts.check(FOLDER, "phone.opening", opening.replace("name: invite", "name: invites"), "tongyong-2023")
    assert found.faults[0].place.startswith("profiles/tongyong-2023.yml 第") and "invite" in found.faults[0].problem


def test_a_folder_with_one_file_otherwise_leaves_the_folder_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lists").mkdir()
    for name in ("a", "b"):
        (tmp_path / "lists" / f"{name}.txt").write_text("一\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path.parent)
    with drafts.folder_with(Path(tmp_path.name), "lists/a.txt", "二\n") as apart:
        assert (apart / "lists" / "a.txt").read_text(encoding="utf-8") == "二\n"
        assert (apart / "lists" / "b.txt").read_text(encoding="utf-8") == "一\n"
    assert (tmp_path / "lists" / "a.txt").read_text(encoding="utf-8") == "一\n" and not apart.exists()
