"""The lists of cases: staff see what they can contest, and until when; leads and inspectors what waits."""

from __future__ import annotations

from tests.service.court import ask, fill, number
from tests.service.web_kit import Web, text_of


def test_staff_see_what_can_be_contested_and_its_days(web: Web) -> None:
    fill(web, people=False)
    browser = web.browser("staff")
    assert browser.get("/").headers["location"] == "/cases"
    page = browser.get("/cases")
    assert "还有 15 天" in text_of(page) and f'href="/cases/{number(web)}"' in page.text
    assert "/api/v1/reports/staff/1017?format=html" in page.text
    ask(web, "POST", f"/findings/{number(web)}/appeal", "staff", reason="是转述")
    assert "没有可以申诉的判定" in text_of(browser.get("/cases"))
    assert "等待裁定的申诉（1）" in text_of(web.browser("lead").get("/cases"))
    assert "等待裁定的申诉（1）" in text_of(web.browser("inspector").get("/cases"))
