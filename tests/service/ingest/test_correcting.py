"""Facts that come late or are put right: what rests on them is heard or judged again, the rest is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from service.jobs.queue import run_of
from service.jobs.work import Work
from service.store import audits, centre, recordings
from service.store.audits import TranscriptRecord
from service.store.base import now
from service.store.reviews.tables import ReviewCase
from speechaudit.model import Recording, Role, Segment, Transcript
from speechaudit.rules import rulebook
from tests.service.api_kit import Api
from tests.service.service_kit import MADE_BY, transcript_of

BOOK = rulebook.load()


class Hall:
    """An upload with its worker, and what was heard by which facts."""

    def __init__(self, api: Api, words: Transcript | None = None, **known: Any) -> None:
        self.api = api
        api.people()
        self.heard: list[Recording] = []
        self.words = words or transcript_of("您好", "我不知道")
        known = {"staff": "1017", "window": "A01", "setting": "counter"} | known
        self.number = api.upload(b"sound", **known).json()["id"]
        self.work = Work(api.db, api.services.audio, self._listen, lambda: BOOK, "worker")

    def _listen(self, _path: Path, known: Recording, _progress: Any) -> TranscriptRecord:
        self.heard.append(known)
        return TranscriptRecord(transcript=self.words, made_by=MADE_BY)

    def work_off(self) -> Recording:
        """Do all that was queued, and give the recording by which it was judged at last."""
        for number, attempt in self.api.queue.audits:
            assert self.work.hear(number) is None
            assert self.work.judge(number, run_of(number, attempt)) is None
        self.api.queue.audits.clear()
        with self.api.db.read() as session:
            return audits.content(audits.current(session, self.number)).recording

    def correct(self, **facts: Any) -> Any:
        answer = self.api.ask("PATCH", f"/recordings/{self.number}", json=facts)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def hall(api: Api) -> Hall:
    made = Hall(api)
    made.work_off()
    return made


AGAIN = [
    ({"setting": "phone"}, "hearing"),
    ({"direction": "in"}, "hearing"),
    ({"staff_channel": 1}, "hearing"),
    ({"setting": "phone", "ring_seconds": 4, "staff": "1018"}, "hearing"),
    ({"ring_seconds": 12.5}, "judging"),
    ({"ended_by": "citizen"}, "judging"),
    ({"staff": "1018"}, ""),
    ({"staff": None, "window": None}, ""),
    ({"setting": "counter", "staff": "1017", "ring_seconds": None}, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("facts", "again"), AGAIN)
def test_only_what_rests_on_a_fact_is_done_again(hall: Hall, facts: dict[str, Any], again: str) -> None:
    told = hall.correct(**facts)
    assert told["status"] == ("queued" if again else "done")
    assert hall.api.queue.audits == ([(hall.number, 2)] if again else [])
    judged = hall.work_off()
    assert len(hall.heard) == (2 if again == "hearing" else 1)
    stored = hall.api.get(f"/recordings/{hall.number}")
    assert stored["status"] == "done"
    for name, value in facts.items():
        kept = stored[name]
        assert (kept["number"] if isinstance(kept, dict) else kept) == value
        if again and name not in {"staff", "window"}:
            assert getattr(judged, name) == value
    assert len(hall.api.get(f"/recordings/{hall.number}/audits")) == (2 if again else 1)


TALK: tuple[tuple[float, str, Role], ...] = (
    (1, "您好,这里是社保窗口,请问有什么可以帮您?", "staff"),
    (10, "我想问医保怎么转。", "citizen"),
    (20, "我帮您转接医保窗口,请稍等。", "staff"),
    (32, "您好,医保窗口。", "staff"),
    (40, "医保怎么转?", "citizen"),
    (50, "不归我管,你去问别人。", "staff"),
    (70, "好吧。", "citizen"),
)


def transferred(api: Api, first: str | None) -> Hall:
    """A call that 1018 took over from whom the legs name first, or nobody knows."""
    legs = [
        {"kind": "person", "start": 0, "end": 28, "who": "8001", "staff": first},
        {"kind": "person", "start": 28, "end": 80, "who": "8002", "staff": "1018"},
    ]
    said = (Segment(start=at, end=at + 4, text=text, words=(), channel=0, role=role) for at, text, role in TALK)
    hall = Hall(api, Transcript(segments=tuple(said), duration=80), staff=first, setting="phone", legs=legs)
    hall.work_off()
    return hall


def owners(hall: Hall) -> tuple[set[str | None], set[str | None]]:
    """Whose the findings are, and who has a report."""
    with hall.api.db.read() as session:
        numbers: dict[int | None, str | None] = {each.id: each.number for each in centre.staff(session)}
        rows = audits.findings_of(session, audits.current(session, hall.number).id)
        found = {numbers.get(row.staff_id) for row in rows}
    reports = {each["staff"] for each in hall.api.get("/reports/centre")["staff"]}
    return found, reports


@pytest.mark.parametrize("first", ["1017", None])
def test_who_had_a_transferred_call_first_is_put_right_in_findings_and_reports(api: Api, first: str | None) -> None:
    """Judged again only where the first part was nobody's; then also what is judged later follows."""
    with api.db.write() as session:
        centre.put_staff(session, "1019", "工号1019")
    hall = transferred(api, first)
    assert owners(hall) == ({first, "1018"}, {first, "1018"})
    assert hall.correct(staff="1019")["status"] == ("queued" if first is None else "done")
    hall.work_off()
    assert owners(hall) == ({"1019", "1018"}, {"1019", "1018"})
    hall.correct(ended_by="line")
    assert [leg.staff for leg in hall.work_off().legs] == ["1019", "1018"]
    assert owners(hall) == ({"1019", "1018"}, {"1019", "1018"})


