"""What people and disks do to the command line: one clear line each, the others go on, nothing done is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speechaudit import pipeline

from .test_transcripts import BAD, GOOD, lines, plays, run

__all__ = ["plays"]
COMMAND = [sys.executable, "-c", "from speechaudit.cli import main; main()"]


def test_files_of_the_same_name_keep_their_own_results(tmp_path: Path) -> None:
    for folder, text in (("one", GOOD), ("two", BAD)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.play").write_text(text, encoding="utf-8")
    given: list[str | Path] = ["--transcript", tmp_path / "one", "--transcript", tmp_path / "two" / "a.play"]
    assert run("audit", *given, "--out", tmp_path / "out").exit_code == 0
    saved = sorted((tmp_path / "out").rglob("*.audit.json"))
    assert [path.relative_to(tmp_path / "out").parts[0] for path in saved] == ["one", "two"]


def test_a_link_that_leads_nowhere_is_told(plays: Path) -> None:
    (plays / "gone.play").symlink_to(plays / "nowhere")
    result = run("audit", "--transcript", plays, "--json")
    assert (result.exit_code, len(lines(result))) == (1, 2)
    assert "gone.play" in result.stderr


def test_a_name_that_no_disk_takes(plays: Path) -> None:
    result = run("audit", "--transcript", "x" * 300, "--transcript", plays, "--json")
    assert (result.exit_code, len(lines(result))) == (1, 2)
    assert "无法读取" in result.stderr


def test_names_that_are_no_text_stand_in_one_line(plays: Path) -> None:
    (plays / "good.play").rename(plays / os.fsdecode(b"\xd6\xd0.play"))
    (plays / "bad.play").write_text("x", encoding="utf-8")
    (plays / "bad.play").rename(plays / "a\nb.play")
    result = run("audit", "--transcript", plays, "--json")
    assert [audit["recording"]["file"] for audit in lines(result)] == [r"\udcd6\udcd0.play"]
    assert r"a\nb.play 第1行" in result.stderr


def test_a_place_that_cannot_be_written_is_told_before_the_work(plays: Path) -> None:
    result = run("audit", "--transcript", plays, "--out", plays / "good.play")
    assert result.exit_code == 2
    assert result.stderr.count("无法写入") == 1


def test_what_cannot_be_saved_is_shown_all_the_same(plays: Path, tmp_path: Path) -> None:
    (tmp_path / "good.play.audit.json").mkdir()
    result = run("audit", "--transcript", plays, "--out", tmp_path, "--json")
    assert (result.exit_code, len(lines(result))) == (1, 2)
    assert "good.play.audit.json:无法写入" in result.stderr
    assert not list(tmp_path.glob(".*"))


def test_ctrl_c_keeps_what_is_done(plays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = pipeline.audit_transcript

    def interrupted(path: Path, *rest: object) -> object:
        if path.name == "good.play":
            raise KeyboardInterrupt
        return audit(path, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "audit_transcript", interrupted)
    result = run("audit", "--transcript", plays, "--out", tmp_path / "out")
    assert result.exit_code == 130
    assert "已中断,完成了 1 个" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["bad.play.audit.json"]


def test_a_reader_that_leaves_early_gets_no_traceback(plays: Path) -> None:
    given = ["audit", "--transcript", str(plays), "--json"]
    with subprocess.Popen([*COMMAND, *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize(
    ("given", "problem"),
    [(b"\xc4\xfa\xba\xc3\n", "不是 UTF-8 文本"), ("您好\n".encode() + b"a" * 3000, "第2行有 3000 个字")],
)
def test_try_names_what_it_cannot_read(given: bytes, problem: str, tmp_path: Path) -> None:
    (tmp_path / "said.txt").write_bytes(given)
    result = run("rules", "try", tmp_path / "said.txt")
    assert result.exit_code == 2
    assert f"said.txt:{problem}" in result.stderr


def test_try_skips_a_byte_order_mark() -> None:
    assert lines(run("rules", "try", "--json", stdin="\ufeff您好\n"))[0]["text"] == "您好"


def test_one_corrupt_audit_does_not_stop_the_reports(plays: Path, tmp_path: Path) -> None:
    run("audit", "--transcript", plays, "--out", tmp_path)
    (tmp_path / "bad.play.audit.json").write_text('{"recording":', encoding="utf-8")
    result = run("report", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.count(".html")
    assert "bad.play.audit.json" in result.stderr
    assert "有 1 个稽核结果不能读" in result.stderr


def test_a_folder_of_corrupt_audits_gives_no_report(tmp_path: Path) -> None:
    (tmp_path / "a.audit.json").write_text("", encoding="utf-8")
    result = run("report", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
