"""Users and keys, by administrators and on the command line."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from service.auth.commands import key, user
from service.auth.permissions import SCOPES
from service.store import accounts
from speechaudit.errors import SpeechAuditError
from tests.service.api_kit import Api

PASSWORD = "correct-horse-battery"


@pytest.fixture
def peopled(api: Api) -> Api:
    api.people()
    return api


def signed_in(api: Api, name: str, password: str) -> bool:
    return api.client.post("/api/v1/session", json={"name": name, "password": password}).status_code == 201


def test_users_are_made_and_changed(peopled: Api) -> None:
    new = {"name": "lead2", "password": PASSWORD, "role": "lead", "windows": ["A02"]}
    made = peopled.ask("POST", "/users", "admin", json=new)
    assert (made.status_code, made.json()["windows"][0]["code"]) == (201, "A02")
    assert signed_in(peopled, "lead2", PASSWORD)
    assert peopled.ask("POST", "/users", "admin", json=new).status_code == 409
    path = f"/users/{made.json()['id']}"
    changed = peopled.ask("PATCH", path, "admin", json={"role": "staff", "staff": "1018", "windows": []}).json()
    assert (changed["role"], changed["staff"]["number"], changed["windows"]) == ("staff", "1018", [])
    assert peopled.client.get("/api/v1/session").status_code == 401
    assert (
        peopled.ask("PATCH", path, "admin", json={"password": "another-long-one", "active": False}).status_code == 200
    )
    assert not signed_in(peopled, "lead2", "another-long-one")
    assert len(peopled.get("/users", "admin")) == 5


def test_a_name_is_changed_without_a_new_sign_in_and_the_log_says_so(peopled: Api) -> None:
    new = {"name": "lead2", "password": PASSWORD, "role": "lead", "windows": ["A02"], "display_name": "王丽"}
    path = f"/users/{peopled.ask('POST', '/users', 'admin', json=new).json()['id']}"
    assert signed_in(peopled, "lead2", PASSWORD)
    peopled.ask("PATCH", path, "admin", json={"display_name": " 王莉 "})
    assert peopled.client.get("/api/v1/session").json()["name"] == "王莉"
    same = {"display_name": "王莉", "role": "lead", "windows": ["A02"]}
    assert peopled.ask("PATCH", path, "admin", json=same).json()["display_name"] == "王莉"
    assert peopled.client.get("/api/v1/session").status_code == 200
    noted = [each["what"] for each in peopled.get("/log") if each["action"] == "更改姓名"]
    assert noted == [f"用户 {path.rpartition('/')[2]}(lead2):王丽 → 王莉"]
    assert peopled.ask("PATCH", path, "admin", json={"display_name": ""}).json()["display_name"] == ""
    assert peopled.ask("PATCH", path, "admin", json={"display_name": "王\x7f"}).status_code == 422
    assert peopled.ask("PATCH", path, "inspector", json={"display_name": "李"}).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "lead"},
        {"role": "staff"},
        {"role": "staff", "staff": "9"},
        {"role": "king"},
        {"role": "admin", "password": "short"},
        {"role": "admin", "name": " "},
    ],
)
def test_users_that_could_not_work_are_refused(peopled: Api, wrong: dict[str, str]) -> None:
    answer = peopled.ask("POST", "/users", "admin", json={"name": "new", "password": PASSWORD} | wrong)
    assert answer.status_code == 422
    assert PASSWORD not in answer.text


def test_no_name_is_shown_otherwise_than_it_is(peopled: Api) -> None:
    """Behind U+202E everything is read from right to left: 明张, and the rest of the line with it."""
    for method, path, body in (
        ("PUT", "/staff/1017", {"name": "张\u202e明"}),
        ("PUT", "/windows/A01", {"name": "\u2067窗口"}),
        ("POST", "/keys", {"name": "\u202e", "scopes": ["recordings:read"]}),
        ("PATCH", "/users/1", {"display_name": "张\u202e明"}),
    ):
        assert peopled.ask(method, path, "admin", json=body).status_code == 422, path
    assert peopled.ask("PUT", "/staff/1017", "admin", json={"name": "买买提·阿不都"}).status_code == 200


def test_the_last_administrator_stays(peopled: Api) -> None:
    for change in ({"role": "inspector"}, {"active": False}):
        assert peopled.ask("PATCH", "/users/1", "admin", json=change).status_code == 409
    assert peopled.get("/session", "admin")["role"] == "admin"


def test_keys_are_shown_once(peopled: Api) -> None:
    asked = {"name": "一楼录音盒", "scopes": ["recordings:write"]}
    made = peopled.ask("POST", "/keys", "admin", json=asked).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert peopled.client.get("/api/v1/session", headers=headers).json()["permissions"] == ["recordings:write"]
    (listed, *_) = peopled.get("/keys", "admin")
    assert "key" not in listed
    assert made["key"] not in str(listed)
    assert peopled.ask("DELETE", f"/keys/{made['id']}", "admin").status_code == 204
    assert peopled.client.get("/api/v1/session", headers=headers).status_code == 401
    wrongs: tuple[dict[str, Any], ...] = ({"scopes": ["users"]}, {"scopes": []}, {"expires_at": "2020-01-01T00:00:00Z"})
    for wrong in wrongs:
        assert peopled.ask("POST", "/keys", "admin", json=asked | wrong).status_code == 422


def test_the_first_administrator_comes_by_command(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHAUDIT_DATABASE_URL", api.db.engine.url.render_as_string())
    run = CliRunner()
    asked = run.invoke(user, ["add", "boss", "--role", "admin"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert (asked.exit_code, PASSWORD in asked.output) == (0, False)
    assert signed_in(api, "boss", PASSWORD)
    made = run.invoke(user, ["password", "boss", "--generate"])
    assert signed_in(api, "boss", made.output.strip().rpartition(":")[2])
    assert "boss\tadmin" in run.invoke(user, ["list"]).output
    assert isinstance(run.invoke(user, ["add", "x", "--role", "staff", "--generate"]).exception, SpeechAuditError)
    assert run.invoke(user, ["add", "x"]).exit_code == 2


def test_keys_come_by_command(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHAUDIT_DATABASE_URL", api.db.engine.url.render_as_string())
    run = CliRunner()
    made = run.invoke(key, ["add", "box", "--scope", "recordings:write", "--days", "30"]).output
    headers = {"Authorization": f"Bearer {made.strip().rpartition(':')[2]}"}
    assert api.client.get("/api/v1/session", headers=headers).status_code == 200
    assert "box" in run.invoke(key, ["list"]).output
    assert run.invoke(key, ["revoke", "1"]).exit_code == 0
    assert api.client.get("/api/v1/session", headers=headers).status_code == 401
    refused = run.invoke(key, ["add", "box", "--scope", "users"]).exception
    assert isinstance(refused, SpeechAuditError)
    assert sorted(SCOPES)[0] in refused.cure
    with api.db.read() as session:
        assert len(accounts.api_keys(session)) == 1
