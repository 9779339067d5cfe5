"""Recordings come in once and whole, or not at all."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from service.audio import Draft, Stored
from service.errors import UnavailableError
from service.ingest.file_names import media_type, safe_name
from service.store import Database, centre, recordings, retention
from service.store.recordings import NewRecording, RecordingRow
from tests.service.api_kit import Api
from tests.service.service_kit import run_apart

MEGABYTE = 1024 * 1024


def files_below(api: Api) -> list[Path]:
    return [path for path in (api.services.settings.data / "audio").rglob("*") if path.is_file()]


def test_an_upload_is_stored_and_queued(both: Api) -> None:
    with both.db.write() as session:
        centre.put_window(session, "A01", "综合窗口")
        centre.put_staff(session, "1017", "甲")
    answer = both.upload(
        b"sound",
        "C:\\calls\\录音 1.wav",
        setting="phone",
        staff="1017",
        window="A01",
        ring_seconds=8,
        extras={"k": "v"},
    )
    assert answer.status_code == 202
    assert both.queue.audits == [(answer.json()["id"], 1)]
    stored = both.get(answer.headers["location"].removeprefix("/api/v1"))
    assert (stored["file_name"], stored["size"], stored["staff"]["number"]) == ("录音 1.wav", 5, "1017")
    assert (stored["window"]["name"], stored["extras"], stored["status"]) == ("综合窗口", {"k": "v"}, "queued")
    assert [path.read_bytes() for path in files_below(both)] == [b"sound"]


def test_a_number_may_say_that_it_is_one(api: Api) -> None:
    """As sidecars of the samples do."""
    with api.db.write() as session:
        centre.put_staff(session, "1017", "甲")
    for n, told in enumerate(("工号1017", "工号\N{FULLWIDTH COLON}1017", "工号 1017")):
        stored = api.get(f"/recordings/{api.upload(f'{n}'.encode(), staff=told).json()['id']}")
        assert stored["staff"]["number"] == "1017"
    unknown = api.upload(b"sound", staff="工号1018")
    assert (unknown.status_code, unknown.json()["detail"]) == (422, "staff:没有登记工号“工号1018”")


def test_the_same_bytes_are_one_recording(api: Api) -> None:
    first, again = api.upload(b"sound"), api.upload(b"sound", "other.wav")
    assert (first.status_code, again.status_code) == (202, 200)
    assert (first.json()["id"], first.json()["new"]) == (again.json()["id"], not again.json()["new"])
    assert len(files_below(api)) == 1


def test_a_key_belongs_to_one_recording_of_its_sender(both: Api) -> None:
    key = {"Idempotency-Key": "call-17"}
    sender = both.headers(None, "recordings:write")
    assert [both.upload(b"one", headers=sender | key).status_code for _ in range(2)] == [202, 200]
    assert both.upload(b"two", headers=sender | key).status_code == 409
    assert both.upload(b"two", headers=key).status_code == 202


def test_a_time_without_zone_is_that_of_the_centre(api: Api) -> None:
    number = api.upload(started_at="2026-03-02T09:15:00").json()["id"]
    assert api.get(f"/recordings/{number}")["started_at"] == "2026-03-02T01:15:00Z"


def test_the_roster_says_who_sat_there(api: Api) -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC)
    with api.db.write() as session:
        window, person = centre.put_window(session, "A01", "综合窗口"), centre.put_staff(session, "1017", "甲")
        centre.put_roster(session, window.id, person.id, day, day + timedelta(hours=8))
    number = api.upload(window="A01", started_at="2026-03-02T02:00:00Z").json()["id"]
    assert api.get(f"/recordings/{number}")["staff"]["number"] == "1017"


def test_extension_and_time_tell_window_and_staff(api: Api) -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC)
    with api.db.write() as session:
        window, person = centre.put_window(session, "A01", "综合窗口"), centre.put_staff(session, "1017", "甲")
        centre.put_window(session, "A02", "另一个窗口")
        centre.put_extension(session, "8001", window.id)
        centre.put_roster(session, window.id, person.id, day, day + timedelta(hours=8))
    number = api.upload(extension="8001", started_at="2026-03-02T02:00:00Z").json()["id"]
    stored = api.get(f"/recordings/{number}")
    assert (stored["window"]["code"], stored["staff"]["number"]) == ("A01", "1017")
    number = api.upload(b"another", extension="8001").json()["id"]
    stored = api.get(f"/recordings/{number}")
    assert (stored["window"]["code"], stored["staff"]) == ("A01", None)
    contradicted = api.upload(b"third", extension="8001", window="A02")
    assert (contradicted.status_code, "A01" in contradicted.json()["detail"]) == (422, True)


@pytest.mark.parametrize(("field", "route"), [("staff", "staff"), ("window", "windows"), ("extension", "extensions")])
def test_what_is_not_registered_is_told_with_the_route_that_registers_it(api: Api, field: str, route: str) -> None:
    sent: dict[str, Any] = {field: "77"}
    told = api.upload(**sent)
    assert (told.status_code, told.json()["detail"].split(":")[0]) == (422, field)
    assert told.json()["routes"] == [f"PUT /api/v1/{route}/77", f"POST /api/v1/imports/{route}"]
    assert "/api/" not in told.json()["cure"]
    known = {"name": "x"} if route != "extensions" else {"window": "77"}
    with api.db.write() as session:
        centre.put_window(session, "77", "x")
    assert api.ask("PUT", f"/{route}/77", json=known).status_code == 200
    assert api.upload(**sent).status_code == 202


def form(*parts: tuple[str, str], boundary: str = "b") -> dict[str, Any]:
    body = "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"; filename="x"\r\n\r\n{v}\r\n' for n, v in parts)
    return {
        "content": body.encode() + b"--b--\r\n",
        "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    }


FAR = (datetime.now(UTC) + timedelta(days=3)).isoformat()
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no multipart": ({"json": {}}, "multipart"),
    "no boundary": ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, "multipart"),
    "wrong boundary": (form(("file", "x"), boundary="c"), "multipart"),
    "nothing in it": (form(), "缺少录音文件"),
    "no file": (form(("metadata", "{}")), "缺少录音文件"),
    "an empty file": (form(("file", "")), "0 字节"),
    "two files": (form(("file", "x"), ("file", "y")), "两次"),
    "an unknown part": (form(("sound", "x")), "sound"),
    "no JSON": (form(("metadata", "{"), ("file", "x")), "不是正确的 JSON"),
    "a misspelt key": (form(("file", "x"), ("metadata", '{"staf": "1"}')), "metadata.staf:没有这一项"),
    "a wrong type": (form(("file", "x"), ("metadata", '{"ring_seconds": "8"}')), "metadata.ring_seconds:应为数字"),
    "a huge text": (form(("file", "x"), ("metadata", " " * 70_000)), "64 KB"),
    "unknown staff": (form(("file", "x"), ("metadata", '{"staff": "9"}')), "没有登记工号“9”"),
    "an unknown window": (form(("file", "x"), ("metadata", '{"window": "Z"}')), "没有登记窗口“Z”"),
    "a NUL": (form(("file", "x"), ("metadata", '{"extras": {"a": "\\u0000"}}')), "控制字符"),
    "half a character": (form(("file", "x"), ("metadata", '{"extras": {"a": "\\ud800"}}')), "不是正确的 JSON"),
    "the future": (form(("file", "x"), ("metadata", json.dumps({"started_at": FAR}))), "时钟"),
    "no year": (form(("file", "x"), ("metadata", '{"started_at": "0001-01-01T00:00:00"}')), "时间"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_and_nothing_is_kept(api: Api, case: str) -> None:
    request, complaint = WRONG[case]
    answer = api.ask("POST", "/recordings", **request)
    assert answer.status_code == 422
    assert complaint in answer.json()["detail"] + answer.json()["cure"]
    assert (files_below(api), api.queue.audits, api.get("/recordings")["items"]) == ([], [], [])


def test_too_much_is_refused_as_it_arrives(sqlite_template: Path, api: Api, tmp_path: Path) -> None:
    small = Api(api.db, tmp_path / "small", upload_limit_mb=1)
    answer = small.upload(b"x" * (MEGABYTE + 1))
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")
    assert (
        small.ask("POST", "/recordings", content=b"", headers={"Content-Length": str(9 * MEGABYTE)}).status_code == 413
    )
    assert files_below(small) == []


def test_an_upload_that_breaks_off_leaves_nothing(api: Api) -> None:
    headers = api.headers(None) | {"Content-Type": "multipart/form-data; boundary=b"}
    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/recordings", "query_string": b"", "http_version": "1.1",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http", "server": ("centre", 80), "client": ("there", 1), "root_path": "",
    }  # fmt: skip
    begun = form(("file", "x" * 100))["content"][:80]
    messages = iter([{"type": "http.request", "body": begun, "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    run_apart(api.app(scope, receive, send))
    assert sent[0]["status"] == 400
    assert (files_below(api), api.get("/recordings")["items"]) == ([], [])


def test_memory_does_not_grow_with_the_upload(api: Api) -> None:
    """Half of what is handed in: what threads of other tests allocate meanwhile is counted too."""
    piece = b"x" * MEGABYTE

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
        yield from (piece for _ in range(64))
        yield b"\r\n--b--\r\n"

    async def upload() -> int:
        async def pieces() -> Any:
            for each in body():
                yield each

        headers = api.headers(None) | {"Content-Type": "multipart/form-data; boundary=b"}
        async with AsyncClient(transport=ASGITransport(app=api.app), base_url="http://centre") as client:
            return (await client.post("/api/v1/recordings", headers=headers, content=pieces())).status_code

    tracemalloc.start()
    try:
        assert run_apart(upload()) == 202
        assert tracemalloc.get_traced_memory()[1] < 32 * MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_queue_that_is_away_loses_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: int) -> None:
        raise UnavailableError("任务队列", "暂时不能用", "请稍后重试")

    monkeypatch.setattr(api.queue, "audit", away)
    answer = api.upload()
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


def test_a_database_that_is_away_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    away = Api(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"), tmp_path)
    headers = {"Authorization": "Bearer sa_x"}
    answer = away.client.post("/api/v1/recordings", headers=headers, files={"file": b"x"})
    assert (answer.status_code, answer.json()["type"], "retry-after" in answer.headers) == (503, "unavailable", True)
    assert away.client.get("/readyz").status_code == 503
    assert away.client.get("/healthz").status_code == 200
    assert files_below(away) == []


def test_a_database_that_goes_away_in_the_middle_is_told_and_the_upload_can_be_repeated(
    both: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = recordings.add

    def going_away(session: Session, new: NewRecording) -> tuple[RecordingRow, bool]:
        row = kept(session, new)
        if session.get_bind().dialect.name == "postgresql":
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        else:
            session.execute(text("PRAGMA max_page_count = 1"))  # a full disk: what is there stays, nothing is added
            session.execute(text("CREATE TABLE more AS SELECT zeroblob(1000000) AS x"))
        return row

    with monkeypatch.context() as patch:
        patch.setattr(recordings, "add", going_away)
        told = both.upload()
    assert (told.status_code, told.json()["type"], both.queue.audits) == (503, "unavailable", [])
    both.db.engine.dispose()
    assert both.get("/recordings")["items"] == []
    assert both.upload().status_code == 202


def test_sound_that_grew_too_old_does_not_come_back_with_a_copy(api: Api) -> None:
    number = api.upload(b"sound").json()["id"]
    with api.db.write() as session:
        sha256 = recordings.get(session, number).sha256
        session.execute(update(RecordingRow).values(status="done"))
        retention.delete(session, "audio", number)
        api.services.audio.delete(sha256)
    assert (api.upload(b"sound").status_code, api.services.audio.exists(sha256)) == (200, False)


def test_bytes_that_are_deleted_between_arrival_and_row_are_asked_for_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = api.services.audio.keep

    def lost(draft: Draft) -> Stored:
        stored = keep(draft)
        api.services.audio.delete(stored.sha256)
        return stored

    with monkeypatch.context() as patch:
        patch.setattr(api.services.audio, "keep", lost)
        assert api.upload(b"sound").status_code == 503
    assert (api.get("/recordings")["items"], api.upload(b"sound").status_code) == ([], 202)


def test_names_and_types_are_what_a_browser_may_see() -> None:
    assert [safe_name(name) for name in ("../../etc/x.wav", "a\\b.wav", "a\x00b.wav", "")] == [
        "x.wav",
        "b.wav",
        "ab.wav",
        "recording",
    ]
    assert media_type("text/html", "x.wav") == media_type("", "x.html").replace(
        "application/octet-stream", "audio/x-wav"
    )
    assert media_type("audio/ogg; codecs=opus", "x") == "audio/ogg"
