"""A folder is emptied once and whole, whatever lies in it and whenever the power fails."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from service.errors import UnavailableError
from service.ingest import placing, receiving
from service.ingest.call_record import CallRecord
from service.ingest.fields import by_row
from service.intake import call_logs
from service.intake.kinds import box as box_logs
from service.intake.watcher import Watching
from service.retention import Retention
from service.settings import Settings
from service.sources import Source
from service.spreadsheets.tables import TableRow
from service.store import centre, intake, recordings
from service.store.recordings import RecordingRow
from speechaudit.reasons import because
from tests.service.intake.intake_kit import BEIJING, MORNING, Desk, MakeDesk, wav, who

KNOWN = json.dumps({"window": "A01", "started_at": "2025-03-27T09:25:17+08:00"})


def sidecar_desk(desk: MakeDesk, **settings: Any) -> Desk:
    return desk(kind="sidecar", **settings)


def put_both(box: Desk, name: str, number: int = 0) -> None:
    box.put(f"{name}.wav", wav(number))
    box.put(f"{name}.json", KNOWN)


def test_what_is_still_being_written_is_left_alone(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr("service.intake.files.time.monotonic", lambda: clock)
    box = sidecar_desk(desk, settle_seconds=10)
    put_both(box, "a")
    for name in ("b.wav.part", "b.wav.tmp", ".c.wav", "~d.wav", "notes.txt", "Thumbs.db"):
        box.put(name, wav(1))
    assert box.scan() == {}
    clock = 9.0
    box.put("a.wav", wav() + b"more")
    assert box.scan() == {}
    clock = 18.0
    assert box.scan() == {}
    clock = 19.0
    assert box.scan() == {"new": 1}
    assert box.only().size == len(wav()) + 4
    assert len(box.names()) == 8


def test_a_file_that_grows_while_it_is_read_is_read_again(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    box = sidecar_desk(desk)
    put_both(box, "a")
    from service.intake import files, folder

    read = files.pieces

    def growing(path: Path) -> Iterator[bytes]:
        yield from read(path)
        if path.suffix == ".wav":
            path.write_bytes(path.read_bytes() + b"more")

    monkeypatch.setattr(folder, "pieces", growing)
    assert box.scan() == {"waits": 1}
    monkeypatch.undo()
    assert (box.scan(), box.only().size) == ({"new": 1}, len(wav()) + 4)


def test_of_a_huge_sidecar_no_more_is_read_than_is_needed(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.intake import files
    from service.intake.kinds import sidecar

    box = sidecar_desk(desk)
    put_both(box, "a")
    real, given = files.pieces, list[int]()

    def huge(path: Path) -> Iterator[bytes]:
        if path.suffix == ".wav":
            yield from real(path)
            return
        for number in range(100):
            given.append(number)
            yield b"x" * 1024 * 1024

    monkeypatch.setattr(sidecar, "pieces", huge)
    assert box.scan() == {"pending": 1}
    assert "超过 1024 KB" in box.reasons()
    assert len(given) == 2


def test_a_sidecar_may_come_later_but_not_too_late(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = 0.0
    monkeypatch.setattr("service.intake.files.time.monotonic", lambda: clock)
    box = sidecar_desk(desk, wait_minutes=5)
    box.put("a.wav", wav())
    box.put("b.wav", wav(1))
    assert box.scan() == {"waits": 2}
    box.put("a.json", KNOWN)
    clock = 299.0
    assert box.scan() == {"new": 1, "waits": 1}
    clock = 300.0
    assert box.scan() == {"pending": 1}
    assert "没有说明文件(b.json、b.xml、b.csv)" in box.reasons()


def test_what_failed_lies_beside_its_reason_and_is_listed(both_desk: MakeDesk) -> None:
    box = sidecar_desk(both_desk)
    box.put("empty.wav", b"")
    box.put("private.wav", bytes(range(256)) * 40)
    box.put("deep/text.wav", "这不是录音。" * 100)
    box.put("broken.wav", wav(1))
    box.put("broken.json", '{"window": ')
    assert box.scan() == {"pending": 3, "waits": 1}
    assert box.names() == [
        *("failed/broken.json", "failed/broken.wav", "failed/broken.wav.reason.txt"),
        *("failed/deep/text.wav", "failed/deep/text.wav.reason.txt"),
        *("failed/empty.wav", "failed/empty.wav.reason.txt"),
        *("failed/private.wav", "failed/private.wav.reason.txt"),
    ]
    told = {row.file_name: "\n".join(row.reasons) for row in box.pending()}
    for name, reason in {
        "empty.wav": "0 字节",
        "private.wav": "私有格式",
        "text.wav": "文本文件",
        "broken.wav": "broken.json:“全文”不是正确的 JSON",
    }.items():
        assert reason in told[name]
        (path,) = (box.root / "failed").rglob(f"{name}.reason.txt")
        assert reason in path.read_text()
    assert (box.recordings(), box.scan()) == ([], {})


def test_files_of_the_same_name_and_of_the_same_sound(desk: MakeDesk) -> None:
    """A recorder that counts from one every day; a file that was copied twice."""
    box = sidecar_desk(desk)
    for number in (0, 1, 1):
        put_both(box, "a", number)
        box.scan()
    put_both(box, "b", 0)
    assert box.scan() == {"known": 1}
    first, second = box.recordings()
    kept = sorted(name for name in box.names() if name.endswith(".wav"))
    assert kept == sorted(["done/a.wav", f"done/a.{second.sha256[:8]}.wav", "done/b.wav"])
    assert first.sha256 != second.sha256


def test_hostile_names(desk: MakeDesk) -> None:
    box = sidecar_desk(desk)
    names = [b"-rf.wav", "录音 1.wav".encode("gb18030"), b"a\nb\x1b[31m.wav", b"x" * 251 + b".wav", b"$(reboot).wav"]
    for number, name in enumerate(names):
        box.put(os.fsdecode(name), wav(number))
    assert box.scan() == {"pending": len(names)}
    assert [path for path in box.root.iterdir() if path.is_file()] == []
    shown = {row.file_name for row in box.pending()}
    assert {"-rf.wav", "录音 1.wav", "ab[31m.wav", "$(reboot).wav"} < shown
    assert len(list((box.root / "failed").glob("*.reason.txt"))) == len(names)


def test_links_do_not_lead_out_of_the_folder(desk: MakeDesk, tmp_path: Path) -> None:
    box = sidecar_desk(desk)
    secret = tmp_path / "elsewhere"
    secret.mkdir()
    (secret / "secret.wav").write_bytes(wav())
    (secret / "known.json").write_text(KNOWN)
    (box.root / "link.wav").symlink_to(secret / "secret.wav")
    (box.root / "folder").symlink_to(secret)
    os.mkfifo(box.root / "pipe.wav")
    box.put("own.wav", wav(1))
    (box.root / "own.json").symlink_to(secret / "known.json")
    assert box.scan() == {"pending": 1}
    assert sorted(path.name for path in box.root.iterdir()) == ["failed", "folder", "link.wav", "own.json", "pipe.wav"]


class Killed(BaseException):
    """The power fails."""


@pytest.mark.parametrize("at", ["audio", "store", "queue", "move", "sidecar"])
def test_the_power_fails_at_any_moment(both_desk: MakeDesk, at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each step: the same file ends as one recording, and its sidecar goes with it."""
    box = sidecar_desk(both_desk)
    put_both(box, "a")

    def fail(*_: Any, **__: Any) -> None:
        raise Killed

    from service.intake import files, folder

    move = files.move
    place = {
        "audio": (receiving, "_heard", fail),
        "store": (receiving, "queue_audit", fail),
        "queue": (folder.Folder, "_put_away", fail),
        "move": (folder, "move", fail),
        "sidecar": (folder, "move", lambda *args: move(*args) if args[1].suffix == ".wav" else fail()),
    }[at]
    monkeypatch.setattr(*place)
    with pytest.raises(Killed):
        box.scan()
    monkeypatch.undo()
    again = Desk(box.api, box.root, kind="sidecar")
    assert again.scan() == ({} if at == "sidecar" else {"new": 1} if at == "audio" else {"known": 1})
    assert (len(again.recordings()), again.pending()) == (1, [])
    assert again.names() == ["done/a.json", "done/a.wav"]


