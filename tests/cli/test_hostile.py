"""What people and disks do to the command line: one clear line each, the others go on, nothing done is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from speechaudit import formats, pipeline
from speechaudit.cli import main
from speechaudit.reports import pdf
from speechaudit.rules import rulebook

from .test_transcripts import BAD, GOOD, lines, missing, plays, run

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


NAMES = ["-rf", "--", " ", "'\"$(id)`", "%s%n", "a\tb", "\u202egpj", "录" * 80, "a" * 250, "e\u0301", "CON", "a."]


def test_names_of_all_kinds_are_files_like_any_other(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.play").write_text(GOOD, encoding="utf-8")
    result = run("audit", "--transcript", tmp_path, "--json")
    assert (result.exit_code, len(lines(result))) == (0, len(NAMES))


@pytest.mark.parametrize(
    "given", [("report",), ("rules", "check", "--lexicons"), ("rules", "explain", "x", "--lexicons")]
)
@pytest.mark.parametrize("path", ["x" * 300, "/dev/null/x", "/proc/1/root/x/y"])
def test_a_path_that_no_disk_takes_is_told_by_every_command(given: tuple[str, ...], path: str) -> None:
    result = CliRunner().invoke(main, [*given, path])
    assert isinstance(result.exception, SystemExit)
    assert (result.exit_code, "错误" in result.stderr or "有误" in result.stderr) == (2, True)


def test_no_name_is_too_long_for_what_may_lie_beside_it(tmp_path: Path) -> None:
    """The name of the metadata is two letters longer than that of the recording."""
    assert formats.read_sidecar(formats.sidecar_of(tmp_path / f"{'x' * 251}.au")) == formats.Metadata()


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


@pytest.mark.slow
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


def test_one_corrupt_audit_and_a_missing_pango_do_not_stop_the_reports(
    plays: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "require_pdf", missing)
    run("audit", "--transcript", plays, "--out", tmp_path)
    (tmp_path / "bad.play.audit.json").write_text('{"recording":', encoding="utf-8")
    result = run("report", tmp_path)
    assert result.exit_code == 1
    assert result.stdout.count(".html")
    assert "bad.play.audit.json" in result.stderr
    assert "有 1 个稽核结果不能读" in result.stderr
    assert "没有生成 PDF" in result.stderr


def test_a_folder_of_corrupt_audits_gives_no_report(tmp_path: Path) -> None:
    (tmp_path / "a.audit.json").write_text("", encoding="utf-8")
    result = run("report", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")


LONG = "9" * 400


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in folders")
@pytest.mark.parametrize("kind", ["pipe", "device", "loop", "folder"])
@pytest.mark.parametrize("place", ["play", "metadata", "rule", "list"])
def test_what_is_no_file_is_told_and_not_waited_for(kind: str, place: str, tmp_path: Path) -> None:
    lexicons = tmp_path / "lexicons"
    shutil.copytree(rulebook.default_folder(), lexicons)
    (tmp_path / "a.play").write_text(GOOD, encoding="utf-8")
    path = {
        "play": tmp_path / "x.play",
        "metadata": tmp_path / "a.json",
        "rule": lexicons / "rules" / "forbidden" / "x.yml",
        "list": lexicons / "lists" / "x.txt",
    }[place]
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path.name)
    else:
        path.mkdir()
    given: tuple[str | Path, ...] = ("rules", "check", "--lexicons", lexicons)
    if place in ("play", "metadata"):
        given = ("audit", "--transcript", tmp_path / ("x.play" if place == "play" else "a.play"), "--json")
    result = run(*given)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.exit_code in (0, 1, 2)
    if kind in ("pipe", "device") and place != "metadata":
        assert "是管道或设备" in result.stderr


def test_a_folder_of_rules_that_leads_to_itself(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for command in (("check",), ("explain", "不知道"), ("coverage",)):
        result = run("rules", *command, "--lexicons", tmp_path / "a")
        assert (result.exit_code, "没有 rules 文件夹" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    "line",
    [
        f"staff @{LONG}-3: 您好",
        f"staff @1-{LONG}: 您好",
        f"staff @{LONG}: 您好",
        f"staff @1e{LONG}: 您好",
        f"(pause {LONG})",
        f"ring: {LONG}",
        f"ring_seconds: {LONG}",
        f"started_at: {LONG}-03-03",
        f"staff_channel: {LONG}",
    ],
)
def test_numbers_of_400_digits_in_a_play_are_told(line: str, tmp_path: Path) -> None:
    head, said = (line, "") if ":" in line and "@" not in line else ("", line)
    (tmp_path / "a.play").write_text(f"setting: phone\n{head}\n\n{said}\nstaff: 好\n", encoding="utf-8")
    result = run("audit", "--transcript", tmp_path / "a.play", "--json")
    assert (result.exit_code, "a.play" in result.stderr) == (2, True)
