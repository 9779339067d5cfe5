"""The application with its people, on both databases."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "intake"))
from api_kit import Api
from intake_kit import people

from service.store import Database


@pytest.fixture
def api(db: Database, tmp_path: Path) -> Api:
    people(db)
    box = {"name": "box", "kind": "box", "setting": "phone", "clock_hours": 1e6}
    return Api(db, tmp_path, intake=[box])
