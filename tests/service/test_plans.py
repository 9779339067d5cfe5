"""What SQLite reads for pages of a large centre, told by its plans: it counts nothing, so the order must be given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from service.store import Database, Filters
from service.store.reviews import queues

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
    "read",
    [
        lambda session: queues.contestable(session, OWN, 14, 20),
        lambda session: queues.with_cases(session, OWN, 50, appealed=False),
        lambda session: queues.count_appealed(session, OWN),
    ],
)
def test_what_is_about_one_person_is_read_of_this_person_alone(
    tables: Database, read: Callable[[Session], object]
) -> None:
    assert plan_of(tables, read)[0] == "SEARCH findings USING INDEX ix_findings_staff (staff_id=?)"
