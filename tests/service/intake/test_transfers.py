"""Calls that several people served: each part goes to its person, or the call waits and says whom nobody names."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.jobs.queue import run_of
from service.jobs.work import Work
from service.store import audits, centre
from service.store.audits import TranscriptRecord
from speechaudit.model import Recording, Segment, Transcript
from speechaudit.rules import rulebook
from tests.service.intake.intake_kit import MORNING, Desk, MakeDesk, who
from tests.service.intake.test_legs import LOGS, NAMES, silence, told
from tests.service.service_kit import MADE_BY

TRANSFERRED = {
    "asterisk/5-parked.csv": (111, ("person:3201@0-31 rang 9", "queue:?@31-61", "person:3202@61-111")),
    "asterisk/6-attended.csv": (121, ("person:3201@0-51 rang 9", "person:3202@51-121")),
    "asterisk/8-blind.csv": (98, ("person:3201@0-38 rang 12", "person:3202@38-98")),
    "freeswitch/4-transfer.json": (132, ("person:3201@0-52 rang 8", "person:3202@60-132 rang 8")),
}


def box_with(desk: MakeDesk, *numbers: str, extension: str = "3202") -> Desk:
    """A recorder, and a roster that names these at the window where the extension rings."""
    box = desk(kind="freeswitch", log="4-transfer.json")
    register(box, *numbers, extension=extension)
    return box


def register(box: Desk, *numbers: str, extension: str = "3202") -> None:
    with box.api.db.write() as session:
        place = centre.put_window(session, "A02", "窗口2")
        centre.put_extension(session, extension, place.id)
        for number in numbers:
            person = centre.put_staff(session, number, number)
            centre.put_roster(session, place.id, person.id, MORNING - timedelta(hours=1), MORNING + timedelta(hours=1))


def take(box: Desk, log: str, seconds: int) -> Desk:
    kind, _, name = log.partition("/")
    box.put(name, (LOGS / log).read_bytes())
    box.put(NAMES[kind], silence(seconds))
    box.scan()
    return box


@pytest.mark.parametrize("log", TRANSFERRED)
def test_parts_that_legs_and_roster_name_are_no_doubt(desk: MakeDesk, log: str) -> None:
    seconds, legs = TRANSFERRED[log]
    kind, _, name = log.partition("/")
    box = desk(kind=kind, log=name)
    register(box, "1019")
    row = take(box, log, seconds).only()
    assert (who(row)[:2], tuple(map(told, row.facts.legs))) == (("1017", "A01"), legs)
    assert [leg.staff for leg in row.facts.legs if leg.kind == "person"] == ["1017", "1019"]


WHY = {
    (): "排班:当时窗口 A02 没有人",
    ("1018", "1019"): "排班:当时窗口 A02 有 2 人(1018、1019)",
}


@pytest.mark.parametrize("numbers", WHY)
def test_whom_the_roster_does_not_name_is_the_reason_why_it_waits(desk: MakeDesk, numbers: tuple[str, ...]) -> None:
    box = take(box_with(desk, *numbers), "freeswitch/4-transfer.json", 132)
    assert (box.recordings(), box.reasons()) == ([], f"通话转接过,先后由 3201、3202 接听;{WHY[numbers]}")


def test_an_extension_that_nobody_registered_is_the_reason_too(desk: MakeDesk) -> None:
    box = desk(kind="freeswitch", log="4-transfer.json")
    content = (LOGS / "freeswitch/4-transfer.json").read_text(encoding="utf-8").replace("3202", "3299")
    box.put("4-transfer.json", content)
    box.put(NAMES["freeswitch"], silence(132))
    box.scan()
    assert box.reasons() == "通话转接过,先后由 3201、3299 接听;分机 3299:没有登记"


def test_an_outgoing_call_that_was_passed_on_waits_with_the_reason(desk: MakeDesk) -> None:
    """Nobody knows from when on its legs count: the exchange begins it at the telephone of the staff."""
    box = desk(kind="asterisk", log="9-outgoing-blind.csv")
    register(box, "1019")
    reasons = take(box, "asterisk/9-outgoing-blind.csv", 98).reasons()
    assert "先后由 3201、3202 接听;呼出的通话不知道各段的时间" in reasons


def test_who_answers_later_is_looked_up_when_they_answer(desk: MakeDesk) -> None:
    """1018 leaves between the answer of 3201 and that of 3202, and 1019 comes."""
    box, change = box_with(desk), MORNING + timedelta(seconds=30)
    with box.api.db.write() as session:
        place = centre.window(session, "A02").id
        early, late = (centre.put_staff(session, number, number).id for number in ("1018", "1019"))
        centre.put_roster(session, place, early, MORNING - timedelta(hours=1), change)
        centre.put_roster(session, place, late, change, MORNING + timedelta(hours=1))
    row = take(box, "freeswitch/4-transfer.json", 132).only()
    assert [leg.staff for leg in row.facts.legs] == ["1017", "1019"]


def test_a_sound_of_the_second_leg_only_is_that_persons(desk: MakeDesk) -> None:
    row = take(box_with(desk, "1019"), "freeswitch/4-transfer.json", 72).only()
    assert (who(row)[:4], tuple(map(told, row.facts.legs))) == (("1019", "A02", 8, "in"), ("person:3202@0-72 rang 8",))
    assert (row.facts.ended_by, row.facts.started_at) == ("staff", MORNING + timedelta(seconds=68))


def test_a_sound_of_the_first_leg_only_ends_with_nobody_who_rang_off(desk: MakeDesk) -> None:
    row = take(box_with(desk), "freeswitch/4-transfer.json", 52).only()
    assert (who(row)[:3], tuple(map(told, row.facts.legs))) == (("1017", "A01", 8), ("person:3201@0-52 rang 8",))
    assert row.facts.ended_by is None


def test_a_length_that_fits_no_part_leaves_a_transferred_call_to_a_person(desk: MakeDesk) -> None:
    box = take(box_with(desk, "1019"), "freeswitch/4-transfer.json", 30)
    assert "先后由 3201、3202 接听;录音的长度与各段的时间对不上" in box.reasons()


def test_who_completes_what_waits_has_the_roster_of_by_then(desk: MakeDesk) -> None:
    box = take(box_with(desk), "freeswitch/4-transfer.json", 132)
    register(box, "1019")
    (waits,) = box.pending()
    told_by = {"setting": "phone", "window": "A01", "staff": "1017", "started_at": "2025-03-27T09:25:17+08:00"}
    assert box.api.ask("POST", f"/intake/pending/{waits.id}/complete", json=told_by).status_code == 202
    assert [leg.staff for leg in box.only().facts.legs] == ["1017", "1019"]


def test_who_completes_it_says_who_had_it_first(desk: MakeDesk) -> None:
    """The roster was wrong about the first one, and does not know the second."""
    box = take(box_with(desk), "freeswitch/4-transfer.json", 132)
    box.api.people()
    (waits,) = box.pending()
    told_by = {"setting": "phone", "window": "A01", "staff": "1018", "started_at": "2025-03-27T09:25:17+08:00"}
    assert box.api.ask("POST", f"/intake/pending/{waits.id}/complete", json=told_by).status_code == 202
    assert (who(box.only())[0], [leg.staff for leg in box.only().facts.legs]) == ("1018", ["1018", None])


LEGS = [
    {"kind": "person", "start": 0, "end": 30, "who": "3201", "staff": "1018"},
    {"kind": "person", "start": 30, "end": 60, "who": "3202", "staff": "1017"},
]


def test_the_staff_of_an_upload_is_who_had_the_call_first(desk: MakeDesk) -> None:
    """It may be told of any of those who served; of somebody else it contradicts the legs."""
    api = desk(kind="freeswitch", log="4-transfer.json").api
    register(Desk(api, api.services.settings.data / "box", kind="freeswitch", log="x"), "1019")
    first = api.upload(b"one", setting="phone", staff="1017", legs=LEGS).json()["id"]
    assert api.get(f"/recordings/{first}")["staff"]["number"] == "1018"
    refused = api.upload(b"two", setting="phone", staff="1019", legs=LEGS)
    assert (refused.status_code, "通话各段却由 1018、1017 接听" in refused.text) == (422, True)
    unknown = [LEGS[0] | {"staff": None}, LEGS[1]]
    assert api.upload(b"three", setting="phone", staff="1019", legs=unknown).status_code == 202


def said(start: float, text: str, role: Any) -> Segment:
    return Segment(start=start, end=start + 3, text=text, words=(), channel=0, role=role)


def test_each_part_is_charged_to_its_person(desk: MakeDesk) -> None:
    """3201 is polite, 3202 is not: 1019 answers for that, in the rows of findings and in the reports."""
    box = take(box_with(desk, "1019"), "freeswitch/4-transfer.json", 132)
    number, book = box.only().id, rulebook.load()
    talk = (
        said(1, "您好,这里是社保窗口,请问有什么可以帮您?", "staff"),
        said(10, "我想问医保怎么转。", "citizen"),
        said(40, "我帮您转接医保窗口,请稍等。", "staff"),
        said(62, "您好,医保窗口。", "staff"),
        said(70, "医保怎么转?", "citizen"),
        said(80, "不归我管,你去问别人。", "staff"),
        said(120, "好吧。", "citizen"),
    )
    heard = TranscriptRecord(transcript=Transcript(segments=talk, duration=132), made_by=MADE_BY)

    def listen(_path: Path, _known: Recording, _progress: Any) -> TranscriptRecord:
        return heard

    work = Work(box.api.db, box.api.services.audio, listen, lambda: book, "worker")
    assert work.hear(number) is None
    assert work.judge(number, run_of(number, 1)) is None
    with box.api.db.read() as session:
        rows = audits.findings_of(session, audits.current(session, number).id)
        ours = {n: centre.staff_member(session, n).id for n in ("1017", "1019")}
        charged = {row.staff_id for row in rows if row.verdict == "fail" and row.rule.startswith("forbidden.")}
        assert {row.staff_id for row in rows} == set(ours.values())
        assert charged == {ours["1019"]}
    box.api.people()
    means = {n: box.api.get(f"/reports/staff/{n}")["figures"]["score"]["mean"] for n in ours}
    assert means["1019"] < means["1017"]
