"""The log as a clerk reads it: who did what with whose recording, looked through, taken away, and proved."""

from __future__ import annotations

import ast
import csv
import io
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from sqlalchemy import update

from service.api import acts, log
from service.api.access import ROUTES, UNNOTED
from service.store import logbook
from service.store.logbook import LogEntry
from service.web.application import PAGES
from tests.service.web_kit import ROOT, Web, read, text_of


def noted_by_code() -> set[str]:
    """Each action that is written by hand, as it stands in the code; those of commands are `speechaudit …`."""
    found: set[str] = set()
    for path in (ROOT / "service").rglob("*.py"):
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)) if "note(" in text else ():
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            if called == "_note" and path.name == "commands.py" and isinstance(node.args[1], ast.Constant):
                found.add(f"speechaudit {node.args[1].value!s}")
            if called == "logbook.note":
                stated = [each.value for each in node.keywords if each.arg == "action"]
                found |= {str(each.value) for each in stated if isinstance(each, ast.Constant)}
    return found


def test_every_action_that_is_entered_has_its_words(web: Web) -> None:
    """A new page stands at least under a title of the head or of the settings."""
    pages = {route.action for each in PAGES for route in each.routes.routes if route.noted}  # type: ignore[attr-defined]
    routes = {action for action in ROUTES if action not in UNNOTED and "/api/v1/" in action}
    written = noted_by_code()
    assert {"更正", "更改姓名", "speechaudit user add", "speechaudit backup"} <= written
    known = {f"delete {kind}" for kind in ("audio", "transcript", "audit")}
    known |= {"failed sign-in", "failed sign-in while locked", "speechaudit learn"}
    assert [each for each in sorted(pages | routes | written | known) if not acts.known(each)] == []


def test_a_page_without_words_of_its_own_is_told_by_its_title(web: Web) -> None:
    assert acts.known("POST /settings/keys/{key_id}/lend") == "在“密钥”里更改"
    assert (acts.known("GET /settings/new"), acts.known("GET /elsewhere")) == ("看“设置”", "")


def test_it_is_told_who_did_what_with_whose_recording_and_when(web: Web) -> None:
    web.audited(1, "不知道", staff=1, window=1)
    web.get("/recordings/1/audit", "staff")
    assert web.ask("GET", "/reports/staff/1018?format=pdf&since=2026-03-01", "inspector").status_code == 404
    assert web.ask("GET", "/recordings/1", "lead").status_code == 200
    assert web.ask("DELETE", "/recordings/1", "lead").status_code == 403
    with web.db.write() as session:
        session.execute(update(LogEntry).where(LogEntry.id == 1).values(at=datetime(2026, 3, 1, 16, 0, 5, tzinfo=UTC)))
    page = web.browser("inspector").get("/log")
    shown = text_of(page)
    assert "2026-03-02 00:00:05 staff 1017 看稽核结果 编号 1 工号1017 1017 窗口1" in shown, shown
    assert "inspector 看人员报告 被拒绝：不存在或不归其看 格式 pdf；从 2026-03-01 工号1018 1018" in shown
    assert "lead 删除录音 被拒绝：没有权限 编号 1 工号1017 1017 窗口1" in shown
    assert acts.detail("GET /log", "/log?kind=refused&verdict=fail&cursor=x") == "做什么 被拒绝和登录失败；判定 违反"
    assert acts.detail("更正", "场景 电话 → 柜台") == "场景 电话 → 柜台"
    assert acts.detail("更正", "录音 1:场景 电话 → 柜台") == "场景 电话 → 柜台", "as earlier versions wrote it"
    assert "/api/v1" not in shown and "北京时间" in shown
    assert "/recordings/1" in read(page).links


