"""The databases that tests take in turn: nobody finds what another left."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from service.store import Database, centre
from tests.service.conftest import Databases


def named(url: str) -> list[tuple[int, str]]:
    """Ids and codes of the windows after a new one was put there."""
    database = Database(url)
    with database.write() as session:
        centre.put_window(session, "A01", "一号窗")
    with database.read() as session:
        found = [(window.id, window.code) for window in centre.windows(session)]
    database.close()
    return found


def test_one_that_was_used_is_empty_and_counts_from_one_again(postgres_databases: Databases) -> None:
    url = postgres_databases.take()
    assert named(url) == [(1, "A01")]
    postgres_databases.give_back(url)
    assert postgres_databases.take() == url
    assert named(url) == [(1, "A01")]
    postgres_databases.give_back(url)


@pytest.mark.parametrize("change", ["CREATE TABLE more (id int)", "ALTER TABLE windows ADD more int"])
def test_one_with_other_tables_is_not_used_again(postgres_databases: Databases, change: str) -> None:
    url = postgres_databases.take()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()
    postgres_databases.give_back(url)
    other = postgres_databases.take()
    assert other != url
    postgres_databases.give_back(other)


def test_one_to_which_somebody_is_still_connected_is_not_used_again(postgres_databases: Databases) -> None:
    url = postgres_databases.take()
    engine = create_engine(url)
    with engine.connect() as left:
        left.execute(text("SELECT 1"))
        postgres_databases.give_back(url)
    engine.dispose()
    other = postgres_databases.take()
    assert other != url
    postgres_databases.give_back(other)
