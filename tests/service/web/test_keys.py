"""Keys are made, shown once and ended on a page; the list says which work, until when, and who made them."""

from __future__ import annotations

import re
from datetime import timedelta

from fastapi.testclient import TestClient
from httpx2 import Response

from service.auth import users
from service.store.base import now
from tests.service.web_kit import Web, read, text_of


def make(web: Web, browser: TestClient, **fields: object) -> Response:
    known = {"csrf": web.csrf, "name": "一楼录音盒", "scopes": ["recordings:write"], "expires_at": "2099-12-31"}
    return browser.post("/settings/keys", data=known | fields)


def test_a_key_is_shown_once_works_and_is_ended(web: Web) -> None:
    admin = web.browser("admin")
    made = make(web, admin)
    found = re.search(r'<code class="once">(sa_[^<]+)</code>', made.text)
    assert found and made.headers["cache-control"] == "private, no-store", text_of(made)
    bearer = {"Authorization": f"Bearer {found[1]}"}
    assert web.client.get("/api/v1/session", headers=bearer).json()["permissions"] == ["recordings:write"]
    listed = admin.get("/settings/keys")
    assert found[1] not in listed.text and "2099-12-31 23:59" in text_of(listed) and "，admin" in text_of(listed)
    (key,) = web.get("/keys", "admin")
    assert key["made_by"] == "admin"
    gone = admin.post(f"/settings/keys/{key['id']}/revoke", data={"csrf": web.csrf})
    assert (gone.status_code, gone.headers["location"]) == (303, "/settings/keys")
    assert "已撤销和已过期的（1）" in text_of(admin.get("/settings/keys"))
    assert web.client.get("/api/v1/session", headers=bearer).status_code == 401


def test_what_is_wrong_is_told_and_what_was_typed_stays(web: Web) -> None:
    admin = web.browser("admin")
    for wrong, told in (
        ({"name": ""}, "给谁用：请填写"),
        ({"scopes": []}, "权限："),
        ({"scopes": ["users"]}, "没有 users 权限"),
        ({"expires_at": "2001-01-01"}, "到期日：已经过去"),
        ({"expires_at": "soon"}, "到期日：不是日期"),
    ):
        refused = make(web, admin, **wrong)
        assert (refused.status_code, told in text_of(refused)) == (422, True), text_of(refused)
        assert read(refused).fields["name"] == wrong.get("name", "一楼录音盒")
    assert web.get("/keys", "admin") == []


def test_one_that_ends_soon_stands_out(web: Web) -> None:
    with web.db.write() as session:
        for name, days in (("甲", 7.5), ("乙", 90.0), ("丙", -1.0)):
            users.add_key(session, name, ["metrics:read"], expires_at=now() + timedelta(days=days))
        users.add_key(session, "丁", ["metrics:read"])
    admin = web.browser("admin")
    shown = text_of(admin.get("/settings/keys"))
    assert "有效的（3）" in shown and "7 天后过期" in shown and "已过期" in shown and "从未使用" in shown
    assert "，命令行" in shown and "不过期" in shown
    assert "3 把有效，1 把 7 天后过期" in text_of(admin.get("/settings"))
