"""今日: where an inspector and a lead begin, with the way to whatever waits."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from service.store import stale
from service.store.base import now
from service.store.recordings import RecordingRow
from tests.service.court import fill
from tests.service.web_kit import Web, read, text_of


@pytest.fixture
def begun(web: Web) -> Web:
    """A call of 1017 at A01 that was judged just now."""
    fill(web, people=False)
    with web.db.write() as session:
        session.execute(update(RecordingRow).values(occurred_at=now()))
        stale.note(session, now())
    return web


def test_an_inspector_begins_here_and_finds_every_way(begun: Web) -> None:
    browser = begun.browser("inspector")
    assert browser.get("/").headers["location"] == "/today"
    shown = browser.get("/today")
    assert shown.status_code == 200
    assert {"/recordings?status=failed", "/recordings?status=queued", "/pending", "/review"} <= set(read(shown).links)
    words = text_of(shown)
    assert "没有 worker，录音会一直排队" in words and "队列是空的" in words
    assert "北京时间（UTC+8）" in words and "样本不足" in words
    assert "<svg" in shown.text and "数字" in words


def test_a_lead_sees_no_more_than_the_own_windows(begun: Web) -> None:
    shown = begun.browser("lead").get("/today")
    links = set(read(shown).links)
    assert "/pending" not in links and "/review" not in links
    assert any(link.startswith("/reports/windows/A01") for link in links)
    assert not any("A02" in link for link in links)
    assert "worker" not in text_of(shown) and "我的窗口" in text_of(shown)


def test_staff_begin_with_their_cases(begun: Web) -> None:
    browser = begun.browser("staff")
    assert browser.get("/").headers["location"] == "/cases"
    assert browser.get("/today").status_code == 403
    assert "今日" not in text_of(browser.get("/recordings"))


def test_a_centre_without_anything_says_so(web: Web) -> None:
    shown = text_of(web.browser("inspector").get("/today"))
    assert "近 28 天没有评过分的服务" in shown and "近七天没有" in shown
    assert "看不出变化" not in shown
