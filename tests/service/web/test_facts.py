"""What is known of a recording is put right on its page: said before what is done again, and then done."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.ingest.correcting import CORRECTABLE
from service.store import audits
from service.store.audits import TranscriptRecord
from service.web.pages.facts import FIELDS
from service.web.words import FACTS
from tests.service.service_kit import MADE_BY, POLICY, audit_of, transcript_of
from tests.service.web_kit import Web, read, text_of


@pytest.fixture
def filled(web: Web) -> Web:
    """Recording 1, a counter of 1017 at A01, judged."""
    web.upload(b"sound", "a.wav", staff="1017", window="A01", setting="counter")
    with web.db.write() as session:
        audits.save_transcript(session, 1, TranscriptRecord(transcript=transcript_of("您好"), made_by=MADE_BY))
        audits.save(session, 1, audit_of("您好"), run="r", policy=POLICY)
    web.queue.audits.clear()
    return web


def send(web: Web, role: str = "inspector", **fields: str) -> Any:
    browser = web.browser(role)
    return browser.post("/recordings/1/facts", data={"csrf": web.csrf} | fields)


SEEN = [
    ({"setting": "phone"}, "要重新听", ["场景 柜台 电话"]),
    ({"setting": "counter", "ring_seconds": "12.5"}, "只重新判定", ["响铃秒数 不知道 12.5"]),
    ({"ended_by": "citizen"}, "只重新判定", ["谁结束的 不知道 群众"]),
    ({"staff": "1018", "window": ""}, "什么都不重做", ["工号 1017 1018", "窗口 A01 不知道"]),
    ({"staff_channel": "1", "ended_by": "line"}, "要重新听", ["工作人员声道 不知道 右", "谁结束的 不知道 线路中断"]),
]


@pytest.mark.parametrize(("fields", "again", "changes"), SEEN)
def test_what_is_done_again_is_said_before_and_nothing_is_changed_yet(
    filled: Web, fields: dict[str, str], again: str, changes: list[str]
) -> None:
    seen = send(filled, **fields)
    assert seen.status_code == 200
    text = text_of(seen)
    told = text.replace(" ", "")
    assert (again in text, [each for each in changes if each.replace(" ", "") not in told]) == (True, [])
    row = filled.get("/recordings/1")
    assert (row["setting"], row["staff"]["number"], row["window"]["code"], row["ended_by"]) == (
        "counter",
        "1017",
        "A01",
        None,
    )
    assert filled.queue.audits == []


@pytest.mark.parametrize(("fields", "again", "changes"), SEEN)
def test_what_was_seen_is_what_is_done(filled: Web, fields: dict[str, str], again: str, changes: list[str]) -> None:
    sure = read(send(filled, **fields)).fields | fields
    hidden = {name: sure[name] for name in fields}
    done = send(filled, **hidden, sure="yes")
    assert (done.status_code, done.headers["location"]) == (303, "/recordings/1")
    assert filled.queue.audits == ([] if "什么都不" in again else [(1, 2)])
    (noted,) = [each["what"] for each in filled.get("/log") if each["action"] == "更正"]
    assert len(noted.split(";")) == len(changes)
    row = filled.get("/recordings/1")
    assert row["status"] == ("done" if "什么都不" in again else "queued")


def test_what_was_not_changed_is_left_to_who_changes_it_meanwhile(filled: Web) -> None:
    """The form holds all fields; somebody else corrects the window between."""
    before = {"setting": "counter", "staff": "1017", "window": "A01", "ended_by": "line", "ring_seconds": ""}
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', send(filled, **before).text)
    assert [each for each in hidden if each[0] != "csrf"] == [("ended_by", "line")]
    filled.ask("PATCH", "/recordings/1", json={"window": "A02"})
    send(filled, ended_by="line", sure="yes")
    row = filled.get("/recordings/1")
    assert (row["window"]["code"], row["ended_by"]) == ("A02", "line")


def test_what_is_wrong_is_said_with_what_was_typed(filled: Web) -> None:
    unknown = send(filled, staff="9999", ended_by="line")
    assert (unknown.status_code, "没有登记工号“9999”" in text_of(unknown)) == (422, True)
    assert 'value="9999"' in unknown.text
    assert 'value="line" selected' in unknown.text
    wrong = send(filled, ring_seconds="-1")
    assert (wrong.status_code, "响铃秒数" in text_of(wrong)) == (422, True)
    same = send(filled, setting="counter", staff="1017")
    assert (same.status_code, same.headers["location"]) == (303, "/recordings/1")


@pytest.mark.parametrize(("role", "may"), [("admin", True), ("inspector", True), ("lead", False), ("staff", False)])
def test_only_who_may_manage_recordings_has_the_form(filled: Web, role: str, may: bool) -> None:
    page = filled.browser(role).get("/recordings/1")
    assert (page.status_code, 'action="/recordings/1/facts"' in page.text) == (200, may)
    if may:
        assert {name for name in FIELDS if f'name="{name}"' in page.text} == set(FIELDS)
        assert '<option value="A01" selected>' in page.text
    assert send(filled, role, ended_by="line").status_code == (200 if may else 403)


def test_the_form_has_all_that_can_be_corrected() -> None:
    assert set(FIELDS) == {*CORRECTABLE, "staff", "window"}
    assert set(FIELDS) <= set(FACTS)
