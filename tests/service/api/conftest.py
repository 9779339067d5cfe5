"""The application over a database of its own, without any queue."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store import Database
from tests.service.api_kit import Api


@pytest.fixture
def api(sqlite_template: Path, tmp_path: Path) -> Iterator[Api]:
    """On SQLite."""
    yield from _over(sqlite_template, tmp_path)


@pytest.fixture(scope="module")
def shared_api(peopled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """On SQLite with people, for all tests of a module, which fill it once and then only look."""
    yield from _over(peopled_template, tmp_path_factory.mktemp("api"))


def _over(template: Path, folder: Path) -> Iterator[Api]:
    database = Database(f"sqlite:///{shutil.copy(template, folder / 'application.sqlite')}")
    yield Api(database, folder)
    database.close()


@pytest.fixture
def both(db: Database, tmp_path: Path) -> Api:
    """On SQLite and on PostgreSQL."""
    return Api(db, tmp_path)
