"""Windows, staff, extensions and rosters from a table: looked through row by row, then kept, all or none."""

from __future__ import annotations

import html
import re
from io import BytesIO

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from openpyxl import Workbook

from service.api import application
from service.web import pasting
from tests.service.web_kit import Web, read, text_of


def paste(web: Web, browser: TestClient, kind: str, table: str, step: str = "look") -> Response:
    return browser.post(f"/centre/{kind}", data={"csrf": web.csrf, "table": table, "step": step})


def give(web: Web, browser: TestClient, kind: str, content: bytes, step: str = "look", name: str = "t.csv") -> Response:
    known = {"csrf": web.csrf, "table": "", "step": step}
    return browser.post(f"/centre/{kind}", data=known, files={"file": (name, content, "text/csv")})


def typed(page: Response) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", page.text, re.DOTALL)
    assert found
    return found[1]


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
    assert (kept.status_code, kept.headers["location"]) == (303, "/settings/centre/staff")
    assert "已登记 2 行" in text_of(browser.get("/settings/centre/staff"))
    assert {(each["number"], each["name"]) for each in web.get("/staff")} == {
        ("1017", "张明"),
        ("1018", "工号1018"),
        ("1020", "李 红"),
    }


def test_who_comes_from_the_first_steps_goes_back_there(web: Web) -> None:
    browser = web.browser("admin")
    for way, to in (("/start", "/start"), ("//elsewhere.example", "/settings/centre/windows")):
        known = {"csrf": web.csrf, "table": "B01\t社保窗口", "step": "keep"}
        assert browser.post(f"/centre/windows?back={way}", data=known).headers["location"] == to


def test_blanks_may_stand_between_the_cells(web: Web) -> None:
    browser = web.browser("admin")
    paste(web, browser, "windows", "B01 社保窗口\nB02  不动产窗口", "keep")
    assert [each["name"] for each in web.get("/windows") if each["code"][0] == "B"] == ["社保窗口", "不动产窗口"]
    looked = text_of(paste(web, browser, "rosters", "A01 1017 2026-03-02 08:30 2026-03-02 12:00"))
    assert "2026-03-02 08:302026-03-02 12:00新增" in looked, looked


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
        assert "名称：窗口2 → 新名" in said
        assert "新增 1，更改 1，不变 1，有误 2" in said
    assert len(web.get("/windows")) == 2


def test_a_row_that_is_refused_says_what_to_do(web: Web) -> None:
    said = text_of(paste(web, web.browser("admin"), "extensions", "8021\tA01\n8022\tA09"))
    assert "窗口:没有登记窗口“A09”" in said and "没有登记的,请先登记" in said
    assert "8021窗口1(A01)新增" in said, said


def test_who_was_taken_out_of_use_comes_back_only_as_a_change(web: Web) -> None:
    web.ask("PUT", "/staff/1018", json={"name": "工号1018", "active": False})
    assert "在岗：否 → 是" in text_of(paste(web, web.browser("admin"), "staff", "1018\t工号1018"))


def test_turns_of_the_roster_are_compared_with_those_that_are_there(web: Web) -> None:
    browser = web.browser("admin")
    head = "窗口\t工号\t开始\t结束\n"
    first = "A01\t1017\t2026/3/2 8:30\t2026/3/2 12:00\n"
    assert paste(web, browser, "rosters", head + first, "keep").headers["location"] == "/settings/rosters"
    later = "A01\t1017\t2026/3/2 8:30\t2026/3/2 12:30\nA02\t1018\t2026/3/2 8:30\t2026/3/2 8:00\n"
    later += "窗口1\t1018\t2026/3/3 8:30\t2026/3/3 9:00\n"
    said = text_of(paste(web, browser, "rosters", head + first + later))
    assert "结束：2026-03-02 12:00 → 2026-03-02 12:30" in said
    assert "排班:结束时间不晚于开始时间" in said and "请检查起止时间" in said
    assert "新增 1，更改 1，不变 1，有误 1" in said


