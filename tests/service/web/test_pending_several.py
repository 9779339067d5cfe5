"""Several that wait are completed or given up at once: what each came with stays, and each is answered for itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.api import intake as api
from service.errors import UnavailableError
from service.store import intake
from tests.service.web.waiting import waits, with_box
from tests.service.web_kit import Web, read, text_of


@pytest.fixture
def web(sqlite_template: Path, tmp_path: Path) -> Iterator[Web]:
    """With a recorder whose recordings wait."""
    found = with_box(sqlite_template, tmp_path)
    yield found
    found.db.close()


def send(web: Web, browser: TestClient, act: str, numbers: list[int], **fields: str) -> Response:
    return browser.post(f"/pending/several/{act}", data={"csrf": web.csrf, "id": [*map(str, numbers)], **fields})


def address(*numbers: int) -> str:
    return "/pending/several?" + "&".join(f"id={number}" for number in numbers)


def ticked(page: Response) -> list[int]:
    return [int(found) for found in re.findall(r'name="id" value="(\d+)"[^>]* checked', page.text)]


def states(web: Web, *numbers: int) -> list[str]:
    with web.db.read() as session:
        return [intake.get(session, number).state for number in numbers]


def test_all_of_a_page_are_ticked_without_scripts(web: Web) -> None:
    numbers = [waits(web, str(each).encode()) for each in range(51)]
    browser = web.browser("inspector")
    plain = browser.get("/pending")
    assert (ticked(plain), len(re.findall(r'name="id"', plain.text))) == ([], 50)
    (every,) = (each for each in read(plain).links if "ticked=true" in each)
    assert ticked(browser.get(f"/pending{every}")) == numbers[:0:-1]
    (following,) = (each for each in read(plain).links if "cursor=" in each and "ticked" not in each)
    second = browser.get(f"/pending{following}")
    (every,) = (each for each in read(second).links if "ticked=true" in each)
    assert ticked(browser.get(f"/pending{every}")) == numbers[:1]


def test_only_what_is_missing_is_asked_and_how_many_lack_it(web: Web) -> None:
    first = waits(web, b"1", "one.wav", setting="phone", window="窗口2", direction="in")
    second = waits(web, b"2", "two.wav", setting="phone", staff="1018")
    page = web.browser("inspector").get(address(first, second))
    assert ticked(page) == [first, second]
    asked = set(re.findall(r'<(?:select|input) id="(\w+)"', page.text))
    assert asked == {"window", "staff", "direction", "staff_channel"}
    told = text_of(page)
    assert "窗口（1 个缺）" in told and "工作人员声道（2 个缺）" in told and "工号 1018" in told


def test_what_they_share_is_filled_once_and_what_each_states_stays(web: Web) -> None:
    at = {"started_at": "2026-03-02T01:15:00+00:00"}
    numbers = [
        waits(web, b"1", "one.wav", **at, ring_seconds="4"),
        waits(web, b"2", "two.wav", **at, window="窗口2", staff="1018", direction="out", setting="phone"),
    ]
    browser = web.browser("inspector")
    told = {"setting": "phone", "window": "A01", "staff": "1017", "direction": "in", "staff_channel": "1"}
    done = send(web, browser, "complete", numbers, **told)
    assert (done.status_code, done.headers["location"]) == (303, "/pending")
    assert "已补全 2 个" in text_of(browser.get("/pending"))
    two, one = web.get("/recordings")["items"]
    kept = [(row["file_name"], row["window"]["code"], row["staff"]["number"], row["direction"]) for row in (one, two)]
    assert kept == [("one.wav", "A01", "1017", "in"), ("two.wav", "A02", "1018", "out")]
    assert [row["started_at"] for row in (one, two)] == ["2026-03-02T01:15:00Z"] * 2
    assert (one["ring_seconds"], one["staff_channel"], two["ring_seconds"]) == (4, 1, None)
    assert web.queue.audits == [(one["id"], 1), (two["id"], 1)]
    acts = [(each["action"], each["what"]) for each in web.get("/log") if "complete" in each["action"]]
    assert ("POST /pending/{pending_id}/complete", f"/pending/{numbers[0]}/complete") in acts
    assert ("POST /pending/{pending_id}/complete", f"/pending/{numbers[1]}/complete") in acts


def test_those_that_cannot_be_done_stay_with_reason_and_cure(web: Web) -> None:
    good = waits(web, b"1", "good.wav")
    unknown = waits(web, b"2", "unknown.wav", window="A09")
    silent = waits(web, b"", "silent.wav")
    settled = waits(web, b"4", "settled.wav")
    browser = web.browser("inspector")
    assert browser.post(f"/pending/{settled}/discard", data={"csrf": web.csrf}).status_code == 303
    page = send(web, browser, "complete", [good, unknown, silent, settled, 999], setting="phone", window="A01")
    told = text_of(page)
    assert page.status_code == 422 and "办成 1 个，没有办成 4 个" in told
    assert "窗口：没有登记窗口“A09”。请检查窗口" in told and "没有声音。只能放弃" in told
    assert "settled.wav：已由 inspector 处理" in told and "待处理 999：不存在" in told
    assert (ticked(page), states(web, good, unknown, silent)) == (
        [unknown, silent],
        ["completed", "waiting", "waiting"],
    )
    assert [row["file_name"] for row in web.get("/recordings")["items"]] == ["good.wav"]


def test_a_setting_that_nobody_states_is_asked_of_each(web: Web) -> None:
    numbers = [waits(web, b"1"), waits(web, b"2", setting="counter")]
    browser = web.browser("inspector")
    page = send(web, browser, "complete", numbers, staff="1017")
    assert "场景：请填写" in text_of(page) and ticked(page) == numbers[:1]
    assert 'id="staff" name="staff" type="text" value="1017"' in page.text
    assert send(web, browser, "complete", numbers[:1], setting="phone", staff="1017").status_code == 303
    assert states(web, *numbers) == ["completed", "completed"]


def test_where_the_store_is_away_the_rest_is_not_tried(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def away(_services: object, _who: object, number: int, _told: object) -> None:
        tried.append(number)
        raise UnavailableError("声音存储", "连不上", "请稍后再试")

    monkeypatch.setattr(api, "complete_pending", away)
    numbers = [waits(web, b"1"), waits(web, b"2")]
    page = send(web, web.browser("inspector"), "complete", numbers, setting="phone")
    assert (tried, ticked(page), text_of(page).count("声音存储：连不上。请稍后再试")) == (numbers[:1], numbers, 2)


def test_they_are_given_up_only_where_that_is_confirmed(web: Web) -> None:
    numbers = [waits(web, b"1"), waits(web, b""), waits(web, b"3")]
    browser = web.browser("inspector")
    page = send(web, browser, "discard", numbers[:2], staff="1017")
    assert (page.status_code, ticked(page)) == (422, numbers[:2]) and "还没有确认" in text_of(page)
    assert 'name="staff" type="text" value="1017"' in page.text
    done = send(web, browser, "discard", numbers[:2], sure="yes")
    assert (done.status_code, states(web, *numbers)) == (303, ["discarded", "discarded", "waiting"])
    assert "已放弃 2 个,声音已删除" in text_of(browser.get("/pending"))
    assert browser.get(f"/api/v1/intake/pending/{numbers[0]}/audio").status_code == 404


@pytest.mark.parametrize("numbers", [[], list(range(1, 52)), ["x"], [2**70]])
def test_none_and_more_than_a_page_are_refused(web: Web, numbers: list[int]) -> None:
    number, browser = waits(web), web.browser("inspector")
    assert browser.get(address(*numbers)).status_code == 422
    for act in ("complete", "discard"):
        assert send(web, browser, act, numbers, setting="phone", sure="yes").status_code == 422
        assert send(web, browser, act, numbers, setting="phone").status_code == 422
    assert states(web, number) == ["waiting"]


@pytest.mark.parametrize("role", ["lead", "staff"])
def test_others_may_do_nothing_of_it(web: Web, role: str) -> None:
    number, browser = waits(web), web.browser(role)
    assert browser.get(address(number)).status_code == 403
    for act in ("complete", "discard"):
        assert send(web, browser, act, [number], setting="phone", sure="yes").status_code == 403
    assert browser.post("/pending/several/discard", data={"id": "1", "sure": "yes"}).status_code == 403
    assert states(web, number) == ["waiting"]
