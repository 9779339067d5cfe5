"""Users are added, changed, disabled and reset on a page; a password is shown once and must be changed at sign-in."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.store import accounts
from tests.service.web_kit import Web, read, text_of


def send(web: Web, browser: TestClient, path: str, **fields: object) -> Response:
    return browser.post(path, data={"csrf": web.csrf, **fields})


def shown_once(page: Response) -> str:
    found = re.search(r'<code class="once">([^<]+)</code>', page.text)
    assert found, text_of(page)
    return found[1]


def number(web: Web, name: str) -> int:
    with web.db.read() as session:
        user = accounts.user_named(session, name)
        assert user is not None
        return user.id


def enter(web: Web, name: str, password: str) -> TestClient:
    """A browser through the sign-in, wherever that leads."""
    browser = web.browser(None)
    browser.post("/signin", data={"name": name, "password": password})
    return browser


def test_a_new_inspector_signs_in_once_and_must_choose_a_password(web: Web) -> None:
    admin = web.browser("admin")
    made = send(web, admin, "/users", name="wang", display_name="王督查", role="inspector")
    password = shown_once(made)
    assert made.status_code == 200 and "wang 的一次性密码" in text_of(made) and "待本人换密码" in text_of(made)
    assert made.headers["cache-control"] == "private, no-store"
    assert password not in admin.get("/users").text

    browser = enter(web, "wang", password)
    assert browser.get("/review").headers["location"] == "/password"
    asked = browser.get("/password")
    own = "my-own-long-words"
    typed = {"old_password": password, "new_password": own, "again_password": own}
    assert browser.post("/password", data={"csrf": read(asked).fields["csrf"], **typed}).status_code == 303
    assert enter(web, "wang", own).get("/review").status_code == 200
    assert "待本人换密码" not in text_of(admin.get("/users"))


def test_a_lead_has_windows_and_staff_have_a_number(web: Web) -> None:
    admin = web.browser("admin")
    for wrong, told in (
        ({"role": "lead"}, "窗口：窗口负责人须有窗口"),
        ({"role": "staff"}, "工号：工作人员须有工号"),
        ({"role": ""}, "角色：请填写"),
        ({"role": "inspector", "name": "lead"}, "用户 lead：已经存在"),
    ):
        refused = send(web, admin, "/users", **{"name": "new", "display_name": "新人"} | wrong)
        assert (refused.status_code, told in text_of(refused)) == (422, True), text_of(refused)
        assert read(refused).fields["display_name"] == "新人"
    send(web, admin, "/users", name="li", role="lead", windows=["A01", "A02"])
    send(web, admin, "/users", name="zhang", role="staff", staff="1018", windows=["A01"])
    found = {each["name"]: each for each in web.get("/users", "admin")}
    assert [each["code"] for each in found["li"]["windows"]] == ["A01", "A02"]
    assert (found["zhang"]["staff"]["number"], found["zhang"]["windows"]) == ("1018", [])
    assert "窗口1、窗口2" in text_of(admin.get("/users"))


def test_who_moves_on_is_changed(web: Web) -> None:
    admin, way = web.browser("admin"), f"/users/{number(web, 'lead')}"
    assert 'value="A01" checked' in admin.get(way).text
    assert send(web, admin, way, role="lead").status_code == 422
    assert send(web, admin, way, role="staff", staff="1018").headers["location"] == way
    assert "已更改" in text_of(admin.get(way))
    send(web, admin, way, role="inspector", staff="")
    (row,) = (each for each in web.get("/users", "admin") if each["name"] == "lead")
    assert (row["role"], row["staff"], row["windows"]) == ("inspector", None, [])


def test_a_name_is_put_right_while_its_owner_works_on(web: Web) -> None:
    inspector, admin = web.browser("inspector"), web.browser("admin")
    way = f"/users/{number(web, 'inspector')}"
    assert read(admin.get(way)).fields["display_name"] == ""
    sent = send(web, admin, way, role="inspector", staff="", display_name="赵敏")
    assert sent.headers["location"] == way and "已保存" in text_of(admin.get(way))
    assert read(admin.get(way)).fields["display_name"] == "赵敏" and "赵敏" in text_of(admin.get("/users"))
    assert "赵敏" in text_of(inspector.get("/recordings"))
    refused = send(web, admin, way, role="", display_name="赵" * 201)
    assert (refused.status_code, read(refused).fields["display_name"]) == (422, "赵" * 201)
    assert "姓名：至多 200 个字符" in text_of(refused), text_of(refused)
    moved = send(web, admin, way, role="staff", staff="1018", display_name="赵敏")
    assert moved.status_code == 303 and "本人须重新登录" in text_of(admin.get(way))
    assert inspector.get("/recordings").headers["location"].startswith("/signin")


def test_who_leaves_is_disabled_and_who_forgot_gets_a_new_password(web: Web) -> None:
    staff, admin = web.browser("staff"), web.browser("admin")
    way = f"/users/{number(web, 'staff')}"
    assert staff.get("/cases").status_code == 200
    send(web, admin, f"{way}/active", active="no")
    assert "停用" in text_of(admin.get(way)) and staff.get("/cases").headers["location"].startswith("/signin")
    password = shown_once(send(web, admin, f"{way}/password"))
    assert enter(web, "staff", password).get("/cases").headers["location"].startswith("/signin")
    send(web, admin, f"{way}/active", active="yes")
    assert enter(web, "staff", password).get("/cases").headers["location"] == "/password"


def test_the_last_administrator_stays(web: Web) -> None:
    admin, way = web.browser("admin"), f"/users/{number(web, 'admin')}"
    assert "这是您自己" in text_of(admin.get(way)) and "停用</button>" not in admin.get(way).text
    for path, sent in ((way, {"role": "inspector"}), (f"{way}/active", {"active": "no"})):
        refused = send(web, admin, path, **sent)
        assert (refused.status_code, "这是最后一位管理员" in text_of(refused)) == (422, True)
    assert admin.get("/users").status_code == 200


def test_nobody_of_this_number(web: Web) -> None:
    admin = web.browser("admin")
    assert [admin.get("/users/99").status_code, send(web, admin, "/users/99/password").status_code] == [404, 404]


@pytest.mark.parametrize("role", ["inspector", "lead", "staff"])
def test_only_administrators(web: Web, role: str) -> None:
    browser = web.browser(role)
    assert "/users" not in read(browser.get("/inbox")).links
    answers = browser.get("/users"), browser.get("/users/1"), send(web, browser, "/users/1/password")
    assert {each.status_code for each in answers} == {403}
