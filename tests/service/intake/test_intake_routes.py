"""Recorders push with their own names; what waits is listed, heard, completed and discarded."""

from __future__ import annotations

import base64
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from service.errors import ConfigError
from service.settings import load
from service.store import Database, centre
from tests.service.api_kit import Api
from tests.service.intake.intake_kit import local, people, wav

BOX = {
    "name": "line-box",
    "kind": "box",
    "setting": "phone",
    "fields": {"rec_ext": "extension", "begin": "started_at", "pick": "answered_at", "hang": "ended_at"},
}
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def pushed(db: Database, tmp_path: Path) -> Api:
    people(db)
    with db.write() as session:
        window, person = centre.window(session, "A01"), centre.staff_member(session, "1017")
        centre.put_roster(session, window.id, person.id, NOW - timedelta(days=1), NOW + timedelta(days=1))
    return Api(db, tmp_path, intake=[BOX])


def send(
    api: Api, sound: bytes = b"", headers: dict[str, str] | None = None, query: str = "", **known: str
) -> Response:
    usual = {"rec_ext": "3201", "方向": "呼入", "begin": local(NOW - timedelta(minutes=2)), "box_serial": "SN-7"}
    usual |= {"pick": local(NOW - timedelta(seconds=111)), "hang": local(NOW - timedelta(seconds=5))}
    key = api.headers(None, "recordings:write") if headers is None else headers
    files = {"recfile": ("C:\\rec\\录音.wav", sound or wav(), "audio/wav")}
    path = f"/api/v1/intake/push/line-box{query}"
    return api.client.post(path, headers=key, files=files, data=usual | known)


def test_a_push_is_answered_after_it_is_stored_and_repeats_are_one(pushed: Api) -> None:
    first, again = send(pushed), send(pushed)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() | {"new": False} == again.json()
    row = pushed.get(f"/recordings/{first.json()['recording']}")
    assert (row["staff"]["number"], row["window"]["code"], row["ring_seconds"]) == ("1017", "A01", 9.0)
    assert (row["file_name"], row["direction"], row["setting"]) == ("录音.wav", "in", "phone")
    assert {number for number, _ in pushed.queue.audits} == {row["id"]}


def test_boxes_that_know_no_header_have_the_key_in_the_address_or_as_password(pushed: Api) -> None:
    key = pushed.headers(None, "recordings:write")["Authorization"].removeprefix("Bearer ")
    basic = {"Authorization": "Basic " + base64.b64encode(f"box:{key}".encode()).decode()}
    assert send(pushed, headers={}, query=f"?key={key}").status_code == 202
    assert send(pushed, headers=basic).status_code == 200
    assert send(pushed, headers={}, query="?key=sa_wrong").status_code == 401
    assert send(pushed, headers={"Authorization": "Basic !"}).status_code == 401
    assert send(pushed, headers={}).status_code == 401
    listed = pushed.client.get(f"/api/v1/recordings?key={pushed.headers(None)['Authorization'][7:]}")
    assert listed.status_code == 401


@pytest.mark.parametrize("query", ["a=1&key=sa_secret&b=2", "%6Bey=sa_secret", "text=sa_secret", "?\nkey=sa_secret"])
def test_what_follows_the_path_is_not_written_to_the_log(query: str) -> None:
    from service.api.hiding import QueryFilter

    line = ("127.0.0.1:1", "POST", f"/api/v1/intake/push/line-box?{query}", "1.1", 202)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', line, None)
    assert QueryFilter().filter(record)
    assert record.getMessage() == '127.0.0.1:1 - "POST /api/v1/intake/push/line-box?*** HTTP/1.1" 202'


def test_a_push_that_cannot_be_matched_is_kept_and_waits(pushed: Api) -> None:
    answer = send(pushed, rec_ext="9999", hang="?")
    assert answer.status_code == 202
    number = answer.json()["pending"]
    (waits,) = pushed.get("/intake/pending")["items"]
    assert pushed.get(f"/intake/pending/{number}") == waits
    assert (waits["id"], waits["source"], waits["known"]["extension"]) == (number, "line-box", "9999")
    assert {"分机 9999:没有登记", "结束时间 ended_at 不是时间:“?”"} <= set(waits["reasons"])
    metrics = pushed.client.get("/metrics", headers=pushed.headers(None, "metrics:read"))
    assert "speechaudit_intake_pending 1.0" in metrics.text
    sound = pushed.ask("GET", f"/intake/pending/{number}/audio")
    assert (sound.content, sound.headers["content-type"]) == (wav(), "audio/wav")
    uncovered = pushed.headers(None, "recordings:manage")
    assert pushed.client.get(f"/api/v1/intake/pending/{number}/audio", headers=uncovered).status_code == 403


def test_what_waits_is_completed_by_hand_once(pushed: Api) -> None:
    number = send(pushed, rec_ext="9999").json()["pending"]
    told = {
        "setting": "phone",
        "window": "A01",
        "staff": "1018",
        "started_at": "2025-03-27T09:25:17",
        "ring_seconds": 4,
    }
    wrong = pushed.ask("POST", f"/intake/pending/{number}/complete", json=told | {"staff": "nobody"})
    assert (wrong.status_code, wrong.json()["detail"]) == (422, "staff:没有登记工号“nobody”")
    done = pushed.ask("POST", f"/intake/pending/{number}/complete", json=told)
    assert done.status_code == 202
    row = pushed.get(f"/recordings/{done.json()['id']}")
    assert (row["staff"]["number"], row["window"]["code"], row["ring_seconds"]) == ("1018", "A01", 4)
    assert row["started_at"] == "2025-03-27T01:25:17Z"
    assert pushed.ask("POST", f"/intake/pending/{number}/complete", json=told).status_code == 409
    assert pushed.get("/intake/pending")["items"] == []
    (past,) = pushed.get("/intake/pending?state=completed")["items"]
    assert (past["decided_by"], past["recording_id"]) == ("key", row["id"])


