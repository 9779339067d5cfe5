"""What waits for a person: its reasons, its gaps filled in with what is known already, completed or given up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from httpx2 import Response

from service import wording
from service.store import centre
from tests.service.web.waiting import send, waits, with_box
from tests.service.web_kit import Web, read, text_of

GAPS = ("setting", "window", "staff", "started_at", "direction", "ring_seconds", "staff_channel")


@pytest.fixture
def web(sqlite_template: Path, tmp_path: Path) -> Iterator[Web]:
    """With a recorder whose extensions are registered under a prefix."""
    found = with_box(sqlite_template, tmp_path)
    yield found
    found.db.close()


def chosen(page: Response) -> dict[str, str]:
    """What stands in the form."""
    fields = {name: value for name, value in read(page).fields.items() if name in GAPS}
    for name, options in re.findall(r'<select id="(\w+)".*?>(.*?)</select>', page.text, re.DOTALL):
        found = re.search(r'value="([^"]*)" selected', options)
        fields[name] = found[1] if found else ""
    return fields


def test_what_waits_is_listed_with_its_reasons(web: Web) -> None:
    browser = web.browser("inspector")
    assert "没有等待补全的录音" in text_of(browser.get("/pending"))
    number = waits(web)
    shown = browser.get("/pending")
    assert "待补全的录音（1）" in text_of(shown) and "排班:当时窗口 A01 没有人" in text_of(shown)
    assert f"/pending/{number}" in read(shown).links and "/pending" in read(browser.get("/inbox")).links
    assert wording.link("intake.waiting", {"count": 1}) == "/pending"


def test_the_list_is_turned(web: Web) -> None:
    for number in range(51):
        waits(web, str(number).encode())
    browser = web.browser("inspector")
    first = browser.get("/pending")
    (following,) = (each for each in read(first).links if "cursor=" in each)
    assert len(re.findall(r'<th scope="row"', first.text)) == 50
    assert len(re.findall(r'<th scope="row"', browser.get(f"/pending{following}").text)) == 1
    assert browser.get("/pending?cursor=nonsense").status_code == 422


def test_what_is_known_stands_in_the_form(web: Web) -> None:
    began = datetime(2026, 3, 2, 1, 15, tzinfo=UTC).isoformat()
    full = waits(
        web,
        setting="phone",
        window="窗口2",
        staff="1018",
        started_at=began,
        direction="in",
        ring_seconds="4.5",
        staff_channel="1",
        caller="138****8000",
    )
    page = web.browser("inspector").get(f"/pending/{full}")
    assert chosen(page) == {
        "setting": "phone",
        "window": "A02",
        "staff": "1018",
        "started_at": "2026-03-02T09:15:00",
        "direction": "in",
        "ring_seconds": "4.5",
        "staff_channel": "1",
    }
    assert "138****8000" in text_of(page) and "开始时间2026-03-02 09:15:00" in text_of(page)


def test_the_window_is_where_the_extension_of_its_recorder_rings(web: Web) -> None:
    with web.db.write() as session:
        centre.put_extension(session, "8021", centre.window(session, "A02").id)
    numbers = waits(web, b"1", extension="021"), waits(web, b"2", extension="8021"), waits(web, b"3", window="A09")
    browser = web.browser("inspector")
    assert [chosen(browser.get(f"/pending/{number}"))["window"] for number in numbers] == ["A02", "", ""]


def test_filled_in_it_becomes_a_recording(web: Web) -> None:
    number, browser = waits(web), web.browser("inspector")
    told = {"setting": "phone", "window": "A01", "staff": "1018", "started_at": "2026-03-02T09:15:00"}
    nobody = send(web, browser, number, "complete", **told | {"staff": "nobody"})
    assert (nobody.status_code, chosen(nobody)["staff"]) == (422, "nobody")
    assert "工号：没有登记工号“nobody”" in text_of(nobody)
    nowhere = send(web, browser, number, "complete", **told | {"setting": ""})
    assert (nowhere.status_code, "场景：请填写" in text_of(nowhere)) == (422, True)
    done = send(web, browser, number, "complete", **told, ring_seconds="4", direction="in", staff_channel="")
    assert (done.status_code, done.headers["location"]) == (303, "/pending")
    after = text_of(browser.get("/pending"))
    assert "已补全,开始稽核" in after and "待补全的录音（0）" in after
    (row,) = web.get("/recordings")["items"]
    assert (row["setting"], row["window"]["code"], row["staff"]["number"]) == ("phone", "A01", "1018")
    assert (row["started_at"], row["ring_seconds"], row["direction"]) == ("2026-03-02T01:15:00Z", 4, "in")
    assert web.queue.audits == [(row["id"], 1)]
    past = browser.get(f"/pending/{number}")
    assert "成为录音 1" in text_of(past) and "补全并稽核" not in text_of(past)
    assert "/recordings/1" in read(browser.get("/pending?state=completed")).links


def test_what_nobody_knows_stays_unknown(web: Web) -> None:
    number = web.upload(name="a.wav", setting=None).json()["pending"]
    page = web.browser("inspector")
    assert chosen(page.get(f"/pending/{number}")) == dict.fromkeys(GAPS, "")
    assert send(web, page, number, "complete", setting="counter").status_code == 303
    row = web.get("/recordings/1")
    assert (row["setting"], row["window"], row["staff"], row["started_at"]) == ("counter", None, None, None)


def test_given_up_it_is_gone(web: Web) -> None:
    number, browser = waits(web), web.browser("inspector")
    assert browser.get(f"/api/v1/intake/pending/{number}/audio").content == b"sound"
    assert send(web, browser, number, "discard").headers["location"] == "/pending"
    assert "已放弃,声音已删除" in text_of(browser.get("/pending"))
    assert browser.get(f"/api/v1/intake/pending/{number}/audio").status_code == 404
    late = send(web, browser, number, "complete", setting="phone")
    assert (late.status_code, "已由 inspector 处理" in text_of(late)) == (422, True)
    assert web.get("/recordings")["items"] == []


def test_without_sound_it_can_only_be_given_up(web: Web) -> None:
    shown = text_of(web.browser("inspector").get(f"/pending/{waits(web, b'')}"))
    assert "只能放弃" in shown and "补全并稽核" not in shown


@pytest.mark.parametrize("role", ["lead", "staff"])
def test_others_neither_find_nor_open_it(web: Web, role: str) -> None:
    number, browser = waits(web), web.browser(role)
    assert "/pending" not in read(browser.get("/inbox")).links
    assert [browser.get(path).status_code for path in ("/pending", f"/pending/{number}")] == [403, 403]
    assert send(web, browser, number, "discard").status_code == 403