def test_what_is_away_is_tried_again(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    box = sidecar_desk(desk)
    put_both(box, "a")

    def away(*_: Any, **__: Any) -> None:
        raise UnavailableError("数据库", "暂时不能用", "请稍后")

    monkeypatch.setattr(recordings, "add", away)
    with pytest.raises(UnavailableError):
        box.scan()
    monkeypatch.undo()
    assert box.scan() == {"new": 1}


def test_a_surprise_ends_with_its_reason_and_stops_nobody_else(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    box = sidecar_desk(desk)
    put_both(box, "a")
    put_both(box, "b", 1)
    read = placing.resolve

    def surprised(*args: Any) -> Any:
        if not box.recordings() and not box.pending():
            raise ZeroDivisionError("so")
        return read(*args)

    monkeypatch.setattr(placing, "resolve", surprised)
    assert box.scan() == {"pending": 1, "new": 1}
    assert "内部错误(ZeroDivisionError:so)" in box.reasons()


def test_what_is_known_later_completes_what_waits(desk: MakeDesk) -> None:
    """The roster came late: the file is put into the folder again, and nobody needs to type."""
    box = desk(kind="name", pattern=r"(?P<extension>\d+)-(?P<started_at>\d{14})")
    name = "3202-20250327092517.wav"
    box.put(name, wav())
    assert box.scan() == {"pending": 1}
    with box.api.db.write() as session:
        window, person = centre.window(session, "A02"), centre.staff_member(session, "1018")
        centre.put_roster(session, window.id, person.id, MORNING, MORNING + timedelta(hours=1))
    box.put(name, wav())
    assert box.scan() == {"new": 1}
    with box.api.db.read() as session:
        (row,) = intake.page(session, "completed").items
    assert (row.decided_by, row.recording_id, box.pending()) == ("desk", box.only().id, [])
    assert who(box.only())[:2] == ("1018", "A02")


def test_sound_whose_time_is_over_does_not_come_back(both_desk: MakeDesk, tmp_path: Path) -> None:
    """Retention deletes the sound of recordings and of what waits; the same file found again changes nothing."""
    box = sidecar_desk(both_desk)
    put_both(box, "a")
    box.put("b.wav", wav(1))
    assert box.scan() == {"new": 1, "pending": 1}
    with box.api.db.write() as session:
        recordings.fail(session, box.only().id, because("older-text", text=""))
        session.execute(update(RecordingRow).values(received_at=MORNING))
        session.execute(update(intake.Pending).values(received_at=MORNING))
    settings = Settings(data=tmp_path / "data", keep_audio_days=30)
    assert Retention(settings, box.api.db, box.api.services.audio).run()["audio"] == 2
    put_both(box, "a")
    box.put("b.wav", wav(1))
    assert box.scan() == {"known": 1, "discarded": 1}
    assert [path for path in (tmp_path / "data" / "audio").rglob("*") if path.is_file()] == []
    assert (box.pending(), box.names().count("failed/b.wav")) == ([], 1)


def test_a_very_long_log_is_read_from_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_logs, "MOST_BYTES", 1000)
    path = tmp_path / "calls.csv"
    path.write_text("heading\n" + "".join(f"row {n}\n" for n in range(1000)) + "row 10", encoding="utf-8")
    lines = call_logs.bounded(path, whole=False).decode().splitlines()
    assert (lines[0], lines[-1], len(lines) < 200) == ("heading", "row 999", True)


def test_of_a_log_that_grows_only_what_was_added_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(row: TableRow, zone: ZoneInfo) -> CallRecord:
        read.append(row.number)
        return by_row(row, zone)

    monkeypatch.setattr(box_logs, "by_row", counted)
    told = {"name": "b", "kind": "box", "setting": "phone", "folder": tmp_path, "log": "*.csv"}
    logs, path = call_logs.CallLogs(Source.model_validate(told), BEIJING), tmp_path / "calls.csv"
    rows = [f"{3201 + n},2025-03-27 09:{n:02}:17,CH{n}.wav\n" for n in range(20)]

    def reads(text: str) -> int:
        path.write_text("通道,来电时间,录音文件\n" + text, encoding="gb18030")
        read.clear()
        logs.refresh()
        return len(read)

    def extension(name: str) -> str | None:
        found = logs.find(name, (), MORNING)
        return found.extension if found else None

    assert reads("".join(rows[:10])) == 10
    assert reads("".join(rows[:11]) + rows[11][:-6]) == 1, "a line that is being written waits"
    assert (extension("CH3.wav"), extension("CH10.wav"), extension("CH11.wav")) == ("3204", "3211", None)
    assert reads("".join(rows[:12])) == 1
    assert (extension("CH3.wav"), extension("CH11.wav")) == ("3204", "3212")
    assert reads("".join(rows[:13]).replace("3204", "9999")) == 13, "what was there reads otherwise"
    assert (extension("CH3.wav"), extension("CH12.wav")) == ("9999", "3213")
    assert reads("".join(rows[:5])) == 5
    assert (extension("CH4.wav"), extension("CH12.wav")) == ("3205", None)


def test_the_watcher_goes_on_when_one_folder_is_away(desk: MakeDesk, tmp_path: Path) -> None:
    box = sidecar_desk(desk)
    put_both(box, "a")
    gone: dict[str, Any] = {"name": "gone", "kind": "sidecar", "setting": "phone", "folder": tmp_path / "nowhere"}
    here: dict[str, Any] = {"name": "here", "kind": "sidecar", "setting": "phone", "folder": box.root}
    here |= {"settle_seconds": 0, "clock_hours": 1e6}
    settings = Settings(data=tmp_path / "data", intake=(Source(**gone), Source(**here)))
    object.__setattr__(box.api.services, "settings", settings)
    Watching(box.api.services)
    parts = box.api.services.parts
    parts.start()
    for _ in range(200):
        if box.recordings() and any(part.failures for part in parts):
            break
        time.sleep(0.05)
    assert [(part.name, part.state) for part in parts] == [("intake gone", "failing"), ("intake here", "ok")]
    assert "nowhere" in next(part.problem for part in parts)
    assert "请检查文件夹在不在" in next(part.problem for part in parts)
    parts.stop()
    assert len(box.recordings()) == 1


def test_a_file_that_the_disk_does_not_give_stops_nobody_else(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    box = sidecar_desk(desk)
    put_both(box, "a")
    put_both(box, "b", 1)
    from service.intake import files, folder

    read = files.pieces

    def broken(path: Path) -> Iterator[bytes]:
        if path.name == "a.wav":
            raise OSError(5, "Input/output error")
        return read(path)

    monkeypatch.setattr(folder, "pieces", broken)
    assert box.scan() == {"waits": 1, "new": 1}
    monkeypatch.undo()
    assert box.scan() == {"new": 1}
