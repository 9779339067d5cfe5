"""A re-audit is begun, looked at and applied or dropped on pages; what an appeal stands on is not lost."""

from __future__ import annotations

from service.store import reaudits
from speechaudit.model import Finding
from tests.service.court import DOUBTFUL, FORBIDDEN, GREETED, SILENT, fill, judged, number
from tests.service.service_kit import finding, keep_proposal
from tests.service.web_kit import Web, read, text_of

TRIED = finding("words.slowly", "fail", "不知道", status="trial", kind="required")


def ready(web: Web, batch: int, *findings: Finding) -> None:
    """What a worker does: propose these findings for recording 1."""
    with web.db.write() as session:
        keep_proposal(session, batch, 1, judged(*findings))
        reaudits.ready(session, batch)


def test_a_re_audit_is_begun_looked_at_and_applied(web: Web) -> None:
    fill(web, people=False)
    browser = web.browser("inspector")
    assert "/reaudits" in read(browser.get("/rules")).links
    begun = browser.post("/reaudits", data={"csrf": web.csrf, "staff": "1017", "since": "2026-01-01"})
    assert (begun.status_code, begun.headers["location"]) == (303, "/reaudits/1"), text_of(begun)
    running = text_of(browser.get("/reaudits/1"))
    assert "正在判定" in running and "工号 1017" in running and "采用 " not in running
    assert "1 次正在判定" in text_of(browser.get("/today"))
    ready(web, 1, FORBIDDEN, DOUBTFUL, GREETED, SILENT, TRIED)
    shown = browser.get("/reaudits/1")
    assert "没有 → 违反" in text_of(shown) and "1 个的判定会变" in text_of(shown) and "不变" in text_of(shown)
    assert "/recordings/1?service=1#t=1" in read(shown).links
    assert "1 次等待确认" in text_of(browser.get("/today")) and "等待确认" in text_of(browser.get("/reaudits"))
    applied = browser.post("/reaudits/1/apply", data={"csrf": web.csrf})
    assert applied.status_code == 303
    assert "已采用" in text_of(browser.get("/reaudits/1"))
    again = browser.post("/reaudits/1/apply", data={"csrf": web.csrf})
    assert (again.status_code, "没有改变" in text_of(again)) == (422, True)


def test_what_is_contested_is_named_and_dropping_changes_nothing(web: Web) -> None:
    fill(web, people=False)
    appealed = web.ask("POST", f"/findings/{number(web)}/appeal", "staff", json={"reason": "转述"})
    assert appealed.status_code == 200, appealed.text
    browser = web.browser("inspector")
    browser.post("/reaudits", data={"csrf": web.csrf})
    ready(web, 1, GREETED, SILENT)
    shown = browser.get("/reaudits/1")
    assert "先裁定才能采用" in text_of(shown)
    refused = browser.post("/reaudits/1/apply", data={"csrf": web.csrf})
    assert (refused.status_code, "没有改变" in text_of(refused)) == (422, True)
    assert browser.post("/reaudits/1/discard", data={"csrf": web.csrf}).status_code == 303
    assert "已放弃" in text_of(browser.get("/reaudits/1"))
    assert "复评" not in text_of(browser.get("/today")).replace("复评规则", "")


def test_nothing_to_judge_is_told_and_only_some_may(web: Web) -> None:
    browser = web.browser("inspector")
    told = browser.post("/reaudits", data={"csrf": web.csrf, "since": "2030-01-01"})
    assert (told.status_code, "没有已完成稽核的录音" in text_of(told)) == (422, True)
    assert read(told).fields["since"] == "2030-01-01"
    wrong = browser.post("/reaudits", data={"csrf": web.csrf, "since": "never"})
    assert wrong.status_code == 422
    assert browser.get("/reaudits/9").status_code == 404
    assert {web.browser(role).get("/reaudits").status_code for role in ("lead", "staff")} == {403}
