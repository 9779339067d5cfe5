"""What SQLite reads for pages of a large centre, told by its plans: it counts nothing, so the order must be given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from service.store import Database, Filters, comparing, lists, sums, today
from service.store.base import now
from service.store.reviews import queues
from service.store.reviews.queues import Reviewer

MOMENTS = [now() - timedelta(days=days) for days in (3, 2, 1, 0)]
DAYS = list(pairwise(MOMENTS))
REVIEWER = Reviewer(user_id=1, staff_id=None, share=0.05, second_share=0.1)
ALL, OWN = Filters(), Filters(staff_ids=(1,))


@pytest.fixture(scope="module")
def tables(sqlite_template: Path) -> Iterator[Database]:
    """All tables and nothing in them: the plans are the same whatever is."""
    database = Database(f"sqlite:///{sqlite_template}")
    yield database
    database.close()


def plan_of(database: Database, read: Callable[[Session], object]) -> list[str]:
    """Every step of the plans of all statements of a reader."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.read() as session:
            read(session)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    with database.engine.connect() as connection:
        wanted = [(f"EXPLAIN QUERY PLAN {statement}", given) for statement, given in asked if "SELECT" in statement]
        return [row[3] for statement, given in wanted for row in connection.exec_driver_sql(statement, given)]


@pytest.mark.parametrize(
    "read",
    [
        lambda session: queues.with_cases(session, ALL, 50, appealed=True),
        lambda session: queues.with_cases(session, ALL, 50, appealed=False),
        lambda session: queues.with_cases(session, Filters(window_ids=(1, 2)), 50),
        lambda session: queues.count_appealed(session, ALL),
        lambda session: queues.appealed(session, ALL, 50),
    ],
)
def test_the_finding_of_each_case_is_looked_up_and_not_a_case_for_each_finding(
    tables: Database, read: Callable[[Session], object]
) -> None:
    found = plan_of(tables, read)
    assert "cases" in found[0], found
    assert "SEARCH findings USING INDEX ix_findings_recording (recording_id=? AND current=?)" in found


@pytest.mark.parametrize(
    ("read", "index"),
    [
        (lambda session: queues.contestable(session, OWN, 14, 20), "ix_findings_staff"),
        (lambda session: queues.with_cases(session, OWN, 50, appealed=False), "ix_findings_reviewed_staff"),
        (lambda session: queues.count_appealed(session, OWN), "ix_findings_reviewed_staff"),
    ],
)
def test_what_is_about_one_person_is_read_of_this_person_alone(
    tables: Database, read: Callable[[Session], object], index: str
) -> None:
    assert plan_of(tables, read)[0] == f"SEARCH findings USING INDEX {index} (staff_id=?)"


def test_rare_scores_are_looked_up_and_common_ones_read_in_order_of_time(
    tables: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = Filters(score_from=60.0, score_to=65.0)
    rare = plan_of(tables, lambda session: lists.recordings(session, scored))
    assert "SEARCH recordings USING COVERING INDEX ix_recordings_total (total>? AND total<?)" in rare
    monkeypatch.setattr(lists.rows, "_few", lambda *_asked, **_how: None)
    common = plan_of(tables, lambda session: lists.recordings(session, scored))
    assert common[0] == "SCAN recordings USING COVERING INDEX ix_recordings_time"


@pytest.mark.parametrize(
    ("read", "looked_up"),
    [
        (
            lambda session: today.doubtful(session, ALL, 0.05, MOMENTS[:2]),
            ("SEARCH findings USING COVERING INDEX ix_findings_priority (priority>?)",),
        ),
        (
            today.last_received,
            (
                "SEARCH recordings USING COVERING INDEX ix_recordings_sent (source>?)",
                "SEARCH recordings USING COVERING INDEX ix_recordings_sent (source=?)",
            ),
        ),
        (
            lambda session: today.scores(session, ALL, DAYS),
            (
                "SEARCH hourly_scores USING INDEX ix_hourly_scores_hour (hour>? AND hour<?)",
                "SEARCH recordings USING COVERING INDEX ix_recordings_time (occurred_at>? AND occurred_at<?)",
            ),
        ),
        (
            lambda session: comparing.by_seat(session, Filters(since=MOMENTS[0])),
            (
                "SEARCH hourly_scores USING INDEX ix_hourly_scores_hour (hour>?)",
                "SEARCH recordings USING INDEX ix_recordings_time (occurred_at>? AND occurred_at<?)",
            ),
        ),
        (
            lambda session: list(comparing.services(session, Filters(since=MOMENTS[0]), ZoneInfo("Asia/Shanghai"))),
            (
                "SEARCH hourly_scores USING INDEX ix_hourly_scores_hour (hour>?)",
                "SEARCH recordings USING COVERING INDEX ix_recordings_time (occurred_at>? AND occurred_at<?)",
            ),
        ),
        (
            lambda session: sums.verdicts(session, MOMENTS[0], ["forbidden.rude", "phone.opening"]),
            (
                "SEARCH daily_verdicts USING INDEX sqlite_autoindex_daily_verdicts_1 (day>?)",
                "SEARCH findings USING COVERING INDEX ix_findings_rule (rule=? AND occurred_at>? AND occurred_at<?)",
            ),
        ),
    ],
)
def test_figures_of_a_time_are_looked_up_by_time(
    tables: Database, read: Callable[[Session], object], looked_up: tuple[str, ...]
) -> None:
    found = plan_of(tables, read)
    assert set(looked_up) <= set(found), found
    few = ("SCAN staff", "SCAN senders", "subquery")
    assert not [step for step in found if "SCAN" in step and not any(each in step for each in few)]


def test_what_waits_for_a_reviewer_is_counted_in_one_index(tables: Database) -> None:
    found = plan_of(tables, lambda session: queues.left_for(session, REVIEWER, ALL))
    assert "SEARCH findings USING COVERING INDEX ix_findings_priority (priority>?)" in found
    assert sum("ix_findings_priority" in step for step in found) == 1, found
