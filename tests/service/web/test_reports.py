"""Reports are opened from a page: of a time, of who may be seen, to read and as files."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from service.api import papers
from service.issuing import monthly
from service.issuing.drafting import Days
from service.store import lists
from service.store.issued import Subject
from tests.service.court import FORBIDDEN, fill, judged
from tests.service.service_kit import audited
from tests.service.web_kit import Web, read, text_of


@pytest.fixture
def reported(web: Web) -> Web:
    """One call of 1017 at A01 in which something was charged."""
    fill(web, people=False)
    return web


def ways(web: Web, who: str, query: str = "") -> list[str]:
    return [each for each in read(web.browser(who).get(f"/reports{query}")).links if each.startswith("/reports/")]


def test_an_inspector_finds_the_centre_its_windows_and_everybody(reported: Web) -> None:
    found = ways(reported, "inspector", "?since=2026-03-01&until=2026-03-31")
    times = "since=2026-03-01&until=2026-03-31"
    assert f"/reports/centre?{times}" in found
    assert f"/reports/windows/A01?format=xlsx&{times}" in found
    assert f"/reports/staff/1017?format=docx&{times}" in found


def test_a_lead_finds_the_own_windows_only(reported: Web) -> None:
    found = ways(reported, "lead")
    assert "/reports/centre" not in found
    assert {each.partition("?")[0] for each in found if "windows" in each} == {"/reports/windows/A01"}
    assert reported.browser("lead").get("/reports/centre").status_code == 403


def test_staff_find_their_own(reported: Web) -> None:
    found = ways(reported, "staff")
    assert {each.partition("?")[0] for each in found} == {"/reports/staff/1017", "/reports/issued"}
    assert reported.browser("staff").get("/reports/staff/1018").status_code == 404


def test_what_is_found_can_be_opened_and_leads_on(reported: Web) -> None:
    browser = reported.browser("inspector")
    centre = browser.get("/reports/centre")
    assert centre.headers["content-type"].startswith("text/html")
    ways_on = [each for each in read(centre).links if each.startswith("/reports/staff/")]
    assert ways_on == ["/reports/staff/1017?format=html"]
    own = browser.get(ways_on[0])
    assert "不知道" in text_of(own) and read(own).links[0] == "/reports"
    for way in ways(reported, "inspector"):
        if "format=pdf" not in way:  # costly, and tested for itself
            assert browser.get(way).status_code in {200, 404}, way


def test_a_time_in_which_nothing_was_heard_is_a_page_that_says_so(reported: Web) -> None:
    page = reported.browser("inspector").get("/reports/centre?since=2020-01-01&until=2020-01-31")
    assert page.status_code == 404
    assert "这段时间没有稽核结果" in text_of(page)


MARCH = "since=2026-03-01&until=2026-03-31"


def in_february(web: Web) -> None:
    with web.db.write() as session:
        earlier = datetime(2026, 2, 10, 9, tzinfo=UTC)
        audited(session, 2, judged(FORBIDDEN), staff_id=1, window_id=1, started_at=earlier)


def test_a_report_of_many_is_compared_with_the_time_before(reported: Web) -> None:
    in_february(reported)
    browser = reported.browser("inspector")
    for path in ("centre", "windows/A01"):
        month = text_of(browser.get(f"/reports/{path}?{MARCH}"))
        assert "上一段（2026年2月1日至2026年2月28日）评议 1 次，样本不足，没有比较。" in month
    days = browser.get("/reports/centre?since=2026-02-20&until=2026-03-10")
    assert "上一段（2026年2月1日至2026年2月19日）评议 1 次" in text_of(days)
    person = browser.get(f"/reports/staff/1017?{MARCH}")
    assert person.status_code == 200 and "上一段" not in text_of(person)


def test_a_month_that_is_too_much_has_its_workbook_as_it_was_issued(
    reported: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = papers.drafting(reported.services).draft(Subject(), Days.of_month("2026-03"), monthly.BY_ITSELF)
    number = monthly.keep(reported.db, draft, occasion="2026-03 centre")
    usual = lists.tallied.__kwdefaults__
    assert usual is not None
    monkeypatch.setitem(usual, "most", 0)
    browser = reported.browser("inspector")
    led = browser.get(f"/reports/centre?format=xlsx&{MARCH}")
    assert (led.status_code, led.headers["location"]) == (303, f"/reports/issued/{number}?format=xlsx")
    book = load_workbook(BytesIO(browser.get(led.headers["location"]).content))
    assert book.sheetnames == ["概要", "人员", "规则", "走势"]
    facts = dict(list(book["概要"].values)[1:])
    assert (facts["签发编号"], facts["服务次数"]) == (f"第 {number} 号", "1")
    assert list(book["人员"].values)[1][0] == "1017"


def test_more_than_one_report_holds_leads_to_the_last_month_or_to_a_choice(
    reported: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_february(reported)
    usual = lists.tallied.__kwdefaults__
    assert usual is not None
    monkeypatch.setitem(usual, "most", 1)
    browser = reported.browser("inspector")
    led = browser.get("/reports/centre")
    times = "since=2026-03-01&until=2026-03-31"
    assert (led.status_code, led.headers["location"]) == (303, f"/reports/centre?{times}&format=html&annex=false")
    shown = browser.get(led.headers["location"])
    assert shown.status_code == 200 and "不知道" in text_of(shown)

    monkeypatch.setitem(usual, "most", 0)
    choice = browser.get(f"/reports/windows/A01?format=pdf&{times}")
    assert choice.status_code == 422 and 'id="since-error"' in choice.text
    assert "有 1 个录音,超过一份报告的上限 0 个,请缩小时间范围" in choice.text
    assert read(choice).fields["since"] == "2026-03-01"
    assert browser.get(led.headers["location"]).status_code == 422
    draft = papers.drafting(reported.services).draft(Subject(), Days.of_month("2026-03"), monthly.BY_ITSELF)
    number = monthly.keep(reported.db, draft, occasion="2026-03 centre")
    led = browser.get(led.headers["location"])
    assert (led.status_code, led.headers["location"]) == (303, f"/reports/issued/{number}?format=html")
    assert "不知道" in text_of(browser.get(led.headers["location"]))


def test_a_time_that_is_none_is_told_beside_its_field(reported: Web) -> None:
    page = reported.browser("inspector").get("/reports?since=gestern")
    assert page.status_code == 422
    assert 'id="since-error"' in page.text


def test_the_code_of_a_finding_leads_to_it_from_the_report_and_from_the_search(reported: Web) -> None:
    browser = reported.browser("inspector")
    link = next(each for each in read(browser.get("/reports/staff/1017")).links if each.startswith("/findings/"))
    code = link.removeprefix("/findings/")
    found = browser.get(link, follow_redirects=False)
    assert (found.status_code, found.headers["location"].partition("#")[2][:8]) == (303, "finding-")
    for text in (f"%23{code}", code.lower()):
        assert (
            browser.get(f"/recordings?text={text}", follow_redirects=False).headers["location"]
            == found.headers["location"]
        )
    assert browser.get("/recordings?text=00000000", follow_redirects=False).status_code == 200
    assert browser.get("/findings/00000000").status_code == 404
