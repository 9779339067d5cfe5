"""The command line without a model: plays, saved transcripts, rules, mistakes and exit statuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from speechaudit.cli import main
from speechaudit.errors import MissingPartError, RulebookError
from speechaudit.reports import pdf
from speechaudit.rules.rulebook import default_folder, load, rule_path

GOOD = """setting: phone
ring_seconds: 6
staff @0.5-3.9: 您好,这里是不动产登记窗口,请讲。
citizen @4.5-9.0: 我想问一下过户要带什么材料?
staff @9.5-14.0: 请您带好身份证和房产证,到二楼三号窗口办理。
citizen @14.5-16.0: 好的,谢谢。
staff @16.5-18.5: 不客气,再见。
"""
BAD = """setting: phone
ring_seconds: 17
staff @0.5-1.5: 喂,什么事?
citizen @2.0-5.0: 我想问一下过户要带什么材料?
staff @5.5-9.0: 这不归我管,你去问别人。
"""


def missing() -> None:
    """Stand for a machine without Pango."""
    raise MissingPartError("PDF", "这台机器没有排版用的 Pango", "请安装 Pango")


def run(*args: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, [str(a) for a in args], input=stdin, catch_exceptions=False)


@pytest.fixture
def plays(tmp_path: Path) -> Path:
    folder = tmp_path / "plays"
    folder.mkdir()
    (folder / "good.play").write_text(GOOD, encoding="utf-8")
    (folder / "bad.play").write_text(BAD, encoding="utf-8")
    return folder


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_play_is_audited_without_a_model(plays: Path) -> None:
    result = run("audit", "--transcript", plays / "bad.play", "--json")
    assert result.exit_code == 0
    (audit,) = lines(result)
    verdicts = {f["rule"]: f["verdict"] for f in audit["encounters"][0]["findings"]}
    assert verdicts["forbidden.ask-others"] == verdicts["phone.opening"] == verdicts["phone.ring-limit"] == "fail"
    score = audit["encounters"][0]["score"]
    assert score["total"] == sum(d["score"] for d in score["by_dimension"]) < 80
    finding = next(f for f in audit["encounters"][0]["findings"] if f["rule"] == "forbidden.ask-others")
    assert finding["clauses"][0]["quote"]
    assert "不归我" in finding["evidence"][0]["quote"]
    assert finding["evidence"][0]["points"] == finding["points"] > 0


@pytest.mark.slow
def test_a_folder_of_plays_is_saved_and_reported(plays: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("audit", "--transcript", plays, "--out", out).exit_code == 0
    assert sorted(p.name for p in out.iterdir()) == ["bad.play.audit.json", "good.play.audit.json"]
    result = run("report", out, "--centre", "青河县政务服务中心")
    assert result.exit_code == 0
    written = [Path(line) for line in result.stdout.split()]
    made = set() if "没有生成 PDF" in result.stderr else {".pdf"}  # where Pango or a font is missing
    assert {p.suffix for p in written} == {".html", ".xlsx", ".docx", ".json"} | made
    assert all(p.is_file() for p in written)
    assert "青河县政务服务中心" in written[0].read_text("utf-8")


def test_an_old_audit_is_judged_again(plays: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("audit", "--transcript", plays / "good.play", "--out", out)
    (first,) = lines(run("audit", "--transcript", plays / "good.play", "--json"))
    (again,) = lines(run("audit", "--transcript", out / "good.play.audit.json", "--json"))
    assert again["encounters"] == first["encounters"]
    assert again["recording"]["ring_seconds"] == 6


def test_a_folder_of_results_is_judged_again_past_its_reports(
    plays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "require_pdf", missing)
    out, again = tmp_path / "out", tmp_path / "again"
    run("audit", "--transcript", plays, "--out", out)
    run("report", out)
    assert run("audit", "--transcript", out, "--out", again).exit_code == 0
    assert sorted(p.name for p in again.iterdir()) == ["bad.play.audit.json", "good.play.audit.json"]


def test_one_bad_file_does_not_stop_the_others(plays: Path) -> None:
    (plays / "broken.play").write_text("setting: phone\n您好\n", encoding="utf-8")
    (plays / "empty.play").write_text("", encoding="utf-8")
    result = run("audit", "--transcript", plays, "--json")
    assert result.exit_code == 1
    assert len(lines(result)) == 2
    assert "broken.play 第2行" in result.stderr
    assert "empty.play" in result.stderr


def test_the_command_line_wins_over_the_header(plays: Path) -> None:
    (audit,) = lines(run("audit", "--transcript", plays / "good.play", "--setting", "counter", "--json"))
    assert audit["recording"]["setting"] == "counter"


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (["audit"], "请给出录音"),
        (["audit", "--transcript", "nowhere.play"], "没有这个文件"),
        (["audit", "--transcript", "."], "没有可用的文件"),
        (["report", "."], "没有稽核结果"),
        (["rules", "check", "--lexicons", "."], "没有 rules 文件夹"),
        (["rules", "check", "--profile", "nobody"], "没有名为“nobody”的方案"),
    ],
)
def test_a_wrong_call_is_answered_with_the_cure(
    args: list[str], problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*args)
    assert result.exit_code == 2
    assert problem in result.stderr


def test_try_prints_one_object_a_line() -> None:
    result = run("rules", "try", "--setting", "phone", "--json", stdin="这不归我管,你去问别人\n\n今天天气不错\n")
    bad, good = lines(result)
    assert bad["text"] == "这不归我管,你去问别人"
    hit = next(h for h in bad["hits"] if h["kind"] == "forbidden")
    assert set(hit) == {"rule", "kind", "topics", "verdict", "level", "score", "why", "evidence"}
    assert (hit["rule"], hit["topics"]) == ("forbidden.ask-others", ["forbid-ask-others"])
    assert (hit["verdict"], hit["score"]) == ("fail", 1.0)
    assert [reason["code"] for evidence in hit["evidence"] for reason in evidence["reasons"]] == ["said-forbidden"]
    assert good["hits"] == []


def test_try_for_people() -> None:
    result = run("rules", "try", stdin="你去问别人吧,这不归我管\n")
    assert "✗ 违反 forbidden.ask-others" in result.stdout


def test_schema_is_json() -> None:
    assert json.loads(run("schema").stdout)["title"] == "Audit"


@pytest.mark.parametrize(
    ("old", "new", "place", "problem"),
    [
        ("level: critical", "level: critcal", "第4行", "“level”取值不在允许的范围内"),
        ("message:", "massage:", "第", "massage"),
        ("id: forbidden.ask-others", "id: forbidden.ask", "ask-others.yml", "“forbidden.ask-others”"),
        ("kind: forbidden", "kind: verboten", "第", "kind"),
        ("kind: forbidden", "kind: [", "第", "YAML"),
        ("phrases:", "phrases:\n  - (甲", "ask-others.yml", "缺少“)”"),
        ("clause: s0a-forbid-find-others", "clause: s0a-nobody", "ask-others.yml", "s0a-nobody"),
    ],
)
def test_a_typo_in_a_rule_is_named_with_file_and_place(
    old: str, new: str, place: str, problem: str, tmp_path: Path
) -> None:
    lexicons = tmp_path / "lexicons"
    shutil.copytree(default_folder(), lexicons)
    path = lexicons / "rules" / "forbidden" / "ask-others.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    result = run("rules", "try", "--lexicons", lexicons, stdin="您好\n")
    assert result.exit_code == 2
    assert "ask-others.yml" in result.stderr
    assert place in result.stderr
    assert problem in result.stderr


def test_a_typo_is_named_in_rules_of_every_kind(tmp_path: Path) -> None:
    for rule in {rule.kind: rule for rule in load().rules}.values():
        lexicons = tmp_path / rule.kind
        shutil.copytree(default_folder(), lexicons)
        path = rule_path(lexicons, rule.id)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f"level: {rule.level}", "level: critcal", 1), encoding="utf-8")
        line = text[: text.index("level: ")].count("\n") + 1
        with pytest.raises(RulebookError, match=rf"第{line}行第1列:“level”取值"):
            load(lexicons)


def test_rules_check_names_an_example_that_does_not_hold(tmp_path: Path) -> None:
    lexicons = tmp_path / "lexicons"
    shutil.copytree(default_folder(), lexicons)
    path = lexicons / "rules" / "forbidden" / "ask-others.yml"
    text = path.read_text(encoding="utf-8").replace("  no_match:\n", "  no_match:\n    - 这不归我管,你去问别人\n")
    path.write_text(text, encoding="utf-8")
    result = run("rules", "check", "--lexicons", lexicons)
    assert result.exit_code == 1
    assert "forbidden.ask-others no_match:“这不归我管,你去问别人”应为 pass,实为 fail" in result.stderr


def test_whose_setting_nobody_says_is_told_for_the_batch_and_in_each_result(plays: Path) -> None:
    (plays / "open.play").write_text(GOOD.replace("setting: phone\n", ""), encoding="utf-8")
    result = run("audit", "--transcript", plays, "--json")
    told = {audit["recording"]["file"]: [limit["code"] for limit in audit["limits"]] for audit in lines(result)}
    assert told == {"bad.play": [], "good.play": [], "open.play": ["setting-assumed"]}
    assert "其中 1 个没有说明场景,按柜台评判" in result.stderr
    assert "没有说明场景" not in run("audit", "--transcript", plays, "--setting", "phone").stderr
