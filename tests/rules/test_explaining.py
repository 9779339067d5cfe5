"""`rules explain`: what decided, where it stands, and what would change it; `coverage` and `catalogue` beside it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from speechaudit.cli import main
from speechaudit.model import Label
from speechaudit.rules import catalogue, measured, rulebook
from speechaudit.rules.explaining import Explanation, explain
from speechaudit.rules.schema import Rule

BOOK = rulebook.load()
FOLDER = rulebook.default_folder()
MEASURED = measured.read(FOLDER)


def explained(text: str, rule: str, *labels: Label) -> Explanation | None:
    return next((each for each in explain(BOOK, FOLDER, text, "counter", labels) if each.rule == rule), None)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rules", *arguments])


def test_a_charge_names_phrase_list_and_place_and_what_would_excuse_it() -> None:
    found = explained("这事轮不到我们管", "forbidden.ask-others")
    assert found is not None
    assert found.verdict == "fail"
    sign = next(each for each in found.signs if each.template == "<不归我管>")
    written = (FOLDER / "rules/forbidden/ask-others.yml").read_text(encoding="utf-8").splitlines()
    line = next(number for number, each in enumerate(written, 1) if each.strip() == f'- "{sign.template}"')
    assert (sign.field, sign.place) == ("phrases", f"rules/forbidden/ask-others.yml 第{line}行第5列")
    assert "轮不到" in sign.lists["不归我管"]
    assert "我们" in sign.lists["我方"] or "我" in sign.lists["我方"]
    assert found.excuses == ("<指路>", "<帮忙>", "<致歉>")
    assert "在转述或复述别人的话" in found.guards


def test_the_one_phrase_that_decides_is_told_with_what_would_be_without_it() -> None:
    found = explained("你们那边的人就是有病。", "forbidden.profanity")
    assert found is not None
    assert [(sign.quote, sign.without) for sign in found.signs] == [("你们那边的人就是有病", "pass")]


def test_a_guard_is_told_with_what_would_be_without_it() -> None:
    found = explained("您反映他骂您神经病,我先记下来。", "forbidden.profanity")
    assert found is not None
    assert (found.verdict, found.excuses, found.guards) == ("pass", (), ())
    assert [(guard.guard, guard.without) for guard in found.turned_aside] == [("quoted", "fail")]


def test_a_sure_fault_of_no_sure_family_names_its_label_and_is_not_told_beside_another_charge() -> None:
    sure, perhaps = Label(name="some-fault", confidence=0.97), Label(name="forbid-authority-taunt", confidence=0.9)
    found = explained("我点头你才办得成。", "forbidden.rude", sure, perhaps)
    assert found is not None
    assert (found.verdict, found.signs) == ("fail", ())
    assert [(each.name, each.accuses) for each in found.labels] == [("some-fault", BOOK.policy.accusing_label)]
    beside = explained("嚷什么嚷。", "forbidden.rude", sure)
    assert beside is None or beside.verdict == "pass"


def test_what_excuses_is_told_with_what_would_be_without_it() -> None:
    found = explained("对不起,这个不归我管。", "forbidden.ask-others")
    assert found is not None
    assert (found.verdict, found.excuses) == ("pass", ())
    assert [(s.field, s.template, s.quote) for s in found.signs if s.without == "fail"] == [
        ("unless", "<致歉>", "对不起")
    ]


def test_an_exception_is_told_with_what_would_be_without_it() -> None:
    found = explained("一共是二百五十元,您看一下", "forbidden.profanity")
    assert found is not None
    (sign,) = [each for each in found.signs if each.field == "except"]
    assert (found.verdict, sign.quote, sign.without) == ("pass", "二百五十", "fail")


def test_a_label_alone_is_told_with_its_threshold() -> None:
    label = Label(name="forbid-hurry-up", confidence=0.93)
    found = explained("您这一笔一画的,天都黑了。", "forbidden.hurry-up", label)
    assert found is not None
    assert found.verdict == "unclear"
    assert [(x.name, x.confidence, x.least, x.accuses) for x in found.labels] == [("forbid-hurry-up", 0.93, 0.8, 0.95)]
    low = Label(name="forbid-hurry-up", confidence=0.5)
    assert explained("您这一笔一画的,天都黑了。", "forbidden.hurry-up", low) is None


def test_a_homophone_is_told_as_such() -> None:
    found = explained("照领到去,我管不着", "forbidden.ask-others")
    assert found is not None
    assert any(sign.by_sound for sign in found.signs)


def test_what_no_rule_finds_has_no_explanation() -> None:
    assert explain(BOOK, FOLDER, "身份证复印件要两份。", "counter") == ()


def test_explain_prints_for_people_and_for_programs() -> None:
    told = run("explain", "你们那边的人就是有病。").output
    assert "✗ 违反 forbidden.profanity 粗话、骂人(说了“你们那边的人就是有病”,属于“粗话、骂人”)" in told
    assert "      没有这一条:✓ 符合" in told
    written = json.loads(run("explain", "--json", "你们那边的人就是有病。").stdout)
    assert [each["rule"] for each in written["rules"] if each["verdict"] == "fail"] == ["forbidden.profanity"]
    assert run("explain", ",。\n…").output.endswith("没有规则在这句话里找到什么\n")
    assert (run("explain", " \n").exit_code, "没有写话" in run("explain", " \n").output) == (2, True)
    refused = run("explain", "长" * 3000)
    assert (refused.exit_code, "一句话最多 2000 个字" in refused.output) == (2, True)


def test_coverage_prints_every_clause_once_with_its_rules_or_the_reason() -> None:
    lines = run("coverage").output.splitlines()
    clauses = [clause for ledger in BOOK.ledgers.values() for clause in ledger.clauses]
    assert len(lines) == len(clauses) + len(BOOK.ledgers)
    assert "  ✓ s2a-three-sounds-greet “做到来有迎声、问有答声、走有送声;”:sounds.greet" in lines
    assert sum(line.startswith("  ✓ ") for line in lines) == sum(bool(clause.rules) for clause in clauses)
    assert all(line.rpartition(":")[2] for line in lines)
    (quarrel,) = (line for line in lines if line.startswith("  ✓ s1h-misunderstanding "))
    assert quarrel.endswith(":forbidden.scold 只检查有没有与群众争吵、训斥；有没有宣传解释政策、向领导汇报不检查")


def test_the_catalogue_in_the_documentation_is_what_the_rules_say() -> None:
    written = (FOLDER.parent / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert written == catalogue.page(BOOK, MEASURED), "run: speechaudit rules catalogue > docs/catalogue.md"


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_the_catalogue_shows_each_rule_with_all_clauses_and_examples(rule: Rule) -> None:
    section = catalogue.page(BOOK).partition(f" `{rule.id}`\n")[2].partition("\n### ")[0]
    assert [clause.clause for clause in BOOK.clauses(rule) if f"`{clause.clause}`" not in section] == []
    plain = [each for each in (*rule.examples.match, *rule.examples.no_match) if "\n" not in each]
    assert [each for each in plain if f"`{each}`" not in section] == []


def test_the_catalogue_says_how_right_each_rule_was_when_it_was_measured() -> None:
    assert MEASURED and MEASURED.model and set(MEASURED.text) | set(MEASURED.audio) <= {rule.id for rule in BOOK.rules}
    found = measured.Precision(hits=7, of=8, low=0.5291, high=0.9776)
    rule = "forbidden.insult-ability"
    own = measured.Measured(
        on="2026-11-29",
        model="whisper-base",
        rulebook_version="1",
        text={rule: measured.RulePrecision(failed=found)},
    )
    text = catalogue.page(BOOK, own)
    section = text.partition(f" `{rule}`\n")[2].partition("\n### ")[0]
    assert "测得:剧本判违反 8 次,对 7 次(53%–98%)。" in section
    assert text.count("测得:没有样本。") == len(BOOK.rules) - 1


def test_a_phrase_of_a_profile_is_explained_from_the_profile(tmp_path: Path) -> None:
    folder = tmp_path / "lexicons"
    shutil.copytree(FOLDER, folder)
    own = 'title: 甲\nrules:\n  forbidden.ask-others: {phrases: ["去月亮上问"]}\n'
    (folder / "profiles/own.yml").write_text(own, encoding="utf-8")
    (found,) = explain(rulebook.load(folder, "own"), folder, "你去月亮上问", "counter")
    assert [(sign.place, sign.without) for sign in found.signs] == [("profiles/own.yml 第3行第36列", "pass")]
