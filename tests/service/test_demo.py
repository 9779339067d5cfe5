"""A centre to try the pages on: as real as its size allows, and never into a database that somebody uses."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from service.demo import fill
from service.errors import ConflictError
from service.store import Database, audits
from service.store.audits import AuditRow, FindingRow
from service.store.recordings import RecordingRow
from tests.service.api_kit import Api

PASSWORD = "correct-horse-battery"


@pytest.mark.slow
def test_a_demo_centre_looks_like_one(db: Database, tmp_path: Path) -> None:
    api = Api(db, tmp_path)
    fill(api.services.settings, db, people=7, recordings=400, password=PASSWORD)
    with db.read() as session:
        rows = session.query(RecordingRow).all()
        states = Counter(row.status for row in rows)
        assert states["done"] + states["failed"] == 400
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
    page = api.get("/recordings?limit=5", "guanli")
    assert api.get(f"/recordings/{page['items'][0]['id']}/findings", "guanli") is not None


def test_nothing_is_mixed_with_what_is_real(db: Database, tmp_path: Path) -> None:
    api = Api(db, tmp_path)
    api.people()
    with pytest.raises(ConflictError):
        fill(api.services.settings, db, people=1, recordings=1, password=PASSWORD)
