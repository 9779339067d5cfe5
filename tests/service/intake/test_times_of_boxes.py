"""Line recorders: what a time says and what it does not, two columns for one fact, and who rang off."""

from __future__ import annotations

import pytest

from tests.service.intake.intake_kit import Desk, MakeDesk, wav, who

HEAD = "通道,呼叫类型,录音文件,"


def box(desk: MakeDesk, titles: str, cells: str, **settings: object) -> Desk:
    made = desk(kind="box", log="calls.csv", **settings)
    made.put("calls.csv", f"{HEAD}{titles}\n3201,呼入,a.wav,{cells}\n")
    made.put("a.wav", wav())
    return made


RINGING = [
    ("来电时间,接通时间", "2025-3-27 9:25:17,2025-3-27 9:25:23", 6.0),
    ("振铃开始,接通时间", "2025-3-27 9:25:17,2025-3-27 9:25:23", 6.0),
    ("呼叫时间,振铃开始,接通时间", "2025-3-27 9:25:17,2025-3-27 9:25:30,2025-3-27 9:25:36", 6.0),
    # Saved again by Excel, which showed no seconds.
    ("来电时间,接通时间", "2025/3/27 9:25,2025/3/27 9:26", None),
    ("来电时间,接通时间", "2025/3/27 9:25,2025/3/27 9:25:40", None),
    ("来电时间,接通时间", "2025/3/27 9:25:17,2025/3/27 9:26", None),
    ("来电时间,接通时间", "2025年3月27日 9时25分,2025年3月27日 9时26分", None),
    ("来电时间,接通时间", "2025/3/27 9:25:00,2025/3/27 9:26:00", None),
    ("来电时间,接通时间", "2025/3/27 上午9:25,2025/3/27 上午9:26", None),
    # The begin is that of the recording.
    ("开始时间,接通时间", "2025-3-27 9:25:23,2025-3-27 9:25:23", None),
    ("开始时间,接通时间", "2025-3-27 9:25:22,2025-3-27 9:25:23", None),
    # A menu or a queue had answered.
    ("来电时间,接通时间,排队时长", "2025-3-27 9:25:17,2025-3-27 9:26:23,50", None),
    ("来电时间,接通时间,IVR时长,振铃时长", "2025-3-27 9:25:17,2025-3-27 9:26:23,00:00:50,8秒", 8.0),
    ("来电时间,接通时间,排队时长", "2025-3-27 9:25:17,2025-3-27 9:25:23,0", 6.0),
    # The same moment twice, once to the minute.
    ("来电时间,开始时间,接通时间", "2025-3-27 9:25,2025-3-27 9:25:17,2025-3-27 9:25:23", 6.0),
]


@pytest.mark.parametrize(("titles", "cells", "seconds"), RINGING)
def test_ringing_is_known_or_it_is_not(desk: MakeDesk, titles: str, cells: str, seconds: float | None) -> None:
    made = box(desk, titles, cells)
    assert made.scan() == {"new": 1}, made.reasons()
    assert who(made.only()) == ("1017", "A01", seconds, "in", None)


WAITS = [
    ("来电时间,开始时间,接通时间", "2025-3-27 9:25:17,2025-3-27 9:25:23,2025-3-27 9:25:23", "两列说法不同:来电时间"),
    ("来电时间,接通时间,振铃时长", "2025-3-27 9:25:17,2025-3-27 9:25:23,20", "响铃 20 秒与时间相差的 6 秒不同"),
    ("来电时间,分机", "2025-3-27 9:25:17,3202", "两列说法不同:通道“3201”与分机“3202”"),
    ("来电时间,转接号码", "2025-3-27 9:25:17,3202", "通话转接到 3202"),
    ("来电时间,转接", "2025-3-27 9:25:17,13800001234", "通话转接到 *******1234"),
]


