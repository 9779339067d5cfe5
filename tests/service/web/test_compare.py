"""The comparison as a page: tables without places where it could be chance."""

from __future__ import annotations

from tests.service.court import fill
from tests.service.web_kit import Web, read, text_of


def test_windows_and_people_stand_side_by_side(web: Web) -> None:
    fill(web, people=False)
    shown = web.browser("inspector").get("/compare?since=2026-03-01&until=2026-03-31")
    words = text_of(shown)
    assert shown.status_code == 200
    assert "样本不足" in words and "分不出" in words and "工号1017" in words
    assert "/reports/windows/A01" in read(shown).links
    assert "同一个人自己和自己比" in words and "1 人样本不足" in words


def test_nothing_to_compare_is_said(web: Web) -> None:
    shown = text_of(web.browser("lead").get("/compare"))
    assert "这段时间没有评过分的服务" in shown
    assert web.browser("staff").get("/compare").status_code == 403
    assert web.browser("lead").get("/compare?since=never").status_code == 422
