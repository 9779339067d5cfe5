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
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'application.sqlite')}")
    yield Api(database, tmp_path)
    database.close()


@pytest.fixture
def both(db: Database, tmp_path: Path) -> Api:
    """On SQLite and on PostgreSQL."""
    return Api(db, tmp_path)
