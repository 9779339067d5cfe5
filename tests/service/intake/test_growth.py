"""Logs of switches that grow are read on from where they ended, and tell the same as if they were read whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.intake import call_logs
from service.intake.kinds import asterisk, cdr, freeswitch
from service.sources import Source
from service.spreadsheets import numbered
from tests.service.intake.intake_kit import BEIJING

LOGS = Path(__file__).with_name("data") / "logs"
SWITCHES = ("asterisk", "freeswitch")


def source(kind: str, folder: Path) -> Source:
    return Source.model_validate({"name": "s", "kind": kind, "setting": "phone", "folder": folder, "log": "*.csv"})


def lines_of(kind: str) -> list[str]:
    """A heading and the rows of the logs that have its columns, those of one call apart from each other."""
    columns = {"asterisk": asterisk.COLUMNS, "freeswitch": freeswitch.COLUMNS}[kind]
    read = [path.read_text(encoding="utf-8").splitlines() for path in sorted((LOGS / kind).glob("*.csv"))]
    rows = [line for lines in read for line in lines if "uniqueid" not in line]
    return [",".join(columns), *rows[::2], *rows[1::2]]


class Growing:
    """A log that is written anew, and how many of its lines were read then."""

    def __init__(self, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self.source = folder / "cdr.csv", source(kind, folder)
        self.logs, self.read = call_logs.CallLogs(self.source, BEIJING), 0

        def counted(content: bytes) -> Iterator[tuple[int, list[str]]]:
            for each in numbered(content):
                self.read += 1
                yield each

        monkeypatch.setattr(cdr, "numbered", counted)

    def becomes(self, lines: list[str], *, same_time: bool = False) -> int:
        """Return how many lines are read of it; what is found is what a whole reading finds."""
        before = self.path.stat() if same_time else None
        self.path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        if before:
            os.utime(self.path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.read = 0
        self.logs.refresh()
        read, whole = self.read, call_logs.CallLogs(self.source, BEIJING)
        whole.refresh()
        assert {key: calls for key, calls in self.logs._found.items() if calls} == whole._found
        return read


@pytest.mark.parametrize("kind", SWITCHES)
def test_a_log_that_grows_row_by_row_tells_what_a_whole_reading_tells(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, lines = Growing(kind, tmp_path, monkeypatch), lines_of(kind)
    assert len(lines) >= 4
    log.becomes(lines[:1])
    for number in range(2, len(lines) + 1):
        assert log.becomes(lines[:number]) == 2, "the heading and the new row"
    assert log.logs._found


def test_what_is_no_growth_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, lines = Growing("asterisk", tmp_path, monkeypatch), lines_of("asterisk")
    log.becomes(lines[:4])
    assert log.becomes([lines[0], lines[3], *lines[1:3], lines[4]]) == 5, "rewritten"
    assert log.becomes(lines[:3]) == 3, "cut off"
    assert log.becomes([lines[0], *lines[4:5]]) == 2, "rotated"
    other = [line.replace("ANSWERED", "FAILED00") for line in lines[:5]]
    log.becomes(lines[:5])
    assert log.becomes(other, same_time=True) == 5, "other content of the same size and time"


def test_rows_of_a_call_whose_first_ones_are_not_kept_make_it_be_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdr, "MOST_KEPT", 1)
    log, lines = Growing("asterisk", tmp_path, monkeypatch), lines_of("asterisk")
    log.becomes(lines[:1])
    assert {log.becomes(lines[:number]) == 2 for number in range(2, len(lines) + 1)} == {True, False}


def test_of_many_logs_only_the_newest_keep_rows(tmp_path: Path) -> None:
    lines = lines_of("asterisk")
    for number in range(call_logs._GROWING + 2):
        path = tmp_path / f"{number}.csv"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        os.utime(path, (1e9 + number, 1e9 + number))
    logs = call_logs.CallLogs(source("asterisk", tmp_path), BEIJING)
    logs.refresh()
    kept = {path.name for path, each in logs._logs.items() if each.seen and each.seen.place}
    assert kept == {f"{number}.csv" for number in range(2, call_logs._GROWING + 2)}