def test_turns_at_the_same_time_are_pointed_out(web: Web) -> None:
    browser = web.browser("admin")
    paste(web, browser, "rosters", "A01\t1017\t2026-03-02 08:30\t2026-03-02 12:00", "keep")
    table = "A01\t1018\t2026-03-02 11:00\t2026-03-02 13:00\nA02\t1018\t2026-03-03 08:30\t2026-03-03 12:00\n"
    table += "A01\t1018\t2026-03-03 11:59\t2026-03-03 17:00\nA02\t1017\t2026-03-02 12:00\t2026-03-02 13:00\n"
    said = text_of(paste(web, browser, "rosters", table))
    assert "新增 4" in said and said.count("就不知道") == 3, said
    assert "同一窗口同时还有工号1017(1017)" in said
    assert "同时还在窗口1(A01)" in said and "同时还在窗口2(A02)" in said
    again = text_of(paste(web, browser, "rosters", "A01\t1017\t2026-03-02 08:30\t2026-03-02 12:30"))
    assert "更改 1" in again and "就不知道" not in again


def test_a_file_is_looked_through_as_if_it_was_pasted(web: Web) -> None:
    browser = web.browser("admin")
    book = Workbook()
    for line in (["工号", "姓名", "在岗"], ["0017", "张明", "是"], [], ["0018", '李"红', "否"]):
        book.active.append(line)
    content = BytesIO()
    book.save(content)
    looked = give(web, browser, "staff", content.getvalue(), "keep", "t.xlsx")
    assert looked.status_code == 200 and "登记这 2 行" in text_of(looked) and len(web.get("/staff")) == 2
    table = html.unescape(typed(looked))
    assert table == '工号\t姓名\t在岗\n0017\t张明\t是\n\n0018\t"李""红"\t否\n'
    assert pasting.rows("staff", table)[1][0] == 4
    again = give(web, browser, "windows", "代码,名称\nA01,窗口一\n".encode("gb18030"))
    assert "名称：窗口1 → 窗口一" in text_of(again) and typed(again) == "代码\t名称\nA01\t窗口一\n"


@pytest.mark.parametrize("kind", ["staff", "windows", "extensions", "rosters"])
def test_the_table_to_fill_in_is_understood(web: Web, kind: str) -> None:
    browser = web.browser("admin")
    paste(web, browser, "staff", "0017\t张明", "keep")
    example = browser.get(f"/centre/{kind}/example")
    assert example.headers["content-disposition"] == f'attachment; filename="{kind}.csv"'
    assert f"/centre/{kind}/example" in read(browser.get(f"/centre/{kind}")).links
    looked = text_of(give(web, browser, kind, example.content))
    assert "看懂了 2 行" in looked and "有误" not in looked, looked


def test_nothing_and_nonsense(web: Web) -> None:
    browser = web.browser("admin")
    assert "没有内容" in text_of(paste(web, browser, "staff", "", "keep"))
    for told in (
        paste(web, browser, "staff", '1017\t"张明'),
        give(web, browser, "staff", b"PK\x03\x04broken"),
        give(web, browser, "staff", b"\x00\x01\xff"),
    ):
        assert (told.status_code, "看不懂这张表" in text_of(told)) == (422, True)


def test_no_page_holds_more_than_a_table_needs(web: Web) -> None:
    """A workbook of 60 KB made a page of 60 MB: all of it is shown again, to be put right."""
    browser = web.browser("admin")
    for name, said in (("x" * 1001, "第 2 行有一格超过 1000 个字"), ("x" * 1000, "至多 200 个字符")):
        assert said in text_of(give(web, browser, "staff", f"工号,姓名\n1017,{name}\n".encode()))
    much = ("工号,备注\n" + f"1,{'x' * 999}\n" * 4000).encode()
    answer = give(web, browser, "staff", much + b"1,x\n")
    assert (answer.status_code, len(answer.content) < 50_000) == (422, True)
    assert "超过 400 万个字" in text_of(answer)


def test_of_a_long_table_what_asks_for_attention_is_shown(web: Web) -> None:
    rows = "".join(f"{number}\t{'甲' * 195}{number}\n" for number in range(2000, 2450)) + "1017\t新名\n"
    assert len(rows.encode()) > application.USUAL_BODY
    said = text_of(paste(web, web.browser("admin"), "staff", rows))
    assert "看懂了 451 行" in said and "下面是前 300 行" in said and "姓名：工号1017 → 新名" in said