def test_filters_stand_in_the_address_and_pages_follow_by_number(web: Web) -> None:
    web.audited(1, "不知道", staff=1, window=1)
    with web.db.write() as session:
        for number in range(60):
            what = f"/api/v1/recordings/1/clip?start={number}"
            logbook.note(
                session, who="user:2", name="督查甲", action="GET /api/v1/recordings/{recording_id}/clip", what=what
            )
        logbook.note(session, who="shell", name="root", action="speechaudit key add", what="1 box (metrics:read)")
    browser = web.browser("admin")
    first = browser.get("/log?who=user:2&kind=heard&staff=1017&recording=1&since=2020-01-01&until=2099-01-01")
    assert text_of(first).count("听录音的一段") == 50 and "root" not in text_of(first).partition("找到的记录")[2]
    (onwards,) = [way for way in read(first).links if "before=11" in way]
    assert "who=user%3A2" in onwards and "staff=1017" in onwards
    assert text_of(browser.get(onwards)).count("听录音的一段") == 10
    for nothing in ("kind=exported", "staff=1018", "recording=2", "until=2020-01-01", "since=2099-01-01", "who=key:9"):
        assert "没有这样的记录" in text_of(browser.get(f"/log?{nothing}")), nothing
    for wrong, told in (("staff=9999", "没有登记"), ("recording=x", "整数"), ("kind=x", "做"), ("since=x", "时间")):
        refused = browser.get(f"/log?{wrong}")
        assert (refused.status_code, told in text_of(refused)) == (422, True), text_of(refused)


def test_the_table_is_bounded_and_holds_no_formula(web: Web) -> None:
    names = ("=1+1", "\uff1d1+1", " =1+1", "\n+1", "\t-1")
    with web.db.write() as session:
        for name in names:
            logbook.note(session, who="shell", name=name, action="speechaudit backup", what="@SUM(A1)")
    browser = web.browser("admin")
    table = browser.get("/log/export?who=shell")
    assert table.headers["content-type"].startswith("text/csv")
    heading, *rows = csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline=""))
    told = dict(zip(heading, rows[0], strict=True))
    assert [row[heading.index("谁")] for row in reversed(rows)] == [f"'{name}" for name in names]
    assert (told["做了什么"], told["其他"], told["账号"]) == ("备份", "'@SUM(A1)", "服务器命令行")
    assert told["时间"].endswith("+08:00")
    with patch.object(log, "MOST_EXPORTED", 1):
        refused = browser.get("/log/export")
    assert (refused.status_code, "超过 1 条" in text_of(refused)) == (422, True)
    assert browser.get("/log/export?staff=9999").status_code == 422


def test_numbers_are_masked_for_a_key_that_may_not_see_them(web: Web) -> None:
    with web.db.write() as session:
        told = "对方号码 13812345678 → 13812345679"
        logbook.note(session, who="user:1", name="甲", action="更正", what=told, recording_id=1)
    key = web.headers(None, "log:read")
    assert "13812345678" not in web.client.get("/api/v1/log?limit=1", headers=key).text
    assert "13812345678" not in web.client.get("/api/v1/log/export", headers=key).text
    assert "13812345678" in text_of(web.browser("inspector").get("/log"))


def test_the_proof_goes_step_by_step_and_finds_what_was_changed(web: Web) -> None:
    with web.db.write() as session:
        for number in range(5):
            row = logbook.note(
                session, who="user:1", name="甲", action="GET /recordings", what=f"/recordings?x={number}"
            )
    browser = web.browser("admin")
    with patch.object(log, "PROVED_AT_ONCE", 4):
        half = browser.post("/log/proof", data={"csrf": web.csrf, "noted": row.hash})
        assert "已核对 4 条" in text_of(half) and read(half).fields["last"] == "4"
        rest = browser.post("/log/proof", data=read(half).fields, headers={"HX-Request": "true"})
    assert "完好 6 条（第一条 " in text_of(rest) and "以前记下的那一条还在" in text_of(rest)
    assert "<html" not in rest.text
    cut = browser.post("/log/proof", data={"csrf": web.csrf, "noted": "0" * 64})
    assert "没有以前记下的那一条" in text_of(cut)
    with web.db.write() as session:
        session.execute(update(LogEntry).where(LogEntry.id == 4).values(what="/recordings"))
    broken = browser.post("/log/proof", data={"csrf": web.csrf})
    assert "第 4 条对不上" in text_of(broken) and "它之前的 3 条" in text_of(broken)
    assert browser.post("/log/proof", data={"csrf": web.csrf, "last": "x"}).status_code == 422


@pytest.mark.parametrize(
    ("action", "words", "refusal", "skipped"),
    [
        ("refused 404 (+7) GET /recordings/{recording_id}", "看录音和稽核结果", "不存在或不归其看", 7),
        ("failed sign-in", "登录失败", "用户名或密码不对", 0),
        ("GET /api/v1/learning/of/a/later/version", "GET /api/v1/learning/of/a/later/version", "", 0),
    ],
)
def test_refusals_are_told_as_such(action: str, words: str, refusal: str, skipped: int) -> None:
    assert acts.told(action) == acts.Act(words=words, refusal=refusal, skipped=skipped)
