"""The day at a glance: figures of what is there, each within what the reader may see, nothing said that is unknown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from service.api import condition
from service.sources import Source
from service.store import Database, intake, recordings, stale, workers
from service.store.base import now
from service.store.intake import NewPending
from service.store.recordings import RecordingRow
from speechaudit.model import Score
from speechaudit.reports import ReportSettings
from speechaudit.reports.figures import ScoreFigure
from tests.service.api_kit import Api
from tests.service.court import DOUBTFUL, FORBIDDEN, judged
from tests.service.service_kit import audit_of, audited, new_recording

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def day(db: Database, tmp_path: Path) -> Iterator[Api]:
    """Four recordings of today's: two at A01 (one capped), one at A02 and one that failed; one waits for its facts."""
    recorder = Source(name="pbx", kind="name", setting="phone", pattern=r"(?P<staff>\d+)")
    api = Api(db, tmp_path, intake=(recorder,))
    api.people()
    capped = judged(FORBIDDEN, DOUBTFUL)
    (encounter,) = capped.encounters
    veto = Score(total=59.0, passed=False, vetoed_by=("forbidden.dont-know",))
    with db.write() as session:
        audited(session, 1, replace(capped, encounters=(replace(encounter, score=veto),)), staff_id=1, window_id=1)
        audited(session, 2, audit_of("您好", total=91.0), staff_id=1, window_id=1)
        audited(session, 3, audit_of("您好", total=80.0), staff_id=2, window_id=2)
        failed, _ = recordings.add(session, new_recording(4, window_id=2, source="intake:pbx"))
        session.execute(update(RecordingRow).values(occurred_at=now()))
        stale.note(session, now())
        session.execute(update(RecordingRow).where(RecordingRow.id == failed.id).values(status="failed"))
        intake.add(
            session,
            NewPending(sha256=None, size=0, file_name="x", media_type="", source="pbx", reasons=["没有场景"]),
        )
    yield api


def test_an_inspector_sees_all_of_it(day: Api) -> None:
    seen = day.get("/overview", "inspector")
    assert seen["recordings"] == {"today": 4, "queued": 0, "running": 0, "failed": 1, "pending": 1}
    assert (seen["whole"]["score"]["n"], seen["whole"]["score"]["mean"]) == (3, pytest.approx(230 / 3))
    assert seen["whole"]["vetoed"] == 1
    assert [(each["window"]["code"], each["score"]["n"]) for each in seen["windows"]] == [("A01", 2), ("A02", 1)]
    assert [(each["level"], each["waiting"]) for each in seen["doubts"]] == [("minor", 1)]  # the charge is sure
    (veto,) = seen["vetoes"]
    assert (veto["staff"]["number"], veto["recording"]) == ("1017", 1)
    assert [each["name"] for each in seen["sources"] if "pbx" in each["name"]] == ["pbx"]
    assert seen["queue"]["workers"] == 0
    assert seen["at"].endswith("+08:00")


def test_the_lead_of_a_window_sees_that_window(day: Api) -> None:
    seen = day.get("/overview", "lead")
    assert seen["recordings"] == {"today": 2, "queued": 0, "running": 0, "failed": 0, "pending": None}
    assert [each["window"]["code"] for each in seen["windows"]] == ["A01"]
    assert seen["whole"]["score"]["n"] == 2
    assert (seen["sources"], seen["queue"]) == (None, None)
    with day.db.write() as session:
        session.execute(update(RecordingRow).values(window_id=2))
    assert day.get("/overview", "lead")["vetoes"] == []
    assert day.ask("GET", "/overview", "staff").status_code == 403


def test_the_figures_are_those_of_the_reports(day: Api) -> None:
    whole = day.get("/overview", "inspector")["whole"]
    report = day.get("/reports/centre", "inspector")["figures"]
    assert whole["passed"] == report["passed"]
    assert whole["score"]["interval"] == pytest.approx(report["score"]["interval"])
    assert whole["score"]["mean"] == pytest.approx(report["score"]["mean"])


def test_sums_give_the_interval_of_the_scores_themselves() -> None:
    settings = ReportSettings(pass_mark=80.0, minimum_encounters=2, worst=3)
    scores = [91.5, 60.0, 88.0, 100.0]
    told = ScoreFigure.of_sums(4, sum(scores), sum(s * s for s in scores), settings)
    exact = ScoreFigure.of(scores, settings)
    assert told.interval and exact.interval
    assert (told.interval.low, told.interval.high) == pytest.approx((exact.interval.low, exact.interval.high))
    assert ScoreFigure.of_sums(0, 0.0, 0.0, settings) == ScoreFigure.of((), settings)
    assert ScoreFigure.of_sums(1, 80.0, 6400.0, settings).interval is None


def test_the_queue_is_empty_when_the_workers_say_so(day: Api) -> None:
    with day.db.write() as session:
        session.execute(update(RecordingRow).where(RecordingRow.id == 4).values(status="queued"))
    assert day.get("/overview")["queue"]["empty_in"] is None  # nobody works
    with day.db.write() as session:
        for name in ("w1", "w2"):
            workers.register(session, name, host="h", pid=1, version="1")
    assert day.get("/overview")["queue"]["empty_in"] is None  # nobody has done anything yet
    with day.db.write() as session:
        workers.count(session, "w1", audio_seconds=300.0, busy_seconds=60.0)
    assert day.get("/overview")["queue"]["empty_in"] == 30.0
    with day.db.write() as session:  # one worker hears three at once: its card has room for them
        for number in (1, 2, 3):
            session.execute(update(RecordingRow).where(RecordingRow.id == number).values(status="running"))
    assert day.get("/overview")["queue"]["empty_in"] == 4 * 60 / 3


@pytest.mark.parametrize(
    ("weeks", "today", "usual", "silent"),
    [
        ((), (), None, False),  # new: nobody knows what is usual
        ((1,), (), None, False),
        ((1, 2, 3), (), (2, 2), True),
        ((1, 2, 3), (10,), (2, 2), False),
        ((1, 2, 3), (300,), (2, 2), True),
    ],
)
def test_a_source_is_silent_where_it_used_to_send(
    day: Api, weeks: tuple[int, ...], today: tuple[int, ...], usual: Any, silent: bool
) -> None:
    """Two files came at ten o'clock in these weeks; today some came so many minutes before eleven."""
    eleven = datetime(2026, 3, 4, 11, 0, tzinfo=ZONE)
    times = [eleven - timedelta(weeks=week, hours=1, minutes=n) for week in weeks for n in (0, 5)]
    times += [eleven - timedelta(minutes=minutes) for minutes in today]
    with day.db.write() as session:
        session.execute(update(RecordingRow).values(source="demo", received_at=eleven - timedelta(days=300)))
        for number, at in enumerate(times, 10):
            row, _ = recordings.add(session, new_recording(number, source="intake:pbx"))
            row.received_at = at
        session.flush()
        (found,) = [each for each in condition.sources(session, day.services, eleven) if each.name == "pbx"]
    assert (found.usual, found.silent, found.today) == (usual, silent, len(today))
