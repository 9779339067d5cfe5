"""Issued reports stay as they were; what changed is told on request; each month is issued by itself, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import docx
import pytest
from sqlalchemy import delete, select, update

from service.api import papers
from service.audio import AudioStore
from service.issuing import drafting, monthly
from service.issuing.drafting import Days, Drafting
from service.issuing.monthly import Monthly
from service.retention import Retention
from service.settings import Settings
from service.store import Filters, accounts, audits, centre, issued, lists, notices, recordings
from service.store.audits import FindingCode
from service.store.issued import IssuedReport, IssuedWords, Subject
from service.store.recordings import RecordingRow
from service.store.reviews import cases
from speechaudit.reports.figures import StaffSummary
from speechaudit.reviews import Statement
from tests.service.api_kit import Api, opened
from tests.service.service_kit import audit_of, audited, finding

MARCH = {"since": "2026-03-01", "until": "2026-03-31"}


@pytest.fixture(scope="module")
def march(peopled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 1017 at A01 with a citizen's number in what was said, and 1018 at A02; both in March 2026."""
    folder = tmp_path_factory.mktemp("march")
    with opened(folder, peopled_template) as api:
        fill(api)
    return folder


@pytest.fixture
def filled(march: Path, tmp_path: Path) -> Iterator[Api]:
    with opened(tmp_path, march) as api:
        yield api


def fill(api: Api) -> None:
    said = "不知道,您的电话是13812345678"
    with api.db.write() as session:
        windows, people = centre.windows(session), centre.staff(session)
        for number, (person, window) in enumerate(zip(people, windows, strict=True), 1):
            found = (
                finding("forbidden.dont-know", "fail", said, points=5.0),
                finding("opening.greeting", "pass", "您好", kind="required"),
            )
            audited(session, number, audit_of(said, "您好", findings=found), staff_id=person.id, window_id=window.id)


