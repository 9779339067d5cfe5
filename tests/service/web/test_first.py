"""The first administrator: made once, by who can read what the service printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.store import Database
from tests.service.web_kit import Web, read, text_of

TYPED = {"name": "boss", "password": "correct-horse-battery", "again_password": "correct-horse-battery"}


@pytest.fixture
def fresh(db: Database, tmp_path: Path) -> Web:
    return Web(db, tmp_path)


def test_a_fresh_installation_leads_to_the_first_administrator_and_on(fresh: Web) -> None:
    browser = fresh.browser(None)
    assert browser.get("/").headers["location"] == "/signin"
    assert browser.get("/signin").headers["location"] == "/first"
    assert "建立第一位管理员" in text_of(browser.get("/first"))
    typed = fresh.services.first_code.lower().replace("-", " ")
    made = browser.post("/first", data=TYPED | {"code": typed})
    assert (made.status_code, made.headers["location"]) == (303, "/start")
    assert "boss 已登录" in text_of(browser.get("/start"))


def test_there_is_only_one_first_administrator(fresh: Web) -> None:
    code = {"code": fresh.services.first_code}
    assert fresh.browser(None).post("/first", data=TYPED | code).status_code == 303
    assert fresh.browser(None).get("/first").headers["location"] == "/signin"
    again = fresh.browser(None).post("/first", data=TYPED | code | {"name": "other"})
    assert (again.status_code, "已经有了" in text_of(again)) == (422, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"code": "AAAA-BBBB-CCCC"}, "设置码:不对"),
        ({"again_password": "other"}, "两次输入的密码不同"),
        ({"password": "short", "again_password": "short"}, "至少 10 个字符"),
        ({"name": ""}, "请填写"),
    ],
)
def test_what_is_wrong_is_said_and_the_name_stays(fresh: Web, wrong: dict[str, str], said: str) -> None:
    code = {"code": fresh.services.first_code}
    refused = fresh.browser(None).post("/first", data=TYPED | code | wrong)
    assert (refused.status_code, said in text_of(refused).replace("：", ":")) == (422, True)
    assert read(refused).fields["name"] == wrong.get("name", "boss")
    assert "correct-horse" not in refused.text


def test_the_code_cannot_be_tried_out(fresh: Web) -> None:
    answers = [fresh.browser(None).post("/first", data=TYPED | {"code": str(n)}) for n in range(31)]
    assert "失败的次数太多" in text_of(answers[-1])
    right = fresh.browser(None).post("/first", data=TYPED | {"code": fresh.services.first_code})
    assert right.status_code == 422
