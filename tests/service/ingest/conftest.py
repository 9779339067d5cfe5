"""The application with its people, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.store import Database
from tests.service.api_kit import Api
from tests.service.intake.intake_kit import people


@pytest.fixture
def api(db: Database, tmp_path: Path) -> Api:
    people(db)
    box = {"name": "box", "kind": "box", "setting": "phone", "clock_hours": 1e6}
    return Api(db, tmp_path, intake=[box])