def issue(api: Api, who: str = "inspector", **more: Any) -> Any:
    answer = api.ask("POST", "/reports/issued", who, json=MARCH | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


def overrule(api: Api) -> None:
    """An inspector finds that the first recording broke no rule."""
    with api.db.write() as session:
        row = next(each for each in audits.findings_of(session, 1) if each.verdict == "fail")
        user = accounts.user_named(session, "inspector")
        assert user is not None
        cases.review(session, row, Statement(user_id=user.id, verdict="pass", reason="说话人弄错了"))


def text(api: Api, number: int, who: str = "inspector") -> str:
    return api.ask("GET", f"/reports/issued/{number}?format=html", who).text


def test_a_report_stays_as_it_was_issued_and_the_difference_is_told(filled: Api) -> None:
    made = issue(filled, staff="1017")
    assert (made["title"], made["code"], made["made_by"]) == ("人员语音报告", "1017", "inspector")
    before = text(filled, made["id"])
    assert "不知道" in before and "13812345678" not in before
    overrule(filled)
    assert text(filled, made["id"]) == before
    assert filled.get(f"/reports/issued/{made['id']}")["digest"] == made["digest"]
    found = filled.get(f"/reports/issued/{made['id']}/difference")
    assert [(each["before"], each["after"]) for each in found["changes"]] == [
        ({"verdict": "fail", "points": 5.0}, {"verdict": "pass", "points": 0.0})
    ]
    figures = {each["name"]: (each["before"], each["after"]) for each in found["figures"]}
    assert figures["服务"] == (1.0, 1.0) and figures["复核后改变的判定"] == (0.0, 1.0)


def test_what_is_opened_later_is_what_was_issued_in_every_format(filled: Api) -> None:
    """Byte for byte, whatever was decided, heard or renamed since; what is issued now is another."""
    subjects: tuple[dict[str, str], ...] = ({"staff": "1017"}, {"window": "A01"}, {})
    numbers = [issue(filled, **of)["id"] for of in subjects]
    before = [as_files(filled, number, pdf=number == numbers[0]) for number in numbers]
    overrule(filled)
    with filled.db.write() as session:
        centre.put_staff(session, "1017", "改了姓名")
        centre.put_window(session, "A01", "改了名称")
        late = audit_of("你自己看", findings=(finding("forbidden.mock", "fail", "你自己看", points=15.0),))
        audited(session, 9, late, staff_id=1, window_id=1)
    assert [as_files(filled, number, pdf=number == numbers[0]) for number in numbers] == before
    for of, then in zip(subjects, before, strict=True):
        now = as_files(filled, issue(filled, **of)["id"])
        assert then.keys() & now.keys() > {"html", "word/document.xml"}
        assert (now["html"] != then["html"], now["word/document.xml"] != then["word/document.xml"]) == (True, True)


def as_files(api: Api, number: int, *, pdf: bool = False) -> dict[str, bytes]:
    """A report as page, as DOCX (its parts, for the packing has times of its own), and, which is costly, as PDF."""
    known = {
        each: api.ask("GET", f"/reports/issued/{number}?format={each}", "inspector")
        for each in ("html", "docx", *(("pdf",) if pdf else ()))
    }
    assert {each.status_code for each in known.values()} == {200}
    found = {name: each.content for name, each in known.items()}
    with ZipFile(BytesIO(found.pop("docx"))) as parts:
        return found | {name: parts.read(name) for name in parts.namelist()}


def test_a_correction_names_what_it_replaces_and_overwrites_nothing(filled: Api) -> None:
    first = issue(filled, staff="1017")
    second = issue(filled, staff="1017", replaces=first["id"])
    assert f"代替第 {first['id']} 号报告" in text(filled, second["id"])
    shown = filled.get("/reports/issued", "inspector")["items"]
    assert [(each["id"], each["replaces"], each["replaced_by"]) for each in shown] == [
        (second["id"], first["id"], None),
        (first["id"], None, second["id"]),
    ]
    again = filled.ask("POST", "/reports/issued", "admin", json=MARCH | {"staff": "1017", "replaces": first["id"]})
    assert (again.status_code, f"已由第 {second['id']} 号代替" in again.text) == (409, True), "one counts at a time"
    assert issue(filled, staff="1017", replaces=second["id"])["replaces"] == second["id"]
    other = filled.ask("POST", "/reports/issued", "inspector", json=MARCH | {"staff": "1018", "replaces": first["id"]})
    assert (other.status_code, "不是同一对象" in other.text) == (422, True)


def told(api: Api, who: str) -> set[int]:
    """Of which issued reports somebody got a notice."""
    with api.db.read() as session:
        user = accounts.user_named(session, who)
        assert user is not None
        found = notices.notices(session, user.id, unread=True, limit=9)
    return {each.values["issued_id"] for each in found if each.event == "report.issued"}


def test_everybody_sees_what_is_theirs(filled: Api) -> None:
    numbers = [issue(filled, **of)["id"] for of in ({"staff": "1017"}, {"staff": "1018"}, {"window": "A01"}, {})]
    own, colleague, window, whole = numbers
    seen = {who: {each["id"] for each in filled.get("/reports/issued", who)["items"]} for who in ("staff", "lead")}
    assert seen == {"staff": {own}, "lead": {own, window}}
    assert {each["id"] for each in filled.get("/reports/issued", "admin")["items"]} == set(numbers)
    for who, hidden in (("staff", colleague), ("staff", whole), ("lead", colleague), ("lead", whole)):
        for path in (f"/reports/issued/{hidden}", f"/reports/issued/{hidden}/difference"):
            assert filled.ask("GET", path, who).status_code == 404
    assert filled.ask("POST", "/reports/issued", "lead", json=MARCH).status_code == 403
    with filled.db.read() as session:
        user = accounts.user_named(session, "staff")
        assert user is not None
        (notice,) = notices.notices(session, user.id, unread=True, limit=9)
        assert (notice.event, notice.values["issued_id"]) == ("report.issued", own)
    assert told(filled, "lead") == {own, window} and told(filled, "inspector") == {whole}


def test_a_lead_reads_nothing_that_tells_of_windows_of_others(both: Api) -> None:
    both.people()
    with both.db.write() as session:
        windows, (person, other) = centre.windows(session), centre.staff(session)
        for number, (who, window) in enumerate(((person, 0), (person, 1), (other, 0)), 1):
            audit = audit_of("您好", findings=(finding("opening.greeting", "pass", "您好", kind="required"),))
            audited(session, number, audit, staff_id=who.id, window_id=windows[window].id)
    away, here = issue(both, staff="1017")["id"], issue(both, staff="1018")["id"]
    assert [each["id"] for each in both.get("/reports/issued", "lead")["items"]] == [here]
    assert told(both, "lead") == {here}
    assert both.ask("GET", f"/reports/issued/{away}", "lead").status_code == 404
    assert both.ask("GET", f"/reports/issued/{here}", "lead").status_code == 200


def test_a_window_and_the_centre_are_issued_with_an_example_and_as_word(filled: Api) -> None:
    for of in ({"window": "A01"}, {}):
        number = issue(filled, **of)["id"]
        assert "不知道" in text(filled, number) and "工号1017（1017）" in text(filled, number)
        file = filled.ask("GET", f"/reports/issued/{number}?format=docx", "inspector")
        document = docx.Document(BytesIO(file.content))
        cells = "".join(cell.text for table in document.tables for cell in table._cells)
        assert f"第 {number} 号" in cells
        assert "不知道" in cells + "".join(each.text for each in document.paragraphs)


def test_a_report_is_issued_of_more_than_can_be_asked_for(filled: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = lists.tallied.__kwdefaults__
    assert usual is not None
    monkeypatch.setitem(usual, "most", 1)
    asked = filled.ask("GET", "/reports/centre?since=2026-03-01", "inspector")
    assert (asked.status_code, "超过一份报告的上限" in asked.text) == (422, True)
    number = issue(filled)["id"]
    assert "不知道" in text(filled, number) and "工号1018（1018）" in text(filled, number)


def test_words_go_with_their_recording_and_the_rest_stays(filled: Api) -> None:
    made = issue(filled, staff="1017")
    assert "「您好」" in text(filled, made["id"])
    with filled.db.write() as session:
        recordings.delete(session, 1)
    gone = text(filled, made["id"])
    assert "不知道" not in gone and "「您好」" not in gone and "录音已经删除" in gone
    found = filled.get(f"/reports/issued/{made['id']}/difference")
    assert [each["deleted"] for each in found["changes"]] == [True]
    assert filled.get(f"/reports/issued/{made['id']}")["digest"] == made["digest"]
    with filled.db.read() as session:
        assert session.scalars(select(IssuedWords)).all() == []


def test_words_are_kept_where_a_finding_has_no_code_yet(filled: Api) -> None:
    with filled.db.write() as session:
        session.execute(delete(FindingCode))
    assert "不知道" in text(filled, issue(filled, staff="1017")["id"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "2026-04-01"},
        {"until": "9999-12-31"},
        {"staff": "1017", "window": "A01"},
        {"replaces": 0},
        {"since": "2026-03-01T00:00:01"},
    ],
)
def test_what_cannot_be_issued_is_refused(filled: Api, wrong: dict[str, Any]) -> None:
    assert filled.ask("POST", "/reports/issued", "inspector", json=MARCH | wrong).status_code == 422


def test_nothing_to_report_is_not_issued(filled: Api) -> None:
    asked = {"since": "2020-01-01", "until": "2020-01-31"}
    assert filled.ask("POST", "/reports/issued", "inspector", json=asked).status_code == 404


class Calendar:
    """The months that are over on a day, issued by themselves."""

    def __init__(self, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
        self.api, self.patch = api, monkeypatch
        self.drafting: Drafting = papers.drafting(api.services)

    def on(self, day: date) -> int:
        moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        self.patch.setattr(monthly, "now", lambda: moment)
        return Monthly(self.drafting).run()

    def issued(self) -> list[str]:
        with self.api.db.read() as session:
            return [str(each) for each in session.scalars(select(IssuedReport.occasion).order_by(IssuedReport.id))]


@pytest.fixture
def calendar(filled: Api, monkeypatch: pytest.MonkeyPatch) -> Calendar:
    return Calendar(filled, monkeypatch)


ALL = ["2026-03 staff 1", "2026-03 staff 2", "2026-03 window 1", "2026-03 window 2", "2026-03 centre"]


def test_a_month_is_issued_once_when_it_is_over(calendar: Calendar) -> None:
    assert calendar.on(date(2026, 3, 31)) == 0
    assert calendar.on(date(2026, 4, 1)) == 5
    assert calendar.on(date(2026, 4, 2)) == 0
    assert calendar.issued() == ALL


def test_a_month_of_a_great_centre_is_compared_and_its_people_are_read_once(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Filters] = []
    usual = calendar.drafting._summaries

    def noted(filters: Filters) -> tuple[StaffSummary, ...]:
        read.append(filters)
        return usual(filters)

    monkeypatch.setattr(calendar.drafting, "_summaries", noted)
    monkeypatch.setattr(drafting, "MOST_COMPARED", 1)
    assert calendar.drafting.others(Filters(), frozenset({"1017"}), None).too_many
    assert calendar.on(date(2026, 4, 1)) == 5
    assert len(read) == 1
    with calendar.drafting.comparing_all():
        assert not calendar.drafting.others(Filters(), frozenset({"1017"}), None).too_many


def test_what_broke_off_goes_on_and_a_month_of_silence_is_made_up(
    calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monthly, "_AT_ONCE", 2)
    assert calendar.on(date(2026, 4, 1)) == 2
    assert [calendar.on(date(2026, 6, 1)) for _ in range(3)] == [2, 1, 0]
    assert calendar.issued() == ALL


def test_two_workers_issue_no_month_twice(calendar: Calendar) -> None:
    draft = calendar.drafting.draft(Subject(), Days.of_month("2026-03"), monthly.BY_ITSELF)
    kept = [monthly.keep(calendar.api.db, draft, occasion="2026-03 centre") for _ in range(2)]
    assert (kept[0] is None, kept[1]) == (False, None)


def test_a_month_waits_for_what_is_still_worked_on_but_not_for_ever(calendar: Calendar) -> None:
    with calendar.api.db.write() as session:
        session.execute(update(RecordingRow).where(RecordingRow.id == 1).values(status="running"))
    assert calendar.on(date(2026, 4, 1)) == 2
    assert calendar.issued() == ["2026-03 staff 2", "2026-03 window 2"]
    assert calendar.on(date(2026, 4, 6)) == 3


def test_issued_reports_are_kept_as_long_as_the_setting_says(filled: Api, tmp_path: Any) -> None:
    old, new = issue(filled)["id"], issue(filled)["id"]
    with filled.db.write() as session:
        before = datetime.now(UTC) - timedelta(days=400)
        session.execute(update(IssuedReport).where(IssuedReport.id == old).values(made_at=before))
    settings = Settings(data=tmp_path, keep_report_days=365)
    assert Retention(settings, filled.db, AudioStore(settings)).run() == {"report": 1}
    with filled.db.read() as session:
        assert [each.id for each in issued.page(session, ["centre"]).items] == [new]
