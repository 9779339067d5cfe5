"""The application with its people, on SQLite, and on both databases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.store import Database
from tests.service.api_kit import Api
from tests.service.intake.intake_kit import Desk, MakeDesk, people


@pytest.fixture
def api(sqlite_template: Path, tmp_path: Path) -> Iterator[Api]:
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'application.sqlite')}")
    people(database)
    yield Api(database, tmp_path)
    database.close()


@pytest.fixture
def desk(api: Api, tmp_path: Path) -> MakeDesk:
    def make(**settings: Any) -> Desk:
        return Desk(api, tmp_path / "in", **settings)

    return make


@pytest.fixture
def both_desk(db: Database, tmp_path: Path) -> MakeDesk:
    people(db)

    def make(**settings: Any) -> Desk:
        return Desk(Api(db, tmp_path), tmp_path / "in", **settings)

    return make
