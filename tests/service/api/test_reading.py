"""Lists, one recording, its audit, words, progress and sound."""

from __future__ import annotations

import io
import json
import wave
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter

from service.api import progress
from service.api.schemas import ProgressOut
from service.services import Services
from service.store import accounts, audits, centre, recordings
from service.store.audits import TranscriptRecord
from speechaudit import formats
from speechaudit.model import Audit
from speechaudit.reasons import because
from tests.service.api_kit import Api
from tests.service.service_kit import MADE_BY, POLICY, audit_of, audited, finding, transcript_of


def ids(answer: Any) -> list[int]:
    return [item["id"] for item in answer["items"]]


def tone(seconds: float, rate: int = 8000) -> bytes:
    """A wav whose level rises from one tenth of a second to the next, so that a place can be told by it."""
    steps = np.repeat(np.arange(int(seconds * 10)) * 100, rate // 10).astype("<i2")
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(steps.tobytes())
    return buffer.getvalue()


def test_lists_are_paged_and_filtered(both: Api) -> None:
    with both.db.write() as session:
        staff, window = centre.put_staff(session, "1017", "甲").id, centre.put_window(session, "A01", "综合").id
    first = both.audited(1, "不知道", staff=staff, window=window)
    others = [both.audited(number, "您好", window=window) for number in (2, 3, 4)]
    assert ids(both.get("/recordings")) == [*reversed(others), first]
    page = both.get("/recordings?limit=3")
    assert ids(both.get("/recordings", params={"limit": 3, "cursor": page["next"]})) == [first]
    for query in ("staff=1017", "text=不知", "until=2026-03-02T09:01:30%2B08:00", "until=2026-03-02T09:01:30+08:00"):
        assert ids(both.get(f"/recordings?{query}")) == [first], query
    assert ids(both.get("/recordings?window=综合&staff=1017&verdict=fail&score_to=90")) == [first]
    assert ids(both.get("/recordings?since=2026-03-02&until=2026-03-02")) == [*reversed(others), first]
    for query in ("since=2026-03-03", "until=2026-03-01", "rule=no.such", "score_from=91", "status=failed"):
        assert ids(both.get(f"/recordings?{query}")) == [], query
    found = both.get("/findings?reason=said-forbidden&rule=forbidden.dont-know")["items"]
    assert len(found) == len(both.get("/findings?rule=forbidden.dont-know")["items"]) == 4
    assert {each["reason"] for each in found} == {"said-forbidden"}
    assert both.get("/findings?reason=not-said")["items"] == []
    assert both.ask("GET", "/findings?reason=no-such-code").status_code == 422


def test_findings_are_counted_by_reason(both: Api) -> None:
    with both.db.write() as session:
        window = centre.put_window(session, "A01", "综合").id
        unheard = (finding("a.b", "fail", "喂"), finding("a.c", "fail"))
        audited(session, 1, audit_of("你好", findings=unheard), window_id=window)
    for number in (2, 3):
        both.audited(number, "您好")
    told = {each["code"]: (each["text"], each["count"]) for each in both.get("/findings/reasons")}
    assert told == {"said-forbidden": ("说了“…”,属于“…”", 3), None: ("没有留下原因", 1)}
    assert [each["count"] for each in both.get("/findings/reasons?window=A01")] == [1, 1]
    assert [each["count"] for each in both.get("/findings/reasons?reason=said-forbidden&text=您好")] == [2]
    assert both.get("/findings/reasons?rule=no.such") == []
    assert both.ask("GET", "/findings/reasons?reason=no-such-code").status_code == 422


@pytest.mark.parametrize(
    "query", ["staff=9", "cursor=x", "text=。", "since=tomorrow", "limit=0", "nonsense=1", "score_to=nan"]
)
def test_filters_that_cannot_be_used_are_told(api: Api, query: str) -> None:
    answer = api.ask("GET", f"/recordings?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_an_audit_is_read_as_the_library_writes_it(api: Api) -> None:
    number = api.audited(1, "不知道", "再见")
    read = TypeAdapter(Audit).validate_python(api.get(f"/recordings/{number}/audit"), strict=False)
    assert [s.text for s in read.encounters[0].transcript.segments] == ["不知道", "再见"]
    assert json.loads(formats.dump(read)) == api.get(f"/recordings/{number}/audit")
    assert [row["current"] for row in api.get(f"/recordings/{number}/audits")] == [True]
    (found,) = api.get(f"/recordings/{number}/findings")
    assert (found["rule"], found["quote"], found["points"]) == ("forbidden.dont-know", "不知道", 5.0)
    assert api.get(found["links"]["self"].removeprefix("/api/v1")) == found


def test_what_was_heard_can_be_read(api: Api) -> None:
    number = api.audited(1, "您好")
    with api.db.write() as session:
        audits.save_transcript(
            session, number, TranscriptRecord(transcript=transcript_of("您好", "再见"), made_by=MADE_BY)
        )
    assert [s["text"] for s in api.get(f"/recordings/{number}/transcript")["segments"]] == ["您好", "再见"]


def test_search_tells_where_it_was_said(both: Api) -> None:
    hit, _ = both.audited(1, "您好,这个不归我管"), both.audited(2, "您好")
    found = both.get("/search?text=归")["items"]
    assert [(item["recording"]["id"], [p["text"] for p in item["passages"]]) for item in found] == [
        (hit, ["您好,这个不归我管"])
    ]


def test_search_finds_what_sounds_alike_but_no_number_by_its_sound(both: Api) -> None:
    api = both
    plain, heard = api.audited(1, "这个不归我管"), api.audited(2, "这个不规我馆,是一三八")

    def found(**asked: object) -> list[int]:
        return [item["recording"]["id"] for item in api.get("/search", params=asked)["items"]]

    assert found(text="不归我管") == [plain]
    assert found(text="不归我管", sounds_like=True) == [heard, plain]
    assert found(text="归", sounds_like=True) == [heard, plain]
    assert found(text="衣", sounds_like=True) == []
    assert found(text="一三", sounds_like=True) == [heard]
    listed = api.get("/recordings", params={"text": "部贵我管", "sounds_like": True})["items"]
    assert [item["id"] for item in listed] == [heard, plain]


def test_search_tells_who_said_it_and_takes_the_filters_of_the_list(both: Api) -> None:
    phone, counter = both.audited(1, "您好"), both.audited(2, "您好")
    with both.db.write() as session:
        row = recordings.get(session, counter)
        row.facts = replace(row.facts, setting="counter")

    def found(query: str) -> list[int]:
        return [item["recording"]["id"] for item in both.get(f"/search?text=您好{query}")["items"]]

    assert found("&said_by=staff") == [counter, phone]
    assert found("&said_by=citizen") == []
    assert found("&setting=counter") == [counter]
    assert found("&status=failed") == []
    assert [item["id"] for item in both.get("/recordings?setting=phone")["items"]] == [phone]


def test_progress_is_told_by_stage_and_as_it_goes_on(api: Api) -> None:
    number = api.upload().json()["id"]
    with api.db.write() as session:
        recordings.advance(session, number, "hearing", 0.4)
    told = api.get(f"/recordings/{number}/progress")
    assert (told["progress"], [stage["state"] for stage in told["stages"]]) == (
        0.4,
        ["done", "running", "waiting", "waiting"],
    )
    with api.db.write() as session:
        recordings.fail(session, number, because("older-text", text="无法解码"))
    answer = api.ask("GET", f"/recordings/{number}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    event, data = answer.text.strip().split("\n")[:2]
    assert (event, json.loads(data.removeprefix("data: "))["failure"]) == ("event: progress", "无法解码")
    assert api.ask("GET", "/recordings/99/events").status_code == 404


def test_who_is_signed_out_watches_no_further(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    api.people()
    number = api.upload().json()["id"]
    looked: list[int] = []

    def signed_out(services: Services, recording_id: int) -> ProgressOut:
        looked.append(recording_id)
        with services.database.write() as session:
            accounts.sign_out_everywhere(session, 1)
        return real(services, recording_id)

    real = progress._now
    monkeypatch.setattr(progress, "_now", signed_out)
    monkeypatch.setattr(progress, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(progress, "_LONGEST_SECONDS", 5.0)
    answer = api.ask("GET", f"/recordings/{number}/events", "admin")
    assert (looked, answer.text.count("event: progress")) == ([number], 1)


def test_each_watches_a_few_at_a_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    number = api.upload().json()["id"]
    with api.db.write() as session:
        recordings.fail(session, number, because("older-text", text="无法解码"))
    headers = api.headers(None)
    for most, status in ((1, 200), (1, 200), (0, 429)):
        monkeypatch.setattr(progress, "MOST_WATCHED", most)
        answer = api.client.get(f"/api/v1/recordings/{number}/events", headers=headers)
        assert answer.status_code == status


def test_a_failed_recording_is_tried_again(api: Api) -> None:
    number = api.upload().json()["id"]
    assert api.ask("POST", f"/recordings/{number}/retry").status_code == 409
    with api.db.write() as session:
        recordings.fail(session, number, because("internal-error", kind="ValueError", error="13800138000"))
    failed = api.get(f"/recordings/{number}")
    assert (failed["failure_code"], failed["failure_english"]) == ("internal-error", "internal error (ValueError)")
    assert api.get(f"/recordings/{number}/progress")["failure_english"] == "internal error (ValueError)"
    again = api.ask("POST", f"/recordings/{number}/retry").json()
    assert (again["status"], again["failure_english"]) == ("queued", None)
    assert api.queue.audits == [(number, 1), (number, 2)]


def test_who_and_where_can_be_corrected(api: Api) -> None:
    number = api.audited(1, "不知道")
    with api.db.write() as session:
        centre.put_staff(session, "1017", "甲")
    answer = api.ask("PATCH", f"/recordings/{number}", json={"staff": "1017", "window": None})
    assert (answer.json()["staff"]["number"], answer.json()["window"]) == ("1017", None)
    assert api.get(f"/recordings/{number}/audit")["recording"]["staff"] == "1017"
    assert api.ask("PATCH", f"/recordings/{number}", json={"staff": "9", "window": None}).status_code == 422


def test_deleting_takes_the_sound_too(api: Api) -> None:
    number = api.upload(b"sound").json()["id"]
    sha256 = api.get(f"/recordings/{number}")["sha256"]
    assert api.ask("DELETE", f"/recordings/{number}").status_code == 204
    assert api.ask("GET", f"/recordings/{number}").status_code == 404
    assert not api.services.audio.exists(sha256)


@pytest.mark.parametrize(
    ("wanted", "status", "content", "told"),
    [
        ("", 200, b"0123456789", None),
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=-0", 416, b"", "bytes */10"),
        ("bytes=5-2", 416, b"", "bytes */10"),
        ("bytes=1-2,4-5", 200, b"0123456789", None),
        ("words=1-2", 200, b"0123456789", None),
    ],
)
def test_sound_comes_in_ranges(api: Api, wanted: str, status: int, content: bytes, told: str | None) -> None:
    number = api.upload(b"0123456789").json()["id"]
    answer = api.ask("GET", f"/recordings/{number}/audio", headers={"Range": wanted} if wanted else {})
    assert (answer.status_code, answer.content, answer.headers.get("content-range")) == (status, content, told)


def test_sound_that_did_not_change_is_not_sent_again(api: Api) -> None:
    path = f"/recordings/{api.upload(b'0123456789').json()['id']}/audio"
    tag = api.ask("GET", path).headers["etag"]
    assert api.ask("GET", path, headers={"If-None-Match": tag}).status_code == 304
    assert api.ask("GET", path, headers={"If-Range": tag, "Range": "bytes=0-0"}).status_code == 206
    assert api.ask("GET", path, headers={"If-Range": '"old"', "Range": "bytes=0-0"}).status_code == 200


def test_the_sound_of_a_finding_can_be_heard(api: Api) -> None:
    number = api.upload(tone(20.0)).json()["id"]
    with api.db.write() as session:
        audit = audit_of("您好", findings=(finding("a.b", "fail", "您好"), finding("a.c", "fail")))
        audits.save(session, number, audit, run="r", policy=POLICY)
    clips = [api.ask("GET", f"/findings/{found['id']}/clip") for found in api.get("/findings")["items"]]
    assert sorted(clip.status_code for clip in clips) == [200, 404]
    clip = next(clip for clip in clips if clip.status_code == 200)
    with wave.open(io.BytesIO(clip.content)) as file:
        assert (file.getframerate(), file.getnframes() / file.getframerate()) == (16000, 4.0)


def test_the_sound_of_a_broken_file_is_told(api: Api) -> None:
    number = api.upload(b"no sound").json()["id"]
    with api.db.write() as session:
        audits.save(
            session, number, audit_of("您好", findings=(finding("a.b", "fail", "您好"),)), run="r", policy=POLICY
        )
    (found,) = api.get("/findings")["items"]
    assert api.ask("GET", f"/findings/{found['id']}/clip").status_code == 422


def test_metrics_count_what_waits_and_what_failed(api: Api) -> None:
    for content in (b"1", b"2"):
        api.upload(content)
    with api.db.write() as session:
        recordings.fail(session, 1, because("audio-empty", where="a.wav", problem="文件是空的", cure="请重新导出"))
        audited(session, 7, audit_of("您好"))
    told = api.client.get("/metrics", headers=api.headers(None, "metrics:read")).text
    assert "speechaudit_recordings_queued 1.0" in told
    assert 'speechaudit_recordings_failed{cause="audio-empty"} 1.0' in told
