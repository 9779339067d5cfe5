"""Uploads, pushes, watched folders and what people complete come in by one way, whole and once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service.cleanup import Cleanup
from service.errors import ConflictError, RequestError
from service.ingest import receiving
from service.ingest.call_record import CallRecord
from service.ingest.receiving import IncomingFile, Receipt, of_recorder
from service.store import intake, recordings
from service.store.intake import Pending
from service.store.recordings import RecordingRow
from speechaudit.model import Call, CallFacts, Leg
from tests.service.api_kit import Api
from tests.service.intake.intake_kit import MORNING, wav

CALL = CallRecord(
    setting="phone",
    started_at=MORNING,
    extension="3201",
    ring_seconds=7.0,
    direction="in",
    ended_by="citizen",
    calls=(Call(at=3.0, number="A1"),),
    legs=(Leg(kind="person", who="3201", start=0.0, end=60.0),),
    extras={"k": "v"},
)
UPLOAD = IncomingFile(name="a.wav", sender="user:1", by="inspector", key="call-1")


def request(api: Api, record: CallRecord = CALL) -> Receipt:
    with api.services.audio.draft() as draft:
        draft.write(wav())
        return receiving.receive(api.services, UPLOAD, record, draft)


def recorder(api: Api, record: CallRecord = CALL) -> Receipt:
    (source,) = api.services.settings.intake
    with api.services.audio.draft() as draft:
        draft.write(wav())
        return receiving.receive(api.services, of_recorder(source, "a.wav", MORNING), record, draft)


def completed(api: Api, record: CallRecord = CALL) -> Receipt:
    """A recorder that did not say when it was, and a person who knows."""
    waits = recorder(api, replace(record, started_at=None))
    if waits.state != "pending":
        return waits
    return receiving.complete(api.services, waits.number, replace(record, calls=(), legs=(), extras={}), "inspector")


WAYS: list[Callable[[Api], Receipt]] = [request, recorder, completed]


def rows(api: Api) -> list[RecordingRow]:
    with api.db.read() as session:
        return [recordings.get(session, each) for each in session.scalars(select(RecordingRow.id))]


def sounds(api: Api) -> int:
    return sum(path.is_file() for path in (api.services.settings.data / "audio").rglob("*"))


@pytest.mark.parametrize("way", WAYS)
def test_the_same_call_becomes_the_same_recording_by_each_way(api: Api, way: Callable[[Api], Receipt]) -> None:
    assert way(api).state == "new"
    (row,) = rows(api)
    assert (row.staff and row.staff.number, row.window and row.window.code) == ("1017", "A01")
    extras = {"k": "v"} if way is request else {"k": "v", "source": "box"}
    assert row.facts == CallFacts(
        setting="phone",
        started_at=MORNING,
        ring_seconds=7.0,
        direction="in",
        ended_by="citizen",
        calls=(Call(at=3.0, number="A1"),),
        legs=(Leg(kind="person", who="3201", staff="1017", start=0.0, end=60.0),),
        extras=extras,
    )
    assert (row.occurred_at, api.queue.audits) == (MORNING, [(row.id, 1)])


class Killed(BaseException):
    """The power fails."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", ["row", "queue"])
def test_the_power_fails_and_the_same_bytes_come_again(
    api: Api, way: Callable[[Api], Receipt], at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Killed

    place: tuple[Any, str] = {"row": (recordings, "add"), "queue": (receiving, "queue_audit")}[at]
    with monkeypatch.context() as patch:
        patch.setattr(*place, fail)
        with pytest.raises(Killed):
            way(api)
    assert len(rows(api)) == (at == "queue")
    assert way(api).state == ("known" if at == "queue" else "new")
    (row,) = rows(api)
    assert (sounds(api), api.queue.audits) == (1, [(row.id, 1)])
    with api.db.read() as session:
        assert session.scalar(select(func.count()).where(Pending.state == "waiting")) == 0


def test_what_is_left_of_a_sender_who_never_comes_again_is_swept(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(recordings, "add", fail)
    with pytest.raises(Killed):
        request(api)
    assert sounds(api) == 1
    monkeypatch.setattr("service.cleanup.AGE", timedelta(0))
    cleanup = Cleanup(api.db, api.services.audio)
    assert (sum(cleanup.sounds(f"{n:02x}") for n in range(256)), sounds(api)) == (1, 0)


def test_what_a_request_says_wrong_is_refused_and_a_recorder_s_waits(api: Api) -> None:
    wrong = replace(CALL, staff="9999")
    with pytest.raises(RequestError, match="没有登记工号“9999”"):
        request(api, wrong)
    assert (sounds(api), rows(api)) == (0, [])
    assert recorder(api, wrong).reasons == ("工号 9999:没有登记",)
    assert (sounds(api), rows(api)) == (1, [])


def test_what_is_merely_unknown_a_request_may_leave_so(api: Api) -> None:
    nothing = CallRecord()
    assert set(recorder(api, nothing).reasons) == {"不知道开始时间", "不知道是哪个窗口:没有窗口,也没有登记的分机"}
    assert request(api, nothing).reasons == ("没有说明场景:电话(phone)还是柜台(counter)",)
    assert request(api, CallRecord(setting="counter")).state == "new"
    (row,) = rows(api)
    assert (row.staff_id, row.window_id, row.facts) == (None, None, CallFacts(setting="counter"))


def test_bytes_that_wait_and_are_uploaded_wait_no_longer(api: Api) -> None:
    waits = recorder(api, replace(CALL, started_at=None))
    taken = request(api)
    with api.db.read() as session:
        row = intake.get(session, waits.number)
    assert (row.state, row.decided_by, row.recording_id) == ("completed", "inspector", taken.number)
    assert sounds(api) == 1


def test_a_key_that_was_used_for_other_bytes_is_refused_before_anything_is_decided(api: Api) -> None:
    request(api)
    with api.services.audio.draft() as draft:
        draft.write(wav(1))
        with pytest.raises(ConflictError, match="这个键已用于另一个录音"):
            receiving.receive(api.services, UPLOAD, CALL, draft)
    assert len(rows(api)) == 1
