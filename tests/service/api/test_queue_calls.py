"""Calls of the queue in the metadata of an upload."""

from __future__ import annotations

from service.store import recordings
from speechaudit.model import Call
from tests.service.api_kit import Api


def test_calls_of_the_queue_come_with_a_recording_and_reach_the_audit(api: Api) -> None:
    calls = [{"at": "2026-03-02T09:15:00+08:00", "number": "A1"}, {"at": 30}]
    answer = api.upload(b"sound", "a.wav", started_at="2026-03-02T09:14:00+08:00", calls=calls)
    with api.db.read() as session:
        known = recordings.known(recordings.get(session, answer.json()["id"]))
    assert known.calls == (Call(at=30.0), Call(at=60.0, number="A1"))


def test_clock_times_of_calls_without_the_start_of_the_recording_are_refused(api: Api) -> None:
    answer = api.upload(b"sound", "a.wav", calls=[{"at": "2026-03-02T09:15:00+08:00"}])
    assert answer.status_code == 422
    assert "started_at" in answer.text
