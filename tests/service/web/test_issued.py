"""Reports are issued, read as they were issued and compared with the present on pages."""

from __future__ import annotations

from tests.service.court import fill
from tests.service.web_kit import Web, read, text_of


def test_a_report_is_issued_on_a_page_read_and_compared(web: Web) -> None:
    fill(web, people=False)
    browser = web.browser("inspector")
    sent = {"csrf": web.csrf, "of": "staff:1017", "since": "2026-01-01", "until": "2026-12-31", "replaces": ""}
    made = browser.post("/reports/issued", data=sent, follow_redirects=False)
    assert (made.status_code, made.headers["location"]) == (303, "/reports/issued/1")
    report = browser.get("/reports/issued/1")
    assert "第 1 号" in text_of(report) and "不知道" in text_of(report)
    assert read(report).links[0] == "/reports/issued"
    difference = browser.get("/reports/issued/1/difference")
    assert "判定没有变化" in text_of(difference)
    correction = next(each for each in read(difference).links if "replaces=1" in each)
    assert 'value="staff:1017" selected' in browser.get(correction).text
    listed = browser.get("/reports/issued")
    assert "第 1 号" in text_of(listed) and "inspector" in text_of(listed)
    assert "/reports/issued/1" in read(web.browser("staff").get("/reports/issued")).links
    assert "/reports/issued/1" in read(web.browser("lead").get("/reports/issued")).links


def test_what_is_wrong_with_a_form_is_told_and_kept(web: Web) -> None:
    browser = web.browser("inspector")
    sent = {"csrf": web.csrf, "of": "centre:", "since": "2026-03-01", "until": "2026-03-31", "replaces": ""}
    page = browser.post("/reports/issued", data=sent)
    assert (page.status_code, "这段时间没有稽核结果" in text_of(page)) == (422, True)
    assert 'value="2026-03-31"' in page.text
    page = browser.post("/reports/issued", data=sent | {"until": "gestern"})
    assert page.status_code == 422
    assert browser.get("/reports/issued/7").status_code == 404
