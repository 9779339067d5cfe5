"""For each kind of recorder: real-looking files in, right window and member of staff out; the others with reasons."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.intake import call_logs
from service.intake.call_logs import bounded
from service.store import centre
from speechaudit.model import Call, CallFacts, Leg
from tests.service.intake.intake_kit import MORNING, Desk, MakeDesk, local, wav, who

DATA = Path(__file__).with_name("data")
UNIQUE = "1743042317.12206"
ASTERISK_NAME = f"force-08210001663-3201-20250327-092517-{UNIQUE}.wav"
NAME_PATTERN = r"^\w+-(?P<number>\d+)-(?P<extension>\d+)-(?P<date>\d{8})-(?P<time>\d{6})-(?P<call_id>[\d.]+)\.wav$"


def test_a_sidecar_in_json(both_desk: MakeDesk) -> None:
    desk = both_desk(kind="sidecar", setting="counter")
    known: dict[str, object] = {
        "window": "A01",
        "started_at": "2025-03-27T09:25:17",
        "staff_channel": 1,
        "extras": {"票号": "A017"},
    }
    known["calls"] = [{"at": "2025-03-27T09:25:27", "number": "A017"}]
    known |= {"ended_by": "line", "legs": [{"kind": "person", "who": "3201", "start": 2, "end": 9.5}]}
    desk.put("a.wav", wav(channels=2))
    desk.put("a.json", json.dumps(known))
    assert desk.scan() == {"new": 1}
    row = desk.only()
    assert who(row) == ("1017", "A01", None, None, 1)
    assert row.facts == CallFacts(
        setting="counter",
        started_at=MORNING,
        staff_channel=1,
        ended_by="line",
        calls=(Call(at=10.0, number="A017"),),
        legs=(Leg(kind="person", who="3201", staff="1017", start=2.0, end=9.5),),
        extras={"source": "desk", "票号": "A017"},
    )
    assert desk.names() == ["done/a.json", "done/a.wav"]


def test_what_came_with_a_recording_outlives_that_it_had_to_wait(both_desk: MakeDesk) -> None:
    desk = both_desk(kind="sidecar", setting="counter")
    known = {"window": "none", "started_at": "2025-03-27T09:25:17", "extras": {"票号": "A017"}}
    desk.put("a.wav", wav())
    leg = {"kind": "person", "start": 2, "end": 9.5}
    more = {"calls": [{"at": 10, "number": "A017"}], "ended_by": "citizen", "legs": [leg], "ring_seconds": 4}
    desk.put("a.json", json.dumps(known | more))
    assert desk.scan() == {"pending": 1}
    told = {"setting": "counter", "window": "A01", "staff": None, "started_at": "2025-03-27T09:25:17"}
    done = desk.api.ask("POST", f"/intake/pending/{desk.pending()[0].id}/complete", json=told)
    assert done.status_code == 202, done.text
    row = desk.only()
    assert row.facts == CallFacts(
        setting="counter",
        started_at=MORNING,
        ring_seconds=4.0,
        ended_by="citizen",
        calls=(Call(at=10.0, number="A017"),),
        legs=(Leg(kind="person", start=2.0, end=9.5),),
        extras={"source": "desk", "票号": "A017"},
    )


def test_a_sidecar_in_xml_with_names_of_its_own(desk: MakeDesk) -> None:
    """As gateways of 迅时 write it."""
    fields = {"TimeStart": "started_at", "CPN": "caller", "CDPN": "callee", "TimeEnd": "ended_at"}
    box = desk(kind="sidecar", fields=fields)
    box.put("20250327/3201_cg.wav", wav())
    box.put("20250327/3201_cg.xml", (DATA / "newrock.xml").read_bytes())
    assert box.scan() == {"new": 1}
    assert who(box.only()) == ("1017", "A01", None, "in", None)
    assert box.only().facts.started_at == MORNING
    assert box.names() == ["done/20250327/3201_cg.wav", "done/20250327/3201_cg.xml"]


def test_a_sidecar_in_gbk_csv(desk: MakeDesk) -> None:
    box = desk(kind="sidecar", fields={"工号": "staff", "窗口": "window", "开始": "started_at", "响铃": "ring_seconds"})
    box.put("a.WAV", wav())
    box.put("a.csv", "工号,窗口,开始,响铃\r\n1018,窗口1,2025/3/27 9:25:17,8秒\r\n".encode("gb18030"))
    assert box.scan() == {"new": 1}
    assert who(box.only()) == ("1018", "A01", 8.0, None, None)


def test_the_name_of_the_file(desk: MakeDesk) -> None:
    box = desk(kind="name", pattern=NAME_PATTERN)
    box.put(ASTERISK_NAME, wav())
    box.put("notes.wav", wav(1))
    assert box.scan() == {"new": 1, "pending": 1}
    row = box.only()
    assert (who(row), row.facts.started_at) == (("1017", "A01", None, None, None), MORNING)
    assert row.facts.extras == {"source": "desk", "call_id": UNIQUE, "number": "*******1663"}
    assert "文件名与设置的写法不符" in box.reasons()


def cdr(**known: str) -> str:
    """A line of Master.csv with uniqueid, userfield and the new columns."""
    usual = {
        "src": "08210001663",
        "dst": "600",
        "dcontext": "from-trunk",
        "clid": '""citizen"" <08210001663>',
        "channel": "PJSIP/trunk-ct-0000002a",
        "dstchannel": "PJSIP/3201-0000002b",
        "lastapp": "Dial",
        "lastdata": "PJSIP/3201,30,t",
        "start": local(MORNING),
        "answer": local(MORNING + timedelta(seconds=12)),
        "end": local(MORNING + timedelta(seconds=90)),
        "disposition": "ANSWERED",
        "amaflags": "DOCUMENTATION",
        "uniqueid": UNIQUE,
        "linkedid": UNIQUE,
    }
    columns = "accountcode src dst dcontext clid channel dstchannel lastapp lastdata start answer end duration billsec"
    columns += " disposition amaflags uniqueid userfield peeraccount linkedid sequence"
    return ",".join(f'"{(usual | known).get(column, "")}"' for column in columns.split()) + "\n"


def asterisk(desk: MakeDesk, *lines: str, **settings: Any) -> Desk:
    box = desk(kind="asterisk", log="Master.csv", **settings)
    box.put("Master.csv", "".join(lines))
    box.put(ASTERISK_NAME, wav(channels=2))
    return box


def test_asterisk_incoming(both_desk: MakeDesk) -> None:
    box = asterisk(both_desk, cdr(), caller_channel=0)
    assert box.scan() == {"new": 1}
    assert who(box.only()) == ("1017", "A01", 12.0, "in", 1)
    assert box.names() == ["Master.csv", f"done/{ASTERISK_NAME}"]


def test_asterisk_outgoing_has_no_ringing_and_the_staff_on_the_other_side(desk: MakeDesk) -> None:
    way = {
        "channel": "PJSIP/3201-0000002a",
        "dstchannel": "PJSIP/trunk-ct-0000002b",
        "src": "3201",
        "dst": "02080001234",
    }
    box = asterisk(desk, cdr(**way), caller_channel=0)
    assert box.scan() == {"new": 1}
    assert who(box.only()) == ("1017", "A01", None, "out", 0)


def test_asterisk_a_ring_group_is_one_call(desk: MakeDesk) -> None:
    """Three telephones rang, one answered: its record counts, whatever the recording is named after."""
    others = [
        cdr(uniqueid=f"1743042317.1220{n}", dstchannel=f"PJSIP/320{n}-0000003{n}", disposition="NO ANSWER", answer="")
        for n in (2, 3)
    ]
    box = asterisk(desk, *others, cdr(uniqueid="1743042317.12209"))
    assert box.scan() == {"new": 1}
    assert who(box.only()) == ("1017", "A01", 12.0, "in", None)


def test_asterisk_after_a_menu_nobody_knows_how_long_it_rang(desk: MakeDesk) -> None:
    menu = cdr(lastapp="BackGround", dstchannel="", answer=local(MORNING))
    later = local(MORNING + timedelta(seconds=30))
    box = asterisk(desk, menu, cdr(uniqueid="1743042317.12207", lastapp="Queue", start=later, answer=later))
    assert box.scan() == {"new": 1}
    assert who(box.only())[:3] == ("1017", "A01", None)


def test_asterisk_refused_with_reasons(desk: MakeDesk) -> None:
    handed_on = cdr(dstchannel="PJSIP/3202-0000002c", start=local(MORNING + timedelta(seconds=60)))
    cases = {
        "转接过": cdr() + handed_on,
        "没有接通": cdr(disposition="NO ANSWER", answer="", dstchannel=""),
        "内部通话": cdr(channel="PJSIP/3202-0000002a"),
        "没有登记的分机": cdr(dstchannel="PJSIP/3999-0000002b"),
        "排班:当时窗口 A02 没有人": cdr(dstchannel="PJSIP/3202-0000002b"),
        "里没有这个录音": cdr(uniqueid="1700000000.1", linkedid="1700000000.1"),
        "loguniqueid": "this,is,no,cdr\n",
        "指向这个录音": cdr(linkedid="1.1") + cdr(linkedid="1.2"),
    }
    for number, (reason, log) in enumerate(cases.items()):
        box = asterisk(desk, log)
        box.put(ASTERISK_NAME, wav(100 + number))
        assert box.scan() == {"pending": 1}, reason
        assert reason in box.pending()[-1].reasons[0] + str(box.pending()[-1].reasons), reason
    assert box.recordings() == []


def test_asterisk_in_utc_by_the_clock_of_the_centre_is_noticed(desk: MakeDesk) -> None:
    """cdr.conf.sample sets usegmtime: eight hours are another shift."""
    line = cdr(start="2025-03-27 01:25:17", answer="2025-03-27 01:25:29", end="2025-03-27 01:26:47")
    box = asterisk(desk, line, clock_hours=6)
    box.put(ASTERISK_NAME, wav(), MORNING + timedelta(seconds=95))
    assert box.scan() == {"pending": 1}
    assert "相差 8.0 小时" in box.reasons()
    right = asterisk(desk, line, clock_hours=6, timezone="UTC")
    right.put(ASTERISK_NAME, wav(), MORNING + timedelta(seconds=95))
    assert right.scan() == {"new": 1}
    assert (right.only().facts.started_at, right.pending()) == (MORNING, [])


CALL = "a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d"


def fs_csv(caller: str, callee: str, answer: int = 9) -> str:
    stamps = [local(MORNING), local(MORNING + timedelta(seconds=answer)), local(MORNING + timedelta(seconds=60))]
    cells = ["citizen", caller, callee, "public", *stamps, "60", "51", "NORMAL_CLEARING", CALL, "", "", "PCMA", "PCMA"]
    return ",".join(f'"{cell}"' for cell in cells) + "\n"


def test_freeswitch_csv_whose_sides_turn_with_the_direction(desk: MakeDesk) -> None:
    box = desk(kind="freeswitch", log="Master.csv", caller_channel=0)
    for number, (ends, result) in enumerate(
        {("02080001234", "3201"): (9.0, "in", 1), ("3201", "02080001234"): (None, "out", 0)}.items()
    ):
        box.put("Master.csv", fs_csv(*ends))
        box.put(f"{CALL}.wav", wav(number, channels=2))
        assert box.scan() == {"new": 1}
        assert who(box.recordings()[-1]) == ("1017", "A01", *result)


def test_freeswitch_mono_files_have_no_side(desk: MakeDesk) -> None:
    box = desk(kind="freeswitch", log="Master.csv", caller_channel=0)
    box.put("Master.csv", fs_csv("02080001234", "3201"))
    box.put(f"{CALL}.wav", wav())
    assert box.scan() == {"new": 1}
    assert box.only().facts.staff_channel is None


def test_freeswitch_xml_and_json(desk: MakeDesk) -> None:
    """Values are URL-encoded; `direction` is that of the leg and not believed; a menu hides how long it rang."""
    box = desk(kind="freeswitch", log="cdr/*.cdr.*")
    box.put(f"cdr/a_{CALL}.cdr.xml", (DATA / "freeswitch.cdr.xml").read_bytes())
    box.put(f"{CALL}.wav", wav())
    other = CALL.replace("a5", "b6")
    box.put(f"cdr/{other}.cdr.json", (DATA / "freeswitch.cdr.json").read_bytes())
    box.put(f"{other}.wav", wav(1))
    assert box.scan() == {"new": 2}
    assert sorted(map(str, map(who, box.recordings()))) == [
        str(("1017", "A01", 7.0, "in", None)),
        str(("1017", "A01", None, "in", None)),
    ]


def test_freeswitch_refused_with_reasons(desk: MakeDesk) -> None:
    whole = (DATA / "freeswitch.cdr.xml").read_text()
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><cdr><uuid>&b;</uuid></cdr>'
    for number, (log, reason) in enumerate(
        {whole[:-40]: "不是正确的 XML", bomb: "实体", '{"variables": ': "JSON", '{"x": 1}': "JSON"}.items()
    ):
        box = desk(kind="freeswitch", log="*.cdr")
        box.put(f"{CALL}.cdr", log)
        box.put(f"{CALL}.wav", wav(number))
        assert box.scan() == {"pending": 1}
        assert reason in str(box.pending()[-1].reasons)


BOX = "通道,号码,呼叫类型,来电时间,接通时间,结束时间,接听状态,录音文件\r\n"


def box_row(name: str, **known: str) -> str:
    usual = {"line": "3201", "number": "13800001234", "way": "呼入", "begin": local(MORNING), "state": "已接"}
    usual |= {"connected": local(MORNING + timedelta(seconds=6)), "end": local(MORNING + timedelta(seconds=80))}
    row = usual | known
    cells = [row[key] for key in ("line", "number", "way", "begin", "connected", "end", "state")]
    return ",".join([*cells, f"D:\\record\\{name}"]) + "\r\n"


def test_a_line_recorder_with_its_log_in_gbk(both_desk: MakeDesk) -> None:
    """Ringing is connected minus begin; the line is registered as an extension."""
    box = both_desk(kind="box", log="*.csv")
    box.put("202503.csv", (BOX + box_row("CH3201_1.wav")).encode("gb18030"))
    box.put("CH3201_1.wav", wav())
    assert box.scan() == {"new": 1}
    assert who(box.only()) == ("1017", "A01", 6.0, "in", None)
    assert box.only().facts.extras["number"] == "*******1234"


def test_a_line_recorder_with_excel_files(desk: MakeDesk) -> None:
    for number, name in enumerate(("calls.xls", "calls.xlsx")):
        box = desk(kind="box", log=name)
        box.put(name, (DATA / name).read_bytes())
        box.put("CH3201_1.wav", wav(number))
        assert box.scan() == {"new": 1}, (name, box.reasons())
        assert who(box.recordings()[-1]) == ("1017", "A01", 6.0, "in", None)


def test_names_that_are_used_again_are_told_apart_by_the_time_of_the_file(desk: MakeDesk) -> None:
    box = desk(kind="box", log="*.csv", clock_hours=6)
    yesterday = {"begin": local(MORNING - timedelta(days=1)), "connected": "", "end": "", "line": "3202"}
    box.put("1.csv", BOX + box_row("CH1_1.wav", **yesterday))
    box.put("2.csv", BOX + box_row("CH1_1.wav"))
    box.put("CH1_1.wav", wav(), MORNING + timedelta(seconds=81))
    assert box.scan() == {"new": 1}
    assert who(box.only())[:2] == ("1017", "A01")
    box.put("3.csv", BOX + box_row("CH1_1.wav", begin=local(MORNING + timedelta(hours=1)), connected="", end=""))
    box.put("CH1_1.wav", wav(1), MORNING + timedelta(seconds=81))
    assert box.scan() == {"pending": 1}
    assert "有 2 条指向这个录音" in box.reasons()


def test_a_line_recorder_refused_with_reasons(desk: MakeDesk) -> None:
    cases = {
        "没有接通": BOX + box_row("a.wav", state="未接", connected=""),
        "direction 看不懂": BOX + box_row("a.wav", way="会议"),
        "answered_at 不是时间": BOX + box_row("a.wav", connected="25:61"),
        "时间先后颠倒": BOX + box_row("a.wav", connected=local(MORNING - timedelta(seconds=5))),
        "在将来": BOX + box_row("a.wav", begin="2124-03-27 09:25:17", connected="", end=""),
        "分机 9": BOX + box_row("a.wav", line="9"),
        "没有认识的列": "甲,乙\r\n1,2\r\n",
        "录音文件": "号码,来电时间\r\n138,2025-03-27 09:25:17\r\n",
        "XLSX 已损坏": "PK\x03\x04 no workbook",
        "不知道开始时间": BOX + box_row("a.wav", begin="", connected="", end=""),
    }
    for number, (reason, log) in enumerate(cases.items()):
        box = desk(kind="box", log="calls.csv")
        box.put("calls.csv", log)
        box.put("a.wav", wav(number))
        assert box.scan() == {"pending": 1}, reason
        assert reason in str(box.pending()[-1].reasons), (reason, box.pending()[-1].reasons)


def test_a_log_that_cannot_be_opened_stops_no_other(desk: MakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path, *, whole: bool) -> bytes:
        if path.name == "old.csv":
            raise PermissionError(13, "Permission denied")
        return bounded(path, whole=whole)

    monkeypatch.setattr(call_logs, "bounded", locked)
    box = desk(kind="box", log="*.csv")
    box.put("old.csv", BOX + box_row("b.wav"))
    box.put("new.csv", BOX + box_row("a.wav"))
    box.put("a.wav", wav(0))
    box.put("b.wav", wav(1))
    assert box.scan() == {"new": 1, "pending": 1}
    assert "old.csv:打不开" in str(box.pending()[0].reasons)


def test_a_line_still_being_written_is_left_for_later(desk: MakeDesk) -> None:
    box = desk(kind="box", log="calls.csv", wait_minutes=10)
    box.put("calls.csv", BOX + box_row("a.wav").rstrip())
    box.put("a.wav", wav())
    assert box.scan() == {"waits": 1}
    box.put("calls.csv", BOX + box_row("a.wav"))
    assert box.scan() == {"new": 1}


def test_tencent_each_party_has_a_file(both_desk: MakeDesk) -> None:
    """The seat is audited; what holds nothing but the citizen is set aside."""
    box = both_desk(kind="tencent", log="cdr/*.json")
    content = (DATA / "tencent.json").read_text()
    box.put("cdr/e97be0ab.json", content)
    box.put("1743038717_8a76adc6-e70c-459d-8921-56c88d91f840.mp3", wav())
    box.put("1743038717_f460fff5-0cad-4e11-8424-e904ef6a76d2.mp3", wav(1))
    assert box.scan() == {"new": 1, "other party": 1}
    row = box.only()
    assert (who(row), row.facts.started_at) == (("1017", "A01", 9.0, "in", None), MORNING)
    assert (row.facts.extras["session"], box.pending()) == ("e97be0ab-1ef6-4ad2-a8c4-2b2bbfb18e55", [])


def test_a_microphone_that_belongs_to_one_window(desk: MakeDesk) -> None:
    box = desk(kind="name", setting="counter", window="A01", pattern=r"^(?P<started_at>\d{14})")
    box.put("20250327092517.wav", wav())
    assert box.scan() == {"new": 1}
    assert (who(box.only())[:2], box.only().facts.setting) == (("1017", "A01"), "counter")


def test_what_contradicts_itself_waits(desk: MakeDesk) -> None:
    """Window, extension, staff and roster must say the same."""
    told = {"started_at": "2025-03-27 09:25:17"}
    cases: dict[str, dict[str, str]] = {
        "分机 3202 却属于窗口 A02": {"window": "A01", "extension": "3202"},
        "不在通话记录的两端": {"extension": "3201", "caller": "3202", "callee": "02080001234"},
        "工号 9999:没有登记": {"window": "A01", "staff": "9999"},
        "不知道是哪个窗口": {},
        "工号 1017 当时在 2 个窗口": {"staff": "1017"},
        "窗口 A09:没有登记": {"window": "A09", "staff": "1017"},
        "有 2 人(1017、1018)": {"window": "A03"},
        "响铃 -17 秒": {"window": "A01", "ring_at": "2025-03-27 09:25:57", "answered_at": "2025-03-27 09:25:40"},
        "staff_channel 应为 0 或 1": {"window": "A01", "staff_channel": "2"},
        "ring_seconds 不是": {"window": "A01", "ring_seconds": "很久"},
        "日期和时间看不懂": {"window": "A01", "started_at": "", "date": "20250327", "time": "925"},
    }
    box = desk(kind="sidecar")
    with box.api.db.write() as session:
        window = centre.put_window(session, "A03", "窗口3")
        for number in ("1017", "1018"):
            person = centre.staff_member(session, number)
            centre.put_roster(session, window.id, person.id, MORNING, MORNING + timedelta(hours=1))
    for at, (reason, known) in enumerate(cases.items()):
        row = {name: text for name, text in (told | known).items() if text}
        box.put("a.wav", wav(at))
        box.put("a.csv", f"{','.join(row)}\n{','.join(row.values())}\n")
        assert box.scan() == {"pending": 1}, reason
        assert reason in str(box.pending()[-1].reasons), (reason, box.pending()[-1].reasons)


def test_a_named_member_of_staff_tells_the_window_through_the_roster(desk: MakeDesk) -> None:
    box = desk(kind="sidecar")
    box.put("a.wav", wav())
    box.put("a.csv", "staff,started_at\n1017,2025年03月27日 09:25:17\n")
    assert box.scan() == {"new": 1}
    assert who(box.only())[:2] == ("1017", "A01")


def test_tencent_refused_with_reasons(desk: MakeDesk) -> None:
    whole = json.loads((DATA / "tencent.json").read_text())
    lost = whole | {"SeatUser": {}, "ServeParticipants": [whole["ServeParticipants"][0] | {"Mail": "nobody@x.cn"}]}
    for number, (log, reason) in enumerate({"[1]": "腾讯云", json.dumps(lost): "分机 nobody@x.cn"}.items()):
        box = desk(kind="tencent", log="*.json")
        box.put("cdr.json", log)
        box.put("8a76adc6-e70c-459d-8921-56c88d91f840.mp3", wav(number))
        assert box.scan() == {"pending": 1}
        assert reason in str(box.pending()[-1].reasons)
