"""Lexicons as people break them: every fault is told at once, with file, line and column."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from speechaudit.cli import main
from speechaudit.errors import RulebookError
from speechaudit.rules import rulebook
from speechaudit.rules.schema import Sequence

ASK = "rules/forbidden/ask-others.yml"


@pytest.fixture
def lexicons(tmp_path: Path) -> Path:
    folder = tmp_path / "lexicons"
    shutil.copytree(rulebook.default_folder(), folder)
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def check(folder: Path, profile: str = "default") -> Result:
    return CliRunner().invoke(main, ["rules", "check", "--lexicons", str(folder), "--profile", profile])


@pytest.mark.parametrize(
    ("file", "old", "new", "place"),
    [
        (ASK, "level: critical", "level: critical\nlevel: minor", "第5行第1列"),
        ("policy.yml", "pass_mark:", "pass_mark: 1\npass_mark:", "“pass_mark”写了两次"),
        ("listen.yml", "您好:", "您好: [您好]\n您好:", "“您好”写了两次"),
        ("sources/tongyong-2023.yml", "title:", "title: 甲\ntitle:", "“title”写了两次"),
        ("profiles/liyi-yaodian.yml", "rules:", "title: 乙\nrules:", "“title”写了两次"),
        ("calibration/whisper-base.yml", "  拜拜:", "  再见: {pass: 1, doubt: 0}\n  拜拜:", "“再见”写了两次"),
        ("calibration/whisper-base.yml", "2026-11-22", "2024-13-45", "“made_on”应为日期"),
        ("calibration/whisper-base.yml", "'2026-11-22'", "2024-13-45", "“2024-13-45”读不成"),
        ("policy.yml", "pass_mark: ", "pass_mark: !!int abc # ", "“abc”读不成"),
        ("policy.yml", "pass_mark: ", "pass_mark: 九 # ", "“pass_mark”应为数字"),
        ("policy.yml", "pass_mark: ", "pass_mark: -1 # ", "“pass_mark”应不小于 0"),
        (ASK, "title: ", f"title: {'9' * 5000} # ", "“99999999999999999999…”读不成"),
        (ASK, "title: ", f"title: {'9' * 4000} # ", "“title”应为文字"),
        (ASK, "title: ", 'title: "\\0" # ', ""),
        (ASK, "title: ", "title: \0", "不可见的控制字符"),
        (ASK, "phrases:", "phrases:\n  - '" + "[" * 5000 + "甲" + "]" * 5000 + "'", "括号套了 20 层以上"),
        (ASK, "phrases:", "phrases:\n  - (甲", "缺少“)”"),
        (ASK, "phrases:", "phrases:\n  - 3", "应为文字"),
        ("guards.yml", 'void: ["(', 'void: ["((', "缺少“)”"),
        ("profiles/default.yml", "rules: {}", 'rules: {forbidden.ask-others: {phrases: ["(甲"]}}', "第9行第42列"),
        ("lists/你.txt", "\n你\n", "\n你\n(你\n", "lists/你.txt 第3行第1列"),
    ],
)
def test_hostile_files_are_refused_with_file_line_and_column(
    lexicons: Path, file: str, old: str, new: str, place: str
) -> None:
    change(lexicons / file, old, new)
    result = check(lexicons, "liyi-yaodian" if "liyi-yaodian" in file else "default")
    assert isinstance(result.exception, SystemExit | None)
    if place:
        assert result.exit_code == 2
        assert f"{lexicons / file} 第" in result.stderr
        assert place in result.stderr


def test_rules_check_lists_all_errors_of_all_files(lexicons: Path) -> None:
    change(lexicons / ASK, "level: critical", "levle: critical")
    change(lexicons / ASK, "phrases:", "phrases:\n  - (甲")
    change(lexicons / "rules/words/hello.yml", "kind: ", "kind: x # ")
    change(lexicons / "policy.yml", "pass_mark: ", "pass_mark: 九 # ")
    change(lexicons / "profiles/default.yml", "rules: {}", "rules: {words.gone: {level: minor}}")
    (lexicons / "sources/liyi-peixun.yml").write_bytes(b"\xff\xfe")
    result = check(lexicons)
    told = [line.split(":", 1)[0].rpartition("/")[2] for line in result.stderr.splitlines()]
    assert told[:-1] == [
        "liyi-peixun.yml",
        "default.yml 第9行第9列",
        "ask-others.yml 第4行第1列",
        "ask-others.yml 第1行第1列",
        "hello.yml 第1行第1列",
        "policy.yml 第14行第1列",
    ]
    assert told[-1].startswith("6 处有误")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("guards.yml", 'void: ["(', 'void: ["(('), ("lists/你.txt", "\n你\n", "\n你\n(你\n")],
)
def test_what_many_rules_use_is_told_to_be_wrong_once(lexicons: Path, file: str, old: str, new: str) -> None:
    change(lexicons / file, old, new)
    told = check(lexicons).stderr.splitlines()
    assert [line.split(" ")[1] for line in told[:-1]] == [str(lexicons / file)]
    assert told[-1].startswith("1 处有误")


def test_an_error_of_a_profile_is_told_where_it_stands(lexicons: Path) -> None:
    profile = lexicons / "profiles/liyi-yaodian.yml"
    change(profile, "phone.ring-limit: {status: retired}", "phone.ring-limit: {status: retird, maximun: 3}")
    with pytest.raises(RulebookError) as caught:
        rulebook.load(lexicons, "liyi-yaodian")
    places = [(fault.where, fault.problem) for fault in caught.value.every]
    assert places[0] == (f"{profile} 第6行第38列", "“maximun”没有这一项,可能拼错了")
    assert places[1][0] == f"{profile} 第6行第22列"
    assert len(places) == 2


def version(folder: Path) -> str:
    return rulebook.load(folder).version


@pytest.mark.parametrize(
    ("file", "old", "new", "same"),
    [
        ("calibration/whisper-base.yml", "thresholds:", "# 说明\nthresholds:", True),
        ("calibration/whisper-base.yml", "data: ", "data: 另一批 ", True),
        ("calibration/whisper-base.yml", "with: 40", "with: 41", True),
        ("calibration/whisper-base.yml", "absent: 0.886", "absent: 0.887", False),
        ("calibration/whisper-base.yml", "{doubt: 0.666", "{doubt: 0.667", False),
        (ASK, "kind: forbidden", "# 说明\nkind:    forbidden", True),
        (ASK, "title: ", "title: 新", True),
        (ASK, "level: critical", "level: minor", False),
        (ASK, "phrases:", "phrases:\n  - 你去问天", False),
        ("lists/你.txt", "\n你\n", "\n# 说明\n你\n", True),
        ("lists/你.txt", "\n你\n", "\n你\n尔等\n", False),
        ("policy.yml", "pass_mark: ", "pass_mark: 1 # ", False),
        ("listen.yml", "您好: [", "您好: [你好啊, ", False),
    ],
)
def test_the_version_follows_what_decides_and_nothing_else(
    lexicons: Path, file: str, old: str, new: str, same: bool
) -> None:
    before = version(lexicons)
    change(lexicons / file, old, new)
    assert (version(lexicons) == before) is same


def slots(profile: str, folder: Path | None = None) -> dict[str, tuple[str, bool, tuple[str, ...], str | None]]:
    (rule,) = (rule for rule in rulebook.load(folder, profile).rules if rule.id == "phone.opening")
    assert isinstance(rule, Sequence)
    assert [slot.phrases for slot in rule.slots] == [("<问好>",), ("<报单位>",), ("<报姓名>",), ("<请讲>",)]
    return {slot.name: (slot.title, slot.optional, slot.listen, slot.name_after) for slot in rule.slots}


def test_profiles_change_slots_by_name() -> None:
    """No profile gives up what protects an opening: the second listen for 您好, and a unit's name that nobody knows."""
    hello, unit = ("问候", False, ("您好",), None), ("报单位", False, (), "hello")
    name, invite = ("报姓名或工号", True, (), None), ("请对方讲话", True, (), None)
    asked = ("请对方讲话", False, (), None)
    assert slots("default") == {"hello": hello, "unit": unit, "name": name, "invite": invite}
    assert slots("liyi-peixun") == slots("liyi-yaodian") == slots("default")
    assert slots("tongyong-2023") == {"hello": hello, "unit": unit, "name": name, "invite": asked}
    assert slots("fuwu-yaoqiu-four-rings") == {
        "hello": ("问候", True, ("您好",), None),
        "unit": unit,
        "name": ("报姓名或工号", False, (), None),
        "invite": invite,
    }
    assert slots("fuwu-yaoqiu-three-rings") == {
        "hello": hello,
        "unit": ("报部门", False, (), "hello"),
        "name": name,
        "invite": ("问事情", False, (), None),
    }
    assert slots("xingwei-guifan") == {
        "hello": ("问候", True, ("您好",), None),
        "unit": unit,
        "name": name,
        "invite": ("询问来意", False, (), None),
    }


def test_a_slot_that_nobody_wrote_is_refused(lexicons: Path) -> None:
    profile = lexicons / "profiles/tongyong-2023.yml"
    change(profile, "invite: {", "inivte: {")
    with pytest.raises(RulebookError, match=r"第9行第7列:.*没有名为“inivte”的一项.*hello、unit、name、invite"):
        rulebook.load(lexicons, "tongyong-2023")


def test_a_list_of_slots_still_replaces_them_all(lexicons: Path) -> None:
    both = "{name: hello, title: 甲, phrases: [喂]}, {name: unit, title: 乙, phrases: [局]}"
    text = f"title: 丙\nrules:\n  phone.opening: {{slots: [{both}]}}\n"
    (lexicons / "profiles/own.yml").write_text(text, encoding="utf-8")
    (rule,) = (rule for rule in rulebook.load(lexicons, "own").rules if rule.id == "phone.opening")
    assert isinstance(rule, Sequence)
    assert [slot.title for slot in rule.slots] == ["甲", "乙"]