@pytest.mark.parametrize(("titles", "cells", "reason"), WAITS)
def test_what_is_said_twice_or_of_two_people_waits(desk: MakeDesk, titles: str, cells: str, reason: str) -> None:
    made = box(desk, titles, cells)
    assert made.scan() == {"pending": 1}
    assert reason in made.reasons()


def test_the_column_that_is_set_for_a_fact_stands_alone(desk: MakeDesk) -> None:
    times = "2025-3-27 9:25:17,2025-3-27 9:25:23,2025-3-27 9:25:23"
    made = box(desk, "来电时间,开始时间,接通时间", times, fields={"来电时间": "started_at"})
    assert made.scan() == {"new": 1}
    assert made.only().facts.ring_seconds == 6.0


@pytest.mark.parametrize(
    ("told", "side"),
    [
        ("坐席", "staff"),
        ("客户挂断", "citizen"),
        ("线路", "line"),
        ("主叫", "citizen"),
        ("被叫方", "staff"),
        ("1", None),
        ("系统", None),
        ("", None),
    ],
)
def test_who_rang_off(desk: MakeDesk, told: str, side: str | None) -> None:
    made = box(desk, "来电时间,挂机方", f"2025-3-27 9:25:17,{told}")
    assert made.scan() == {"new": 1}
    assert made.only().facts.ended_by == side


def test_names_and_numbers_in_full_width_are_found(desk: MakeDesk) -> None:
    made = desk(kind="box", log="calls.csv")
    made.put("calls.csv", "通道,来电时间,工号,录音文件\n３２０１,2025-3-27 9:25:17,１０１７,a.wav\n")
    made.put("a.wav", wav())
    assert made.scan() == {"new": 1}
    assert who(made.only())[:2] == ("1017", "A01")


@pytest.mark.parametrize(
    ("sound", "sidecar"),
    [
        ("REC1.WAV", "REC1.JSON"),
        ("Rec1.wav", "rec1.json"),
        ("ＲＥＣ１.wav", "REC1.csv"),
        ("e\u0301.wav", "\u00e9.json"),
    ],
)
def test_the_file_beside_is_found_however_its_name_is_written(desk: MakeDesk, sound: str, sidecar: str) -> None:
    made = desk(kind="sidecar")
    made.put(sound, wav())
    csv = "window,started_at\nA01,2025-3-27 9:25:17\n"
    made.put(sidecar, csv if sidecar.endswith("csv") else '{"window": "A01", "started_at": "2025-03-27T09:25:17"}')
    assert made.scan() == {"new": 1}, made.reasons()
    assert made.names() == sorted([f"done/{sound}", f"done/{sidecar}"])


@pytest.mark.parametrize(
    ("sound", "logged"), [("CAF\u00c9 1.WAV", "cafe\u0301 1.wav"), ("录音１.wav", "录音1.WAV"), ("a.wav", "A")]
)
def test_the_name_in_a_log_is_found_however_it_is_written(desk: MakeDesk, sound: str, logged: str) -> None:
    made = desk(kind="box", log="calls.csv")
    made.put("calls.csv", f"通道,来电时间,录音文件\n3201,2025-3-27 9:25:17,{logged}\n")
    made.put(sound, wav())
    assert made.scan() == {"new": 1}, made.reasons()


def test_a_known_recording_of_which_a_log_says_something_else_is_told_beside_it(desk: MakeDesk) -> None:
    made = box(desk, "来电时间,接通时间", "2025-3-27 9:25:17,2025-3-27 9:25:23")
    assert made.scan() == {"new": 1}
    again = box(desk, "来电时间,接通时间,挂机方", "2025-3-27 9:25:17,2025-3-27 9:25:25,客户")
    assert again.scan() == {"known": 1}
    (told,) = (again.root / "done").glob("*.reason.txt")
    assert "- ring_seconds:保存的是 6.0,这次说的是 8.0\n- ended_by:保存的是 None,这次说的是 citizen" in told.read_text()
    assert again.only().facts.ring_seconds == 6.0
