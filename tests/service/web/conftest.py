"""The application with its pages, over a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store import Database
from tests.service.web_kit import Web


@pytest.fixture
def web(sqlite_template: Path, tmp_path: Path) -> Iterator[Web]:
    """On SQLite, with two windows, two members of staff and a user of each role."""
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'application.sqlite')}")
    found = Web(database, tmp_path)
    found.people()
    yield found
    database.close()
