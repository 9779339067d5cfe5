"""Reports, rules and re-audits over HTTP."""

from __future__ import annotations

import html
import re
import sys
import threading
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from types import ModuleType

import docx
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from service.api import papers
from service.audio import AudioStore
from service.cleanup import Cleanup
from service.errors import UnavailableError
from service.settings import Settings
from service.store import centre, reaudits
from speechaudit.model import DimensionScore, Score
from speechaudit.reasons import because, in_chinese
from tests.reports.test_pdf import needs_pango
from tests.service.api_kit import Api
from tests.service.service_kit import audit_of, audited, keep_proposal


class Broken(ModuleType):
    """WeasyPrint where its libraries are missing."""

    def __getattr__(self, name: str) -> object:
        raise OSError("cannot load library 'libpango-1.0-0'")


@pytest.fixture
def filled(api: Api) -> Api:
    """1017 at A01 and at A02, 1018 at A01, one recording each."""
    api.people()
    with api.db.read() as session:
        here, there = (window.id for window in centre.windows(session))
        own, other = (person.id for person in centre.staff(session))
    for number, (staff, window) in enumerate([(own, here), (own, there), (other, here)], 1):
        api.audited(number, "不知道", staff=staff, window=window)
    return api


def test_a_report_of_a_member_of_staff(filled: Api) -> None:
    report = filled.get("/reports/staff/1017?since=2026-03-02&until=2026-03-02", "staff")
    assert (report["staff"], report["figures"]["encounters"], len(report["moments"])) == ("1017", 2, 2)
    assert report["trend"][0]["day"] == "2026-03-02"
    assert filled.get("/reports/staff/1017", "lead")["figures"]["encounters"] == 1
    page = filled.ask("GET", "/reports/staff/1017?format=html", "staff")
    assert ("1017" in page.text, "default-src 'none'" in page.headers["content-security-policy"]) == (True, True)
    book = filled.ask("GET", "/reports/staff/1017?format=xlsx", "staff")
    assert load_workbook(BytesIO(book.content)).sheetnames
    assert filled.ask("GET", "/reports/staff/1017?since=2027-01-01").status_code == 404


def test_reports_are_documents(filled: Api) -> None:
    own = filled.ask("GET", "/reports/staff/1017?format=docx", "staff")
    assert own.headers["content-type"].endswith("wordprocessingml.document")
    assert own.headers["content-disposition"].endswith("-1017.docx")
    assert docx.Document(BytesIO(own.content)).paragraphs[0].text == "人员语音报告"
    centre_wide = docx.Document(BytesIO(filled.ask("GET", "/reports/centre?format=docx").content))
    people = {row.cells[0].text for table in centre_wide.tables for row in table.rows}
    assert len([name for name in people if name.endswith(("（1017）", "（1018）"))]) == 2


@needs_pango
def test_a_report_is_a_pdf_that_says_whose_it_is_and_who_made_it(filled: Api) -> None:
    found = filled.ask("GET", "/reports/staff/1017?format=pdf&since=2026-03-01&until=2026-03-31", "lead")
    assert (found.headers["content-type"], found.headers["content-disposition"][-9:]) == (
        "application/pdf",
        "-1017.pdf",
    )
    pages = PdfReader(BytesIO(found.content)).pages
    text = re.sub(r"\s", "", "".join(page.extract_text() for page in pages))
    assert len(pages) <= 3
    for part in (
        "人员语音报告",
        "1017",
        "2026年3月1日至2026年3月31日",
        "制作人：lead",
        "15天内",
        "被评议人意见",
        "窗口负责人意见",
    ):
        assert part in text, part
    assert filled.ask("GET", "/reports/staff/1018?format=pdf", "staff").status_code == 404


