"""First steps: each is ticked when it is done, and leads to where it is done until then."""

from __future__ import annotations

import re

from httpx2 import Response

from service.store import recordings, workers
from speechaudit.reasons import because
from tests.service.web_kit import Web, read


def ticked(answer: Response) -> list[str]:
    return re.findall(r"<h2>(\S+) <span class=\"tag pass\">", answer.text.replace("\n", " ").replace("  ", " "))


def test_what_is_missing_is_a_list_with_ways(web: Web) -> None:
    browser = web.browser("admin")
    first = browser.get("/start")
    assert ticked(first) == ["管理员", "窗口", "人员", "用户", "后台"]
    assert "没有 worker" in first.text
    assert {"/centre/windows?back=/start", "/centre/staff?back=/start", "/users", "/upload"} <= set(read(first).links)
    with web.db.write() as session:
        workers.register(session, "w", host="h", pid=1, version="1")
    done = web.audited(1, "您好")
    last = browser.get("/start")
    assert ticked(last) == ["管理员", "窗口", "人员", "用户", "处理录音的程序", "后台", "第一段录音", "第一次稽核"]
    assert f"/recordings/{done}" in read(last).links
    assert browser.get("/").headers["location"] == "/today"


def test_a_recording_that_failed_leads_to_its_reason(web: Web) -> None:
    number = web.upload().json()["id"]
    assert "看进度" in web.browser("admin").get("/start").text
    with web.db.write() as session:
        recordings.fail(session, number, because("older-text", text="没有声音"))
    assert "看原因" in web.browser("admin").get("/start").text
