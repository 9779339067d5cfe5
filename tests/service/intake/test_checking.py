"""A sample of a recorder is told line by line, by the readers that take recordings in; nothing of it is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from service.errors import RequestError
from service.intake import call_logs, samples
from service.intake.checking import CheckedLine, CheckedSample, check
from service.sources import draft
from service.store import Database, sources
from tests.corpus import call_logs as broken
from tests.service.intake.intake_kit import people, wav
from tests.service.intake.test_legs import CASES, LOGS

ZONE = ZoneInfo("Asia/Shanghai")
TITLES = "通道,号码,呼叫类型,来电时间,接通时间,结束时间,接听状态,录音文件"
TAKEN = "3201,13800001234,呼入,2025-03-27 09:25:17,2025-03-27 09:25:23,2025-03-27 09:26:37,已接,D:\\r\\CH1.wav"


@pytest.fixture(scope="module")
def session(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    copy = shutil.copy(sqlite_template, tmp_path_factory.mktemp("check") / "application.sqlite")
    database = Database(f"sqlite:///{copy}")
    people(database)
    with database.read() as opened:
        yield opened
    database.close()


def looked(session: Session | None, *places: Path, **known: Any) -> CheckedSample:
    return check(samples.of(places), draft({"name": "sample", **known}), ZONE, session)


def only(found: CheckedSample) -> CheckedLine:
    (line,) = found.lines
    return line


@pytest.mark.parametrize("log", sorted({log for log, _ in CASES}))
def test_what_would_wait_is_told_before_there_is_a_recording(session: Session, log: str) -> None:
    waits = {known.waits for (name, _), known in CASES.items() if name == log} - {""}
    found = looked(session, LOGS / log, kind=log.partition("/")[0])
    assert (found.lines[0].outcome == "waits") == bool(waits), found.lines[0]
    told = " ".join(trouble.problem for line in found.lines for trouble in line.troubles)
    assert all(each in told for each in waits), told
    if not waits:
        assert ("工号", "1017") in found.lines[0].known and ("窗口", "A01 窗口1") in found.lines[0].known


def test_each_line_of_a_log_is_told(session: Session, tmp_path: Path) -> None:
    missed = TAKEN.replace("已接", "未接").replace("CH1", "CH4")
    unknown = TAKEN.replace("3201,", "9,").replace("CH1", "CH2")
    nobody = TAKEN.replace("3201,", "3202,").replace("CH1", "CH3")
    without = TAKEN.rpartition(",")[0] + ","
    place = tmp_path / "calls.csv"
    place.write_text("\n".join([TITLES, TAKEN, "", unknown, nobody, without, missed, ""]), encoding="gb18030")
    found = looked(session, place, kind="box")
    outcomes = [(line.lines, line.outcome) for line in found.lines]
    assert outcomes == [
        ((2,), "taken"),
        ((4,), "waits"),
        ((5,), "waits"),
        ((6,), "nothing"),
        ((7,), "nothing"),
    ]
    known = dict(found.lines[0].known)
    assert known == {
        "开始": "2025-03-27 09:25:17",
        "响铃": "6 秒",
        "接通": "09:25:23",
        "结束": "09:26:37",
        "方向": "呼入",
        "分机": "3201",
        "对方": "*******1234",
        "窗口": "A01 窗口1",
        "工号": "1017",
        "录音": "CH1.wav",
    }
    assert [(each.problem, "登记" in each.cure) for each in found.lines[1].troubles] == [("分机 9:没有登记", True)]
    assert found.lines[2].troubles[0].problem == "排班:当时窗口 A02 没有人"
    assert "排班" in found.lines[2].troubles[0].cure
    assert found.columns[0] == ("通道", "extension")
    assert [count for _, count in found.reasons()] == [1, 1]


def test_without_an_installation_only_the_reading_is_told(tmp_path: Path) -> None:
    place = tmp_path / "calls.csv"
    place.write_text(f"{TITLES}\n{TAKEN.replace('3201,', '9,')}\n{TAKEN.replace('09:25:17', '25:61:61')}\n")
    first, second = looked(None, place, kind="box").lines
    assert (first.outcome, second.outcome) == ("waits", "waits")  # both name the same recording
    assert "2 条指向这个录音" in first.troubles[0].problem
    assert [each.problem for each in second.troubles][1:] == ["开始时间 started_at 不是时间:“2025-03-27T25:61:61”"]
    assert "窗口" not in dict(first.known)


def test_a_folder_is_told_as_it_would_be_taken_in(session: Session, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(f"{TITLES}\n{TAKEN}\n", encoding="utf-8")
    for name, content in (("CH1.wav", wav()), ("CH9.wav", wav(1)), ("empty.wav", b""), ("broken.wav", b"no sound")):
        (tmp_path / name).write_bytes(content)
    found = {line.file: line for line in looked(session, tmp_path, kind="box", clock_hours=1e6).lines}
    told = {name: [each.problem.partition(":")[0] for each in line.troubles] for name, line in found.items()}
    assert (told["calls.csv"], told["CH1.wav"]) == ([], [])
    assert "通话记录里没有这个录音" in told["CH9.wav"]
    assert "文件是空的(0 字节)" in told["empty.wav"]
    assert found["broken.wav"].outcome == "waits"
    assert len(list(tmp_path.iterdir())) == 5  # nothing has moved


def test_files_beside_recordings(session: Session, tmp_path: Path) -> None:
    known = {"window": "A01", "started_at": "2025-03-27T09:25:17", "staff": "1017"}
    (tmp_path / "a.json").write_text(json.dumps(known))
    (tmp_path / "a.wav").write_bytes(wav())
    (tmp_path / "b.wav").write_bytes(wav(1))
    (tmp_path / "c.json").write_text("{")
    (tmp_path / "notes.txt").write_text("?")
    found = {line.file: line for line in looked(session, tmp_path, kind="sidecar", clock_hours=1e6).lines}
    outcomes = {name: line.outcome for name, line in found.items()}
    assert outcomes == {"a.wav": "taken", "b.wav": "waits", "c.json": "waits", "notes.txt": "nothing"}
    assert ("工号", "1017") in found["a.wav"].known
    assert found["b.wav"].troubles[0].problem == "没有说明文件"


XML = "<Cdr><TimeStart>20250327092517</TimeStart><CDPN>3201</CDPN>"


def test_names_in_xml_are_listed_so_that_one_can_say_what_they_are(session: Session, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(f"{XML}</Cdr>")
    found = looked(session, tmp_path, kind="sidecar")
    assert found.columns == (("TimeStart", ""), ("CDPN", ""))
    known = {"TimeStart": "started_at", "CDPN": "extension"}
    told = looked(session, tmp_path, kind="sidecar", fields=known)
    assert (told.columns, told.lines[0].outcome) == (tuple(known.items()), "taken")


@pytest.mark.parametrize(
    ("kind", "name", "content", "problem"),
    [
        ("sidecar", "a.xml", XML, "a.xml:不是正确的 XML(第 1 行第 60 个字起看不懂)。请检查文件是否完整"),
        ("tencent", "a.json", '{"a": [1,\n 2', "不是腾讯云推送的 CDR(第 2 行第 3 个字起看不懂)"),
        ("freeswitch", "a.json", '{"a": "', "不是 mod_json_cdr 的 JSON(第 1 行第 7 个字起看不懂)"),
    ],
)
def test_of_a_broken_file_only_its_place_is_told(
    session: Session, tmp_path: Path, kind: str, name: str, content: str, problem: str
) -> None:
    (tmp_path / name).write_text(content)
    line = only(looked(session, tmp_path, kind=kind))
    assert ([each.problem for each in line.troubles], line.outcome) == ([problem], "waits")


def test_names_are_told_from_a_list_of_them(session: Session, tmp_path: Path) -> None:
    place = tmp_path / "names.txt"
    place.write_text("3201-20250327-092517.wav\n\nholiday.wav\n", encoding="utf-8")
    first, second = looked(session, place, kind="name", names="{分机}-{日期}-{时间}").lines
    assert (first.file, first.lines, first.outcome) == ("3201-20250327-092517.wav", (1,), "taken")
    assert ("开始", "2025-03-27 09:25:17") in first.known
    assert (second.lines, second.outcome) == ((3,), "waits")
    assert second.troubles[0].problem == "文件名与设置的写法不符"


def test_broken_lines_of_a_switch_are_told(tmp_path: Path) -> None:
    log = (LOGS / "asterisk/1-menu.csv").read_bytes().rstrip() + b'\n"","0821\n'
    (tmp_path / "Master.csv").write_bytes(log)
    found = looked(None, tmp_path / "Master.csv", kind="asterisk")
    last = found.lines[-1]
    assert (last.outcome, last.lines) == ("waits", (len(log.splitlines()),))
    assert "uniqueid" in last.troubles[0].problem


def test_no_more_is_looked_at_than_is_needed(tmp_path: Path) -> None:
    rows = [TAKEN.replace("CH1", f"CH{n}") for n in range(9)]
    (tmp_path / "calls.csv").write_text("\n".join([TITLES, *rows]), encoding="utf-8")
    files = samples.of((tmp_path / "calls.csv",))
    found = check(files, draft({"name": "sample", "kind": "box"}), ZONE, None, most=3)
    assert (len(found.lines), found.more) == (3, True)


def test_of_a_long_log_the_beginning_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [TAKEN.replace("CH1", f"CH{n}") for n in range(9)]
    content = "\n".join([TITLES, *rows]).encode()
    (tmp_path / "calls.csv").write_bytes(content)
    monkeypatch.setattr(call_logs, "SAMPLE_BYTES", len(content) - 5)
    found = looked(None, tmp_path / "calls.csv", kind="box")
    assert [line.lines for line in found.lines] == [(n,) for n in range(2, 10)]
    assert (found.more, found.count("taken")) == (True, 8)


def test_whatever_is_broken_is_told_and_raises_nothing(tmp_path: Path) -> None:
    for number, case in enumerate(each for each in broken.cases() if len(each.content) < 100_000):
        place = tmp_path / f"{number}-{case.name}"
        place.write_bytes(case.content)
        found = looked(None, place, kind=case.where)
        assert found.lines or case.name.startswith(("blank", "empty"))


def test_the_command_tells_it_and_says_by_its_code_whether_something_would_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sqlite_template: Path
) -> None:
    from click.testing import CliRunner

    from service.intake.commands import intake

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPEECHAUDIT_DATA", str(tmp_path))
    place = tmp_path / "calls.csv"
    place.write_text(f"{TITLES}\n{TAKEN}\n", encoding="utf-8")
    run = CliRunner()
    alone = run.invoke(intake, ["check", str(place), "--recorder", "box"])
    assert (alone.exit_code, "没有安装" in alone.output, "calls.csv 第 2 行:读懂" in alone.output) == (0, True, True)
    assert not (tmp_path / "speechaudit.sqlite").exists()
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'speechaudit.sqlite')}")
    people(database)
    with database.write() as writing:
        sources.put(writing, draft({"name": "hall", "kind": "box", "prefix": "b-"}), "admin", active=True)
    database.close()
    there = run.invoke(intake, ["check", str(place), "--recorder", "box"])
    assert (there.exit_code, "窗口 A01 窗口1,工号 1017" in there.output) == (0, True), there.output
    given = ["--set", "prefix=box1-", "--set", 'fields={"号码"="staff"}']
    waits = run.invoke(intake, ["check", str(place), "--recorder", "box", *given])
    assert waits.exit_code == 1
    assert "工号 13800001234:没有登记" in waits.output and "共 1:收下 0、待处理 1、不收 0。" in waits.output
    wrong = run.invoke(intake, ["check", str(place), "--recorder", "box", "--set", "timezone=Mars"])
    assert isinstance(wrong.exception, RequestError)
    assert (wrong.exception.where, "不是时区名" in wrong.exception.problem) == ("timezone", True)
    hall = run.invoke(intake, ["check", str(place), "--recorder", "hall"])
    assert (hall.exit_code, "分机 b-3201:没有登记" in hall.output) == (1, True), hall.output
    other = run.invoke(intake, ["check", str(place), "--recorder", "recorder"])
    assert (other.exit_code, "不是种类" in other.output) == (2, True)
