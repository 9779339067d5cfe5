"""The application over a database of its own, without any queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store import Database
from tests.service.api_kit import Api, opened


@pytest.fixture
def api(sqlite_template: Path, tmp_path: Path) -> Iterator[Api]:
    """On SQLite."""
    with opened(tmp_path, sqlite_template) as api:
        yield api


@pytest.fixture(scope="module")
def shared_api(peopled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """On SQLite with people, for all tests of a module, which fill it once and then only look."""
    with opened(tmp_path_factory.mktemp("api"), peopled_template) as api:
        yield api


@pytest.fixture
def both(db: Database, tmp_path: Path) -> Api:
    """On SQLite and on PostgreSQL."""
    return Api(db, tmp_path)
