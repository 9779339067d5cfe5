"""A centre to try the pages on: as real as its size allows, and never into a database that somebody uses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from service.demo import fill
from service.errors import ConflictError
from service.store import Database, Filters, audits, lists
from service.store.audits import AuditRow, FindingRow
from service.store.recordings import RecordingRow
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.tally import summarise
from tests.service.api_kit import Api

ZONE = ZoneInfo("Asia/Shanghai")
PASSWORD = "correct-horse-battery"
# What the inbox of each role begins with.
_TOLD = {
    "guanli": {"source.gone"},
    "ducha": {"appeal.received", "case.commented", "finding.veto", "intake.waiting", "report.issued"},
    "fuzeren": {"appeal.received", "appeal.decided", "finding.veto", "report.issued"},
    "yuangong": {"appeal.decided", "case.commented", "finding.veto", "report.issued"},
}


@pytest.mark.slow
@pytest.mark.usefixtures("scenes_made_once")
def test_a_demo_centre_looks_like_one(db: Database, tmp_path: Path) -> None:
    api = Api(db, tmp_path)
    fill(api.services.settings, db, people=7, recordings=250, password=PASSWORD)
    with db.read() as session:
        rows = session.query(RecordingRow).all()
        states = Counter(row.status for row in rows)
        assert states["done"] + states["failed"] == 250
        assert states["failed"] < 8
        assert len({row.staff_id for row in rows}) == 7
        assert 10 <= sum(row.audio_deleted_at is None for row in rows) <= 21
        judged = session.query(AuditRow).filter(AuditRow.current).count()
        assert judged == states["done"]
        verdicts = Counter[str](row.verdict for row in session.query(FindingRow))
        assert min(verdicts[each] for each in ("fail", "pass", "unclear")) > 50
        for row in rows[-5:]:
            if row.status == "done":
                assert audits.current(session, row.id).recording_id == row.id
        some = Filters(staff_ids=(1, 2))
        settings = ReportSettings(pass_mark=80.0, minimum_encounters=10, worst=3)
        quick = summarise(lists.tallied(session, some, ZONE), settings)
        whole = build(lists.current_audits(session, some, ZONE), settings)
    assert [(r.staff, r.figures.score, r.figures.passed, r.doubts) for r in quick] == [
        (r.staff, r.figures.score, r.figures.passed, r.doubts) for r in whole
    ]
    page = api.get("/recordings?limit=5", "guanli")
    assert api.get(f"/recordings/{page['items'][0]['id']}/findings", "guanli") is not None
    _has_something_on_each_page(api)


def _has_something_on_each_page(api: Api) -> None:
    assert Counter(told["state"] for told in api.get("/cases", "guanli")) == {
        "reviewed": 4,
        "decided": 2,
        "appealed": 1,
        "withdrawn": 1,
    }
    for name, events in _TOLD.items():
        assert events <= {told["event"] for told in api.get("/notices", name)["items"]}, name
    assert [len(told["reasons"]) for told in api.get("/intake/pending", "ducha")["items"]] == [1, 1, 1]
    issued = {told["kind"]: told["id"] for told in api.get("/reports/issued", "guanli")["items"]}
    assert sorted(issued) == ["centre", "staff", "window"]
    later = api.get(f"/reports/issued/{issued['staff']}/difference", "yuangong")
    changes = [(told["before"]["verdict"], told["after"]["verdict"]) for told in later["changes"]]
    assert changes == [("fail", "pass")]
    (again,) = api.get("/reaudits", "guanli")
    assert again["status"] == "ready"


def test_nothing_is_mixed_with_what_is_real(db: Database, tmp_path: Path) -> None:
    api = Api(db, tmp_path)
    api.people()
    with pytest.raises(ConflictError):
        fill(api.services.settings, db, people=1, recordings=1, password=PASSWORD)