def test_without_pango_only_the_pdf_is_refused(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", Broken("weasyprint"))
    refused = filled.ask("GET", "/reports/centre?format=pdf")
    assert (refused.status_code, "libpango" in refused.json()["cure"]) == (503, True)
    assert filled.ask("GET", "/reports/centre?format=html").status_code == 200


def test_while_others_wait_for_theirs_a_pdf_is_refused(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "_WAITING", threading.BoundedSemaphore(0))
    assert filled.ask("GET", "/reports/staff/1017?format=pdf").status_code == 503


def test_an_annex_that_is_too_long_is_refused(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(papers, "MOST_IN_ANNEX", 1)
    refused = filled.ask("GET", "/reports/staff/1017?format=pdf&annex=true")
    assert (refused.status_code, refused.json()["detail"]) == (413, "annex:附件有 2 次服务,超过 PDF 的上限 1 次")


def test_of_many_services_the_annex_is_a_page_of_its_own(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    path = "/reports/staff/1017?format=html&since=2026-03-01"
    small = filled.ask("GET", path, "staff").text
    monkeypatch.setattr(papers, "MOST_WITH_ANNEX", 1)
    page = filled.ask("GET", path, "staff").text
    assert ("服务清单" in small, "服务清单" in page) == (True, False)
    (way,) = re.findall(r'<a href="/api/v1([^"]*annex=true)">附件', page)
    whole = filled.ask("GET", html.unescape(way), "staff").text
    assert '<details class="annex" id="annex" open' in whole and "服务清单" in whole
    paper, _, _ = small.partition('<details class="annex"')
    made = re.compile(r"\d+:\d\d</dd>")  # when it was made
    assert made.sub("", page).startswith(made.sub("", paper).rstrip())


def test_a_window_is_compared_with_the_others_only_where_enough_are_there(api: Api) -> None:
    api.people()
    part = DimensionScore(name="words", title="文明用语", full=20.0, deducted=5.0, score=15.0)
    (heard,) = audit_of("您好").encounters
    score = Score(total=75.0, passed=False, by_dimension=(part,))
    one = replace(audit_of("您好"), encounters=(replace(heard, score=score),))
    with api.db.write() as session:
        here, there = (window.id for window in centre.windows(session))
        known = [person.id for person in centre.staff(session)]
        audited(session, 1, one, staff_id=known[0], window_id=there)
        audited(session, 2, one, staff_id=known[1], window_id=here)
    assert "可比的其他人员不足 3 人" in api.ask("GET", "/reports/windows/A02?format=html", "inspector").text
    with api.db.write() as session:
        more = [centre.Staff(number=number, name=f"某{number}") for number in ("2001", "2002")]
        session.add_all(more)
        session.flush()
        for number, person in enumerate(more, 3):
            audited(session, number, one, staff_id=person.id, window_id=here)
    page = api.ask("GET", "/reports/windows/A02?format=html", "inspector").text
    assert 'data-label="中心其他窗口的人">75%' in page


def test_nobody_reads_the_report_of_a_colleague(filled: Api) -> None:
    assert filled.ask("GET", "/reports/staff/1018", "staff").status_code == 404
    assert filled.ask("GET", "/reports/windows/A02", "lead").status_code == 404
    unknown, hidden = (filled.ask("GET", f"/reports/staff/{number}", "staff") for number in ("9", "1018"))
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "工号 9:没有登记")
    assert hidden.json()["detail"] == "工号 1018:没有登记"


def test_reports_of_a_window_and_of_the_centre(filled: Api) -> None:
    window = filled.get("/reports/windows/A01", "lead")
    assert sorted((line["staff"], line["encounters"]) for line in window["staff"]) == [("1017", 1), ("1018", 1)]
    centre_wide = filled.get("/reports/centre?since=2026-03-01", "inspector")
    assert (centre_wide["figures"]["encounters"], len(centre_wide["staff"])) == (3, 2)
    link = centre_wide["staff"][0]["link"]
    assert filled.get(link.removeprefix("/api/v1"))["staff"] == centre_wide["staff"][0]["staff"]
    assert "/api/v1/reports/staff/1017" in filled.ask("GET", "/reports/centre?format=html", "inspector").text
    assert load_workbook(BytesIO(filled.ask("GET", "/reports/centre?format=xlsx").content)).sheetnames


def test_rules_can_be_read_and_tried(api: Api) -> None:
    known = api.get("/rules")
    rule = next(rule for rule in known["rules"] if rule["kind"] == "forbidden")
    assert rule["clauses"][0]["quote"]
    assert api.get(f"/rules/{rule['id']}")["examples"]["match"]
    assert api.ask("GET", "/rules/no.such").status_code == 404
    profiles = {profile["name"]: profile["current"] for profile in api.get("/profiles")}
    assert (profiles["default"], len(profiles) > 1) == (True, True)
    tried = api.ask("POST", "/rules/try", json={"texts": ["不知道,你去问别人。", "您好"]}).json()
    assert [any(hit["verdict"] == "fail" for hit in each["hits"]) for each in tried] == [True, False]
    by_meaning = api.ask("POST", "/rules/try", json={"texts": ["你是导航吗,问你哪儿你都不知道自己走"]}).json()
    assert {e["match"] for hit in by_meaning[0]["hits"] for e in hit["evidence"]} >= {"label"}
    for texts, profile in (([], "default"), (["x"], "../x"), (["x"], "nosuch"), (["字" * 1000] * 11, "default")):
        assert api.ask("POST", "/rules/try", json={"texts": texts, "profile": profile}).status_code == 422


def test_a_reaudit_is_seen_before_it_counts(filled: Api) -> None:
    made = filled.ask("POST", "/reaudits", json={"selection": {"staff": ["1017"]}}, who="inspector")
    assert (made.status_code, made.json()["standing"]["total"]) == (202, 2)
    number = made.json()["id"]
    assert filled.queue.reaudits == [number]
    assert filled.ask("POST", f"/reaudits/{number}/apply").status_code == 409
    with filled.db.write() as session:
        for recording in (1, 2):
            new = audit_of("不知道", total=70.0)
            keep_proposal(session, number, recording, new)
        reaudits.ready(session, number)
    changes = filled.get(f"/reaudits/{number}/differences?limit=1")
    assert [(c["recording_id"], c["old_total"], c["new_total"]) for c in changes] == [(1, 90.0, 70.0)]
    assert filled.get(f"/reaudits/{number}/differences?after=1")[0]["recording_id"] == 2
    assert filled.get("/recordings/1")["total"] == 90.0
    assert filled.ask("POST", f"/reaudits/{number}/apply").json()["status"] == "applied"
    assert filled.get("/recordings/1")["total"] == 70.0
    assert filled.ask("POST", f"/reaudits/{number}/discard").status_code == 409
    assert [each["status"] for each in filled.get("/reaudits")] == ["applied"]


def test_a_reaudit_can_be_discarded_while_it_runs_and_leaves_no_proposal(both: Api, tmp_path: Path) -> None:
    recording = both.audited(1, "您好")
    number = both.ask("POST", "/reaudits", json={"selection": {}}).json()["id"]
    with both.db.write() as session:
        keep_proposal(session, number, recording, audit_of("再见"))
    discarded = both.ask("POST", f"/reaudits/{number}/discard").json()
    assert (discarded["status"], discarded["failure"]) == ("discarded", "")
    for way in ("apply", "discard"):
        assert both.ask("POST", f"/reaudits/{number}/{way}").status_code == 409
    assert len(both.get(f"/recordings/{recording}/audits")) == 2
    cleanup = Cleanup(both.db, AudioStore(Settings(data=tmp_path / "data")))
    assert [cleanup.proposals(), cleanup.proposals()] == [1, 0]
    assert len(both.get(f"/recordings/{recording}/audits")) == 1
    assert both.get(f"/recordings/{recording}")["total"] == 90.0
    assert both.get(f"/reaudits/{number}")["standing"]["done"] == 1


def test_a_reaudit_that_broke_off_says_why(both: Api) -> None:
    both.audited(1, "您好")
    number = both.ask("POST", "/reaudits", json={"selection": {}}).json()["id"]
    with both.db.write() as session:
        assert [reaudits.break_off(session, number, because("storage-away")) for _ in range(2)] == [True, False]
        reaudits.ready(session, number)
    found = both.get("/reaudits")[0]
    assert (found["status"], found["failure"]) == ("discarded", in_chinese((because("storage-away"),)))


def test_a_reaudit_of_nothing_or_without_a_queue_leaves_nothing(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert filled.ask("POST", "/reaudits", json={"selection": {"since": "2027-01-01"}}).status_code == 422

    def away(_: int) -> None:
        raise UnavailableError("任务队列", "暂时不能用", "请稍后重试")

    monkeypatch.setattr(filled.queue, "reaudit", away)
    assert filled.ask("POST", "/reaudits", json={"selection": {}}).status_code == 503
    assert filled.get("/reaudits") == []