def test_the_log_tells_what_was_changed_from_what_to_what(hall: Hall) -> None:
    hall.correct(setting="phone", staff="1018")
    (told,) = [each for each in hall.api.get("/log") if each["action"] == "更正"]
    assert told["what"] == "setting: counter → phone;staff: 1017 → 1018(重新听)"
    assert told["recording"] == hall.number
    hall.work_off()
    hall.correct(setting="phone")
    assert len([each for each in hall.api.get("/log") if each["action"] == "更正"]) == 1


def test_what_was_heard_by_facts_that_changed_meanwhile_is_dropped(hall: Hall) -> None:
    """The job is in the middle of it when somebody corrects the channel."""
    hall.correct(staff_channel=0)
    late = hall.work._listen

    def listen(path: Path, known: Recording, progress: Any) -> TranscriptRecord:
        hall.work._listen = late
        hall.correct(staff_channel=1)
        return replace(late(path, known, progress), limits=())

    hall.work._listen = listen
    judged = hall.work_off()
    assert [each.staff_channel for each in hall.heard] == [None, 0, 1]
    assert judged.staff_channel == 1
    assert len(hall.api.get(f"/recordings/{hall.number}/audits")) == 2


def test_what_cannot_be_done_again_is_refused_with_the_cure(hall: Hall) -> None:
    with hall.api.db.write() as session:
        row = recordings.get(session, hall.number)
        row.audio_deleted_at = now()
    refused = hall.api.ask("PATCH", f"/recordings/{hall.number}", json={"setting": "phone"})
    assert (refused.status_code, "声音已按保存期限删除" in refused.json()["detail"]) == (409, True)
    assert hall.api.get(f"/recordings/{hall.number}")["setting"] == "counter"
    assert hall.correct(ring_seconds=3)["status"] == "queued"
    hall.work_off()
    with hall.api.db.write() as session:
        session.add(ReviewCase(recording_id=hall.number, key="k", rule="r", machine="fail", state="appealed", lot=0.5))
    refused = hall.api.ask("PATCH", f"/recordings/{hall.number}", json={"ring_seconds": 5})
    assert (refused.status_code, "申诉" in refused.json()["detail"]) == (409, True)
    assert hall.correct(window="A02")["window"]["code"] == "A02"
    assert hall.api.ask("PATCH", f"/recordings/{hall.number}", json={"setting": None}).status_code == 422
    assert hall.api.ask("PATCH", f"/recordings/{hall.number}", json={"ended_by": "nobody"}).status_code == 422


def test_the_same_bytes_with_other_facts_are_told_apart_and_nothing_changes(api: Api) -> None:
    api.people()
    first = api.upload(b"sound", setting="counter", staff="1017").json()
    again = api.upload(b"sound", setting="phone", staff="1018", window="A02", ring_seconds=4)
    assert (again.status_code, again.json()["id"], again.json()["new"]) == (200, first["id"], False)
    assert again.json()["differs"] == [
        {"name": "setting", "kept": "counter", "given": "phone"},
        {"name": "ring_seconds", "kept": None, "given": "4.0"},
        {"name": "staff", "kept": "1017", "given": "1018"},
        {"name": "window", "kept": None, "given": "A02"},
    ]
    assert api.get(f"/recordings/{first['id']}")["setting"] == "counter"
    assert api.upload(b"sound", setting="counter").json()["differs"] == []


def test_an_upload_of_which_nobody_says_the_setting_waits(api: Api) -> None:
    sent = api.ask("POST", "/recordings", files={"file": ("a.wav", b"sound", "audio/wav")})
    told = sent.json()
    assert (sent.status_code, told["id"], told["status"]) == (202, None, None)
    assert told["reasons"] == ["没有说明场景:电话(phone)还是柜台(counter)"]
    (waits,) = api.get("/intake/pending")["items"]
    assert (waits["id"], waits["reasons"], api.queue.audits) == (told["pending"], told["reasons"], [])
    completed = {"setting": "phone", "window": None, "staff": None, "started_at": "2026-03-02T09:15:00"}
    done = api.ask("POST", f"/intake/pending/{told['pending']}/complete", json=completed)
    assert done.status_code == 202, done.text
    row = api.get(f"/recordings/{done.json()['id']}")
    assert (row["setting"], row["extras"], api.get("/intake/pending")["items"]) == ("phone", {}, [])


def test_an_upload_that_waits_goes_in_when_it_comes_again_with_its_setting(api: Api) -> None:
    waits = api.ask("POST", "/recordings", files={"file": ("a.wav", b"sound", "audio/wav")}).json()
    sent = api.upload(b"sound", setting="phone")
    assert (sent.status_code, sent.json()["new"]) == (202, True)
    (done,) = api.get("/intake/pending?state=completed")["items"]
    assert (done["id"], done["recording_id"]) == (waits["pending"], sent.json()["id"])


def test_the_setting_that_uploads_have_by_default_can_be_set(api: Api, tmp_path: Path) -> None:
    hotline = Api(api.db, tmp_path / "hotline", upload_setting="phone")
    sent = hotline.ask("POST", "/recordings", files={"file": ("a.wav", b"sound", "audio/wav")})
    assert hotline.get(f"/recordings/{sent.json()['id']}")["setting"] == "phone"
