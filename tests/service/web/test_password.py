"""Changing one's own password on the page."""

from __future__ import annotations

from service.auth import passwords, users
from tests.service.web_kit import Web, text_of

OLD, NEW = "correct-horse-battery", "another-long-password"


def test_a_new_password_ends_all_sessions(web: Web) -> None:
    with web.db.write() as session:
        users.add(session, users.NewUser(name="boss", password_hash=passwords.hashed(OLD), role="admin"))
    elsewhere, browser = web.browser("boss"), web.browser("boss")
    typed = {"csrf": web.csrf, "old_password": OLD, "new_password": NEW, "again_password": NEW}
    for wrong, said in (
        ({"old_password": "wrong"}, "原密码不对"),
        ({"again_password": "other"}, "两次输入的新密码不同"),
        ({"new_password": "short", "again_password": "short"}, "应有 10 到 200 个字符"),
    ):
        refused = browser.post("/password", data=typed | wrong)
        assert (refused.status_code, said in text_of(refused)) == (422, True)
    changed = browser.post("/password", data=typed)
    assert (changed.status_code, changed.headers["location"]) == (303, "/signin")
    assert "密码已更换" in text_of(browser.get("/signin"))
    for each in (browser, elsewhere):
        assert each.get("/recordings").headers["location"].startswith("/signin")
    assert browser.post("/signin", data={"name": "boss", "password": NEW}).status_code == 303


def test_a_password_that_somebody_else_chose_leads_to_its_change(web: Web) -> None:
    with web.db.write() as session:
        new = users.NewUser(name="new", password_hash=passwords.hashed(OLD), role="inspector", must_change=True)
        users.add(session, new)
    browser = web.browser("new")
    for path in ("/recordings", "/upload", "/inbox", "/"):
        assert browser.get(path).headers["location"] == "/password", path
    assert "管理员设置的" in text_of(browser.get("/password"))
    typed = {"csrf": web.csrf, "old_password": OLD, "new_password": NEW, "again_password": NEW}
    assert browser.post("/password", data=typed).status_code == 303
    assert web.browser("new").get("/recordings").status_code == 200
