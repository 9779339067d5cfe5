"""Signing in and out; where it leads; nothing that was typed is lost when a session ends."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.requests import Request

from service.auth import passwords, users
from service.auth.identity import COOKIE
from service.web import forms
from tests.service.web_kit import Web, read, text_of

PASSWORD = "correct-horse-battery"


@pytest.fixture
def known(web: Web) -> Web:
    with web.db.write() as session:
        users.add(session, users.NewUser(name="boss", password_hash=passwords.hashed(PASSWORD), role="admin"))
    return web


def sign_in(browser: TestClient, **more: str) -> Response:
    return browser.post("/signin", data={"name": "boss", "password": PASSWORD} | more)


def test_a_session_begins_with_the_page_of_the_role_and_ends(known: Web) -> None:
    browser = known.browser(None)
    opened = sign_in(browser)
    assert (opened.status_code, opened.headers["location"]) == (303, "/")
    assert browser.get("/").headers["location"] == "/start"
    token = read(browser.get("/recordings")).fields["csrf"]
    over = browser.post("/signout", data={"csrf": token})
    assert (over.status_code, over.headers["location"], COOKIE in browser.cookies) == (303, "/signin", False)
    assert "已退出登录" in text_of(browser.get("/signin"))
    assert "已退出登录" not in text_of(browser.get("/signin"))


def test_a_wrong_password_says_so_and_keeps_the_name(known: Web) -> None:
    refused = known.browser(None).post("/signin", data={"name": "boss", "password": "wrong"})
    assert (refused.status_code, "用户名或密码不对" in text_of(refused)) == (401, True)
    assert read(refused).fields["name"] == "boss"
    assert known.browser(None).post("/signin", data={}).status_code == 401


def test_who_is_not_signed_in_comes_back_to_where_they_wanted_to_go(known: Web) -> None:
    browser = known.browser(None)
    sent = browser.get("/recordings?text=你好&status=done")
    assert sent.status_code == 303
    asked = browser.get(sent.headers["location"])
    assert sign_in(browser, back=read(asked).fields["back"]).headers["location"].startswith("/recordings?text=")


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nx: y", "/signout", ""],
)
def test_the_way_back_never_leads_elsewhere(known: Web, back: str) -> None:
    assert forms.local(back) is None
    assert sign_in(known.browser(None), back=back).headers["location"] == "/"


def test_a_form_outlives_its_session(known: Web) -> None:
    browser = known.browser(None)
    browser.cookies[COOKIE] = "over"
    lost = browser.post("/password", data={"csrf": "old", "note": "三号窗口\n第二行", "old_password": "secret"})
    assert (lost.status_code, "刚才填写的内容还在" in text_of(lost), "secret" in lost.text) == (401, True, False)
    again = sign_in(browser, **{k: v for k, v in read(lost).fields.items() if k not in {"name", "password"}})
    kept = read(again).fields
    assert (again.status_code, kept["note"], 'action="/password"' in again.text) == (200, "三号窗口\n第二行", True)
    assert kept["csrf"] != "old"


def resumed(web: Web, path: str, stood: str | None, **typed: str) -> Response:
    """The page that shows what was typed, after a sign-in in between; `stood` is where the form was."""
    browser = web.browser(None)
    browser.cookies[COOKIE] = "over"
    lost = browser.post(path, data=typed, headers={"Referer": stood} if stood else {})
    assert (lost.status_code, "刚才填写的内容还在" in text_of(lost)) == (401, True)
    return sign_in(browser, **{k: v for k, v in read(lost).fields.items() if k not in {"name", "password"}})


@pytest.mark.parametrize(
    ("stood", "back"),
    [
        ("http://testserver/cases/7?rest=a", "/cases/7?rest=a"),
        ("https://evil.example/cases/7", "/"),
        ("http://testserver//evil.example", "/"),
        (None, "/"),
    ],
)
def test_who_does_not_send_it_goes_back_to_the_page_of_the_form(known: Web, stood: str | None, back: str) -> None:
    again = resumed(known, "/cases/7/comment", stood, text="停机属实")
    assert read(again).links[-1] == back


def test_what_was_typed_and_chosen_is_shown_to_be_checked(known: Web) -> None:
    typed = {"setting": "counter", "ring_seconds": "12", "verdict": "n/a", "role": "nobody", "step": "look"}
    again = resumed(known, "/recordings/1/facts", None, **typed)
    shown = text_of(again)
    for label, told in (("场景", "柜台"), ("响铃秒数", "12"), ("判定", "无法认定")):
        assert re.search(f"{label} ?{told}", shown), shown
    assert ("counter" in shown, "角色" in shown, "look" in shown) == (False, False, False)
    assert {name: read(again).fields[name] for name in typed} == typed


def test_a_form_of_another_session_is_sent_again_with_the_present_token(web: Web) -> None:
    browser = web.browser("admin")
    stale = browser.post("/password", data={"csrf": "old", "note": "还在"})
    assert (stale.status_code, read(stale).fields["note"]) == (403, "还在")
    assert read(stale).fields["csrf"] == web.csrf


def test_what_is_secret_is_not_kept_and_no_name_of_a_program_is_shown(known: Web) -> None:
    browser = known.browser(None)
    address = "https://oapi.dingtalk.com/robot/send?access_token=t0p"
    typed = {"kind": "dingtalk", "address": address, "secret": "SEC9", "reason": "听得清楚"}
    lost = browser.post("/inbox/channels", data=typed)
    again = sign_in(browser, **{k: v for k, v in read(lost).fields.items() if k not in {"name", "password"}})
    for answer in (lost, again):
        assert ("t0p" in answer.text, "SEC9" in answer.text) == (False, False)
    assert read(again).fields["kind"] == "dingtalk"
    shown = text_of(again)
    assert ("理由 听得清楚" in shown or "理由听得清楚" in shown, "kind" in shown) == (True, False)


@pytest.mark.parametrize("who", [None, "gone"])
def test_nothing_is_read_of_what_a_stranger_uploads(
    known: Web, monkeypatch: pytest.MonkeyPatch, who: str | None
) -> None:
    def unread(_: Request, **__: object) -> None:
        raise AssertionError("the form was read")

    monkeypatch.setattr(Request, "form", unread)
    browser = known.browser(None)
    if who:
        browser.cookies[COOKIE] = who
    for sent in ({"data": {"setting": "phone" * 100_000}}, {"files": {"files": ("a.wav", b"sound", "audio/wav")}}):
        answer = browser.post("/upload", **sent)
        assert (answer.status_code, "登录后请重新选择" in text_of(answer)) == (401, True)
        assert read(answer).fields["back"] == "/upload"


def test_only_files_may_be_large(web: Web) -> None:
    form = {"csrf": "x", "setting": "phone" * 100_000}
    assert web.browser("inspector").post("/upload", data=form).status_code == 413


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_no_other_site_gets_a_form_kept_or_sent(known: Web, headers: dict[str, str]) -> None:
    for browser in (known.browser(None), known.browser("admin")):
        answer = browser.post("/password", data={"csrf": "x", "note": "theirs"}, headers=headers)
        assert (answer.status_code, "theirs" in answer.text) == (403, False)


def test_a_script_gets_a_small_sign_in_and_a_new_token(known: Web) -> None:
    browser = known.browser(None)
    asked = browser.post("/password", headers={"HX-Request": "true"})
    assert (asked.status_code, asked.headers["hx-retarget"]) == (401, "#messages")
    assert "<html" not in asked.text
    opened = browser.post("/signin", data={"name": "boss", "password": PASSWORD}, headers={"HX-Request": "true"})
    assert (opened.status_code, "speechaudit:csrf" in opened.headers["hx-trigger"]) == (200, True)
