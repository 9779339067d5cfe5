"""设置 lists what steers the centre, each with how it stands, and only what somebody may open."""

from __future__ import annotations

import pytest

from service.web import navigation, steering
from tests.service.web_kit import Web, read, text_of


def test_each_page_that_steers_is_told_with_how_it_stands(web: Web) -> None:
    web.ask("PUT", "/staff/1018", json={"name": "李红", "active": False})
    shown = text_of(web.browser("admin").get("/settings"))
    assert "1 位在岗，停用 1 位 " in shown, shown
    assert "2 个在用" in shown and "4 位启用" in shown


@pytest.mark.parametrize("role", ["admin", "inspector", "lead"])
def test_everything_that_is_listed_can_be_opened(web: Web, role: str) -> None:
    browser = web.browser(role)
    listed = [each.path for each in steering.STEERING]
    ways = [way for way in read(browser.get("/settings")).links if way in listed]
    assert len(set(ways)) >= 2 if role == "admin" else ways
    assert {way: browser.get(way).status_code for way in ways} == dict.fromkeys(ways, 200)


def test_staff_have_nothing_to_steer(web: Web) -> None:
    browser = web.browser("staff")
    assert browser.get("/settings").status_code == 403
    assert "/settings" in {each.path for each in navigation.ENTRIES}
    assert "/settings" not in read(browser.get("/cases")).links
