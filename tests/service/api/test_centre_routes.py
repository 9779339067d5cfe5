"""Staff, windows, extensions and rosters, one by one and as tables."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook

from tests.service.api_kit import Api

CSV = {"Content-Type": "text/csv"}


def imported(api: Api, kind: str, content: bytes | str) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return api.ask("POST", f"/imports/{kind}", content=body, headers=CSV)


def xlsx(*lines: list[Any]) -> bytes:
    book = Workbook()
    for line in lines:
        book.active.append(line)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_the_centre_is_registered_and_changed(both: Api) -> None:
    assert both.ask("PUT", "/staff/1017", json={"name": "甲"}).json()["active"]
    assert not both.ask("PUT", "/staff/1017", json={"name": "甲", "active": False}).json()["active"]
    assert both.ask("PUT", "/windows/A01", json={"name": "综合窗口"}).status_code == 200
    assert both.ask("PUT", "/extensions/8021", json={"window": "综合窗口"}).json()["window"]["code"] == "A01"
    assert both.ask("PUT", "/extensions/8021", json={"window": "B"}).status_code == 422
    assert [len(both.get(f"/{each}")) for each in ("staff", "windows", "extensions")] == [1, 1, 1]
    assert both.ask("DELETE", "/extensions/8021").status_code == 204
    assert both.ask("DELETE", "/extensions/8021").status_code == 404
    turn = {"window": "A01", "staff": "1017", "starts_at": "2026-03-02T08:30:00", "ends_at": "2026-03-02T12:00:00"}
    made = both.ask("POST", "/rosters", json=turn).json()
    assert made["starts_at"] == "2026-03-02T00:30:00Z"
    assert both.get("/rosters?since=2026-03-02&until=2026-03-02") == [made]
    assert both.get("/rosters?since=2026-03-03&until=2026-03-03") == []
    assert both.ask("GET", "/rosters?since=2026-03-03&until=2028-03-03").status_code == 422
    assert both.ask("POST", "/rosters", json=turn | {"ends_at": turn["starts_at"]}).status_code == 422
    assert both.ask("DELETE", f"/rosters/{made['id']}").status_code == 204


def test_a_lead_sees_the_roster_of_their_windows(api: Api) -> None:
    api.people()
    imported(
        api,
        "rosters",
        "窗口,工号,开始,结束\nA01,1017,2026/3/2 8:30,2026/3/2 12:00\nA02,1018,2026/3/2 8:30,2026/3/2 12:00\n",
    )
    seen = {role: api.get("/rosters?since=2026-03-02&until=2026-03-02", role) for role in ("lead", "inspector")}
    assert {role: [turn["window"]["code"] for turn in turns] for role, turns in seen.items()} == {
        "lead": ["A01"],
        "inspector": ["A01", "A02"],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_as_excel_writes_it(api: Api, encoding: str) -> None:
    answer = imported(api, "staff", "工号,姓名,在岗\r\n1017, 甲 ,是\r\n,,\r\n0018,乙,否\r\n".encode(encoding))
    assert (answer.status_code, answer.json()) == (200, {"rows": 2})
    assert [(row["number"], row["name"], row["active"]) for row in api.get("/staff")] == [
        ("0018", "乙", False),
        ("1017", "甲", True),
    ]


def test_a_workbook_is_read_as_people_see_it(api: Api) -> None:
    from datetime import datetime

    assert imported(api, "windows", xlsx(["代码", "名称"], ["A01", "综合窗口"])).json() == {"rows": 1}
    assert imported(api, "staff", xlsx(["工号", "姓名"], [1017, "甲"], [1018.0, "乙"])).json() == {"rows": 2}
    assert imported(api, "extensions", xlsx(["分机", "窗口"], [8021, "A01"])).json() == {"rows": 1}
    turn = ["A01", 1017, datetime(2026, 3, 2, 8, 30), datetime(2026, 3, 2, 12)]
    assert imported(api, "rosters", xlsx(["窗口", "工号", "开始", "结束"], turn)).json() == {"rows": 1}
    assert [row["number"] for row in api.get("/staff")] == ["1017", "1018"]
    assert api.get("/rosters?since=2026-03-02&until=2026-03-02")[0]["starts_at"] == "2026-03-02T00:30:00Z"


def test_wrong_rows_are_all_told_and_none_is_taken(api: Api) -> None:
    answer = imported(api, "staff", "工号,姓名,在岗\n1017,甲,是\n,乙,是\n1019,丙,也许\n")
    assert answer.status_code == 422
    assert [(each["field"], each["problem"]) for each in answer.json()["errors"]] == [
        ("第3行.number", "缺少这一项"),
        ("第4行.active", "应为 true 或 false"),
    ]
    assert api.get("/staff") == []
    unknown = imported(api, "extensions", "分机,窗口\n8021,A09\n").json()
    assert unknown["errors"] == [{"field": "第2行.window", "problem": "没有登记窗口“A09”"}]


WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    "file",
    [
        ("staff.csv", "工号,姓名\n0017,甲\n".encode("gb18030"), "text/csv"),
        ("人员.xlsx", xlsx(["工号", "姓名"], ["0017", "甲"]), WORKBOOK),
    ],
)
def test_a_table_may_come_as_a_file_in_a_form(api: Api, file: tuple[str, bytes, str]) -> None:
    answer = api.ask("POST", "/imports/staff", files={"file": file})
    assert (answer.status_code, answer.text) == (200, '{"rows":1}')
    assert [row["number"] for row in api.get("/staff")] == ["0017"]
    twice = api.ask("POST", "/imports/staff", files=[("file", file), ("file", file)])
    none = api.ask("POST", "/imports/staff", files={"note": (None, "x")})
    assert [(each.status_code, "curl -F file=@staff.csv" in each.json()["cure"]) for each in (twice, none)] == [
        (422, True),
        (422, True),
    ]


def test_the_examples_can_be_downloaded_and_imported_as_they_are(api: Api) -> None:
    for kind in ("windows", "staff", "extensions", "rosters"):
        example = api.ask("GET", f"/imports/{kind}/example")
        assert (example.status_code, example.headers["content-disposition"]) == (
            200,
            f'attachment; filename="{kind}.csv"',
        )
        assert imported(api, kind, example.content).json() == {"rows": 2}
    assert [row["number"] for row in api.get("/staff")] == ["0017", "1018"]


def test_numbers_are_those_that_people_see(api: Api) -> None:
    from pathlib import Path

    padded = (Path(__file__).parents[1] / "data" / "leading-zero.xlsx").read_bytes()
    assert imported(api, "staff", padded).status_code == 200
    assert imported(api, "staff", "工号,姓名\n　１０２２ ,是\n").status_code == 200
    assert [(row["number"], row["name"]) for row in api.get("/staff")] == [("0001", "甲"), ("1022", "是")]
    assert api.ask("PUT", "/windows/Ａ０１", json={"name": "窗口"}).json()["code"] == "A01"
    assert (
        imported(api, "rosters", "窗口,工号,开始,结束\nA01,１０２２,2026/3/2 8:30,2026/3/2 12:00\n").status_code == 200
    )


@pytest.mark.parametrize(
    ("table", "field", "problem"),
    [
        ("工号,姓名\n1.20E+03,甲\n", "第2行.number", "科学计数法"),
        ("工号,姓名\n1017,甲\n1018,乙\n1017,丙\n", "第4行.number", "与第 2 行重复"),
        ("工号,姓名\n0017,甲\n17,乙\n", "第3行.number", "第 2 行的“0017”只差开头的零"),
        ("工号,姓名\n99,甲\n", "第2行.number", "已登记的“0099”"),
        ("工号,姓名\na099,甲\nＡ099,乙\n", "第3行.number", "第 2 行的“a099”"),
    ],
)
def test_identities_that_cannot_be_told_apart_are_refused(api: Api, table: str, field: str, problem: str) -> None:
    imported(api, "staff", "工号,姓名\n0099,在册\n")
    answer = imported(api, "staff", table)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert problem in answer.json()["errors"][0]["problem"]
    assert "请" in answer.json()["errors"][0]["problem"]
    assert [row["number"] for row in api.get("/staff")] == ["0099"]


def test_two_columns_of_one_kind_are_refused(api: Api) -> None:
    answer = imported(api, "staff", "工号,姓名,名称\n1,甲,乙\n")
    assert (answer.status_code, answer.json()["detail"]) == (422, "表格:有两列说的是同一项(姓名、名称)")


def test_a_long_table_is_changed_and_extended_as_a_whole(both: Api) -> None:
    def table(name: str, count: int) -> str:
        return "工号,姓名\n" + "".join(f"{number},{name}{number}\n" for number in range(10_000, 10_000 + count))

    assert imported(both, "staff", table("甲", 3000)).json() == {"rows": 3000}
    assert imported(both, "staff", table("乙", 3001)).json() == {"rows": 3001}
    names = [row["name"] for row in both.get("/staff")]
    assert (len(names), names[0], names[-1]) == (3001, "乙10000", "乙13000")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\xff\xfe\xff\x81", b'a,"b', xlsx()])
def test_what_is_no_table_is_told(api: Api, content: bytes) -> None:
    answer = imported(api, "staff", content)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert imported(api, "others", "x").status_code == 422


def test_an_import_is_looked_at_before_it_is_taken(both: Api) -> None:
    imported(both, "staff", "工号,姓名\n1017,张明\n1018,李红\n")
    table = "工号,姓名\n1017,张明\n1018,李虹\n1019,王芳\n,赵六\n"
    seen = both.ask("POST", "/imports/staff/preview", content=table.encode(), headers=CSV).json()
    assert seen["counts"] == {"wrong": 1, "changed": 1, "new": 1, "same": 1}
    assert [row["number"] for row in seen["rows"]] == [5, 3, 4, 2]
    assert seen["rows"][1]["changes"] == [{"title": "姓名", "before": "李红", "after": "李虹"}]
    assert seen["rows"][0]["wrong"] and seen["titles"] == ["工号", "姓名", "在岗"]
    assert [each["name"] for each in both.get("/staff")] == ["张明", "李红"]
