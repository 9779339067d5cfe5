"""Members of staff and windows are looked for, added, renamed and taken out of use on pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from service.store.base import now
from tests.service.web_kit import Web, read, text_of


def send(web: Web, browser: TestClient, path: str, **fields: object) -> Response:
    return browser.post(f"/settings/centre/{path}", data={"csrf": web.csrf} | fields)


def one(web: Web, kind: str, key: str) -> dict[str, Any]:
    name = {"staff": "number", "windows": "code"}[kind]
    return next(each for each in web.get(f"/{kind}") if each[name] == key)


def listed(page: Response, kind: str) -> list[str]:
    return [way for way in read(page).links if way.startswith(f"/settings/centre/{kind}/")]


def test_they_are_found_by_what_people_know_of_them(web: Web) -> None:
    admin = web.browser("admin")
    web.ask("PUT", "/windows/A02", json={"name": "不动产窗口", "active": False})
    web.ask("PUT", "/extensions/8021", json={"window": "A01"})
    turn = {"window": "A01", "staff": "1018", "starts_at": now().isoformat()}
    web.ask("POST", "/rosters", json=turn | {"ends_at": (now() + timedelta(hours=3)).isoformat()})
    first, second = (f"/settings/centre/windows/{one(web, 'windows', code)['id']}" for code in ("A01", "A02"))
    for asked, found in (
        ("", [first, second]),
        ("text=ａ０１", [first]),
        ("text=不动产", [second]),
        ("text=8021", [first]),
        ("text=1018", [first]),
        ("state=inactive", [second]),
        ("state=active&text=不动产", []),
    ):
        assert listed(admin.get(f"/settings/centre/windows?{asked}"), "windows") == found, asked
    (person,) = listed(admin.get("/settings/centre/staff?text=A01"), "staff")
    assert "窗口1（A01）" in text_of(admin.get(person))
    assert "1018" in text_of(admin.get(first)) and "分机：8021" in text_of(admin.get(first))


def test_one_is_added_renamed_and_taken_out_of_use(web: Web) -> None:
    admin = web.browser("admin")
    assert send(web, admin, "staff", code="１０２０", called="王芳").headers["location"] == "/settings/centre/staff"
    assert "已登记" in text_of(admin.get("/settings/centre/staff?text=王芳"))
    way = f"staff/{one(web, 'staff', '1020')['id']}"
    assert send(web, admin, way, called="王芳芳").status_code == 303
    assert send(web, admin, way, active="no").status_code == 303
    found = one(web, "staff", "1020")
    assert (found["name"], found["active"]) == ("王芳芳", False)
    send(web, admin, way, called="王芳")
    assert (one(web, "staff", "1020")["name"], one(web, "staff", "1020")["active"]) == ("王芳", False)
    send(web, admin, way, active="yes")
    assert one(web, "staff", "1020")["active"]
    assert "没有更改" in text_of(admin.get(send(web, admin, way, called="王芳").headers["location"]))


def test_nothing_is_overwritten_and_faults_stand_at_their_field(web: Web) -> None:
    admin = web.browser("admin")
    for code, called, told in (
        ("1017", "别人", "工号：1017 已经登记过"),
        ("01017", "别人", "只差开头的零"),
        ("", "别人", "工号：缺少这一项"),
        ("1021", "", "姓名：缺少这一项"),
        ("1021", "名" * 201, "姓名：至多 200 个字符"),
    ):
        refused = send(web, admin, "staff", code=code, called=called)
        assert (refused.status_code, told in text_of(refused)) == (422, True), text_of(refused)
        assert 'class="error"' in refused.text
        assert (read(refused).fields["code"], read(refused).fields["called"]) == (code, called)
    way = f"windows/{one(web, 'windows', 'A01')['id']}"
    refused = send(web, admin, way, called="名" * 201)
    assert refused.status_code == 422 and "名称：至多 200 个字符" in text_of(refused)
    assert {each["name"] for each in web.get("/staff")} == {"工号1017", "工号1018"}


def test_who_may_only_look_sees_no_forms(web: Web) -> None:
    lead = web.browser("lead")
    shown = lead.get("/settings/centre/windows")
    turn = {"window": "A02", "staff": "1018", "starts_at": now().isoformat()}
    web.ask("POST", "/rosters", json=turn | {"ends_at": (now() + timedelta(hours=3)).isoformat()})
    assert "窗口2（A02）" in text_of(web.browser("inspector").get("/settings/centre/staff"))
    assert "窗口2（A02）" not in text_of(lead.get("/settings/centre/staff"))
    (way, *_) = listed(shown, "windows")
    assert 'method="post" action="/settings/' not in shown.text + lead.get(way).text
    assert send(web, lead, "windows", code="B", called="B").status_code == 403
    assert send(web, lead, way.removeprefix("/settings/centre/"), called="B").status_code == 403
    assert [lead.get("/settings/centre/staff/99").status_code, lead.get("/settings/centre/x").status_code] == [404, 422]