def test_a_direction_that_follows_from_the_extension_is_shown_and_outlives_the_wait(pushed: Api) -> None:
    known: Any = {"caller": "13800138000", "callee": "3201", "begin": local(NOW - timedelta(days=3))}
    number = send(pushed, rec_ext="", 方向="", pick="", hang="", **known).json()["pending"]
    assert pushed.get(f"/intake/pending/{number}")["known"]["direction"] == "in"
    told = {"setting": "phone", "window": "A01", "staff": None, "started_at": "2025-03-27T09:25:17"}
    done = pushed.ask("POST", f"/intake/pending/{number}/complete", json=told)
    assert pushed.get(f"/recordings/{done.json()['id']}")["direction"] == "in"


def test_a_key_that_must_not_see_numbers_reads_masked_what_waits(pushed: Api) -> None:
    send(pushed, rec_ext="13800138000")
    for scopes, sees in (("recordings:manage",), False), (("recordings:manage", "personal:read"), True):
        told = pushed.client.get("/api/v1/intake/pending", headers=pushed.headers(None, *scopes))
        assert told.status_code == 200
        assert ("13800138000" in told.text) == sees
        assert told.json()["items"][0]["known"]["started_at"].startswith("20")


def test_what_is_discarded_is_gone_and_does_not_come_back(pushed: Api) -> None:
    number = send(pushed, rec_ext="9999").json()["pending"]
    assert pushed.ask("POST", f"/intake/pending/{number}/discard").status_code == 204
    assert pushed.ask("GET", f"/intake/pending/{number}/audio").status_code == 404
    again = send(pushed, rec_ext="9999")
    assert (again.status_code, again.json()["pending"]) == (200, number)
    assert pushed.get("/intake/pending")["items"] == []
    assert [path for path in (pushed.services.settings.data / "audio").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("files", "status", "told"),
    [
        ({"recfile": ("a.wav", b"", "audio/wav")}, 422, "0 字节"),
        ({"note": (None, b"x")}, 422, "缺少录音文件"),
        ([("a", ("a.wav", b"x")), ("b", ("b.wav", b"y"))], 422, "有两个文件"),
        ({"note": (None, b"x" * 70_000), "f": ("a.wav", b"x")}, 422, "超过 64 KB"),
        ([(f"n{n}", (None, b"x")) for n in range(101)], 422, "超过 100 项"),
    ],
)
def test_pushes_that_are_refused(pushed: Api, files: Any, status: int, told: str) -> None:
    answer = pushed.client.post("/api/v1/intake/push/line-box", headers=pushed.headers(None), files=files)
    assert answer.status_code == status
    assert told in answer.json()["detail"]


def test_a_push_to_nobody(pushed: Api) -> None:
    answer = pushed.client.post("/api/v1/intake/push/other", headers=pushed.headers(None), files={"f": b"x"})
    assert (answer.status_code, answer.json()["detail"]) == (404, "来源 other:没有设置")


def test_a_form_in_gbk(pushed: Api) -> None:
    body = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in {"rec_ext": "3201", "方向": "呼入", "begin": local(NOW)}.items()
    )
    head = '--b\r\nContent-Disposition: form-data; name="f"; filename="录音.wav"\r\n\r\n'
    content = (body + head).encode("gb18030") + wav() + b"\r\n--b--\r\n"
    headers = pushed.headers(None) | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = pushed.client.post("/api/v1/intake/push/line-box", headers=headers, content=content)
    assert answer.status_code == 202
    row = pushed.get(f"/recordings/{answer.json()['recording']}")
    assert (row["file_name"], row["direction"]) == ("录音.wav", "in")


WRONG = [
    ('name = "A B"\nkind = "box"\nsetting = "phone"', "name"),
    ('name = "a"\nkind = "fax"\nsetting = "phone"', "fax|asterisk"),
    ('name = "a"\nkind = "name"\nsetting = "phone"', "pattern"),
    ('name = "a"\nkind = "name"\nsetting = "phone"\npattern = "(?P<who>x)"', "who"),
    ('name = "a"\nkind = "name"\nsetting = "phone"\npattern = "("', "正则"),
    ('name = "a"\nkind = "box"\nsetting = "phone"\nfolder = "/x"', "log"),
    ('name = "a"\nkind = "box"\nsetting = "phone"\nfields = {x = "y"}', "fields"),
    ('name = "a"\nkind = "box"\nsetting = "phone"\n[[intake]]\nname = "a"\nkind = "box"\nsetting = "phone"', "两次"),
]


@pytest.mark.parametrize(("text", "told"), WRONG)
def test_wrong_settings_are_refused(text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("speechaudit.toml").write_text(f"[[intake]]\n{text}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        load()


def test_settings_of_the_environment_are_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPEECHAUDIT_INTAKE", '[{"name": "a", "kind": "box", "setting": "phone"}]')
    (source,) = load().intake
    assert (source.name, source.kind, source.setting) == ("a", "box", "phone")
    # As docs/recorders.md tells: no folder, files rest for 10 s, a log has 10 minutes to come, clocks differ by 6 h.
    assert (source.folder, source.settle_seconds, source.wait_minutes, source.clock_hours) == (None, 10, 10, 6)
    monkeypatch.setenv("SPEECHAUDIT_INTAKE", "box")
    with pytest.raises(ConfigError, match="JSON"):
        load()
    monkeypatch.delenv("SPEECHAUDIT_INTAKE")
    assert load().intake == ()
