"""The inbox: what is new stands in the head of every page, leads to where something can be done, and is read then."""

from __future__ import annotations

import pytest

from service import wording
from service.store import accounts, notices
from tests.service.court import ask, fill, number
from tests.service.web_kit import Web, text_of


def test_a_notice_leads_to_its_case_and_is_read(web: Web) -> None:
    fill(web, people=False)
    browser = web.browser("inspector")
    assert "还没有通知" in text_of(browser.get("/inbox"))
    ask(web, "POST", f"/findings/{number(web)}/appeal", "staff", reason="是转述")
    assert '通知 <span class="tag wait">1</span>' in browser.get("/recordings").text
    shown = browser.get("/inbox")
    assert "收到申诉" in text_of(shown) and "1 条未读" in text_of(shown)
    opened = browser.post("/inbox/1/open", data={"csrf": web.csrf})
    assert opened.headers["location"] == f"/cases/{number(web)}"
    assert "条未读" not in text_of(browser.get("/inbox"))
    assert browser.post("/inbox/99/open", data={"csrf": web.csrf}).status_code == 404
    assert web.browser("admin").post("/inbox/1/open", data={"csrf": web.csrf}).status_code == 404


def test_a_notice_older_than_any_list_shows_can_still_be_opened(web: Web) -> None:
    fill(web, people=False)
    with web.db.write() as session:
        who = accounts.user_named(session, "inspector")
        assert who is not None
        for place in range(250):
            notices.tell(session, "finding.veto", f"{place}", {"recording_id": 1, "title": "推诿"}, [who.id])
    browser = web.browser("inspector")
    opened = browser.post("/inbox/1/open", data={"csrf": web.csrf})
    assert (opened.status_code, opened.headers["location"]) == (303, "/recordings")
    shown = text_of(browser.get("/inbox"))
    assert "249 条未读" in shown and "只列出最近的 100 条" in shown


def test_a_robot_is_added_and_its_key_never_shown(web: Web) -> None:
    browser = web.browser("staff")
    empty = browser.post("/inbox/channels", data={"csrf": web.csrf, "kind": "wecom", "address": "x"})
    assert (empty.status_code, "没有填写完整" in text_of(empty)) == (422, True)
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123-4567"
    sent = {"csrf": web.csrf, "kind": "wecom", "address": address, "events": "appeal.decided"}
    assert browser.post("/inbox/channels", data=sent).status_code == 303
    shown = browser.get("/inbox")
    assert "qyapi.weixin.qq.com…4567" in text_of(shown) and "0123" not in shown.text
    browser.post("/inbox/channels/1/delete", data={"csrf": web.csrf})
    assert "qyapi" not in browser.get("/inbox").text


@pytest.mark.parametrize("event", wording.EVENTS)
def test_each_notice_leads_to_a_page(web: Web, event: str) -> None:
    browser = web.browser("inspector")
    assert browser.get("/nowhere").status_code == 404
    assert browser.get(wording.link(event, {})).status_code == 200
