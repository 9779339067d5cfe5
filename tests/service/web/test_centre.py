"""Windows and staff pasted from a sheet: looked through row by row, then kept, all or none."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.service.web_kit import Web, text_of


def paste(web: Web, browser: TestClient, kind: str, table: str, step: str = "look") -> Response:
    return browser.post(f"/centre/{kind}", data={"csrf": web.csrf, "table": table, "step": step})


@pytest.mark.parametrize(
    "table",
    [
        "工号\t姓名\r\n1017\t张明\r\n1020\t李 红",
        "1017\t张明\n1020\t李 红\n",
        "姓名\t工号\n张明\t1017\n李 红\t1020",
        "1017,张明\n1020,李 红",
        "工号\uff0c姓名\n1017\uff0c张明\n\n1020\uff0c李 红",
    ],
)
def test_what_was_pasted_is_understood_however_it_comes(web: Web, table: str) -> None:
    browser = web.browser("admin")
    looked = text_of(paste(web, browser, "staff", table))
    assert "看懂了 2 行" in looked
    assert "登记这 2 行" in looked
    assert {each["number"] for each in web.get("/staff")} == {"1017", "1018"}
    kept = paste(web, browser, "staff", table, "keep")
    assert (kept.status_code, kept.headers["location"]) == (303, "/start")
    assert "已登记 2 行" in text_of(browser.get("/start"))
    assert {(each["number"], each["name"]) for each in web.get("/staff")} == {
        ("1017", "张明"),
        ("1018", "工号1018"),
        ("1020", "李 红"),
    }


def test_blanks_may_stand_between_the_cells(web: Web) -> None:
    paste(web, web.browser("admin"), "windows", "B01 社保窗口\nB02  不动产窗口", "keep")
    assert [each["name"] for each in web.get("/windows") if each["code"][0] == "B"] == ["社保窗口", "不动产窗口"]


def test_rows_say_what_would_become_of_them_and_wrong_ones_stop_all(web: Web) -> None:
    browser = web.browser("admin")
    table = "A01\t窗口1\nA02\t新名\nA03\t三号\nA03\t又是三号\n\t没有代码"
    for step in ("look", "keep"):
        looked = paste(web, browser, "windows", table, step)
        said = text_of(looked)
        assert looked.status_code == 422
        assert re.search("看懂了 5 行.其中 2 行有误", said)
        assert "与第 3 行重复" in said
        assert "代码:缺少这一项" in said
        assert all(word in said for word in ("不变", "更改", "新增"))
    assert len(web.get("/windows")) == 2


def test_nothing_and_nonsense(web: Web) -> None:
    browser = web.browser("admin")
    assert "没有内容" in text_of(paste(web, browser, "staff", "", "keep"))
    wide = paste(web, browser, "staff", '1017\t"张明')
    assert (wide.status_code, "看不懂这张表" in text_of(wide)) == (422, True)
