"""The rules on the disk are changed, or broken, while the service runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from service.rules import Rules
from service.settings import Settings
from service.store import Database
from speechaudit.rules import rulebook
from tests.service.api_kit import Api


@pytest.fixture
def lexicons(tmp_path: Path) -> Path:
    return shutil.copytree(rulebook.default_folder(), tmp_path / "lexicons")


def change(folder: Path, old: str, new: str) -> Path:
    """Replace a text in the first rule that has it."""
    path = next(path for path in sorted((folder / "rules").glob("*/*.yml")) if old in path.read_text(encoding="utf-8"))
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return path


def test_changed_rules_count_at_once(db: Database, tmp_path: Path, lexicons: Path) -> None:
    api, rules = Api(db, tmp_path, lexicons=lexicons), Rules(Settings(lexicons=lexicons))
    before = api.get("/rules")["version"]
    assert rules().version == before
    change(lexicons, "status: active", "status: retired")
    after = api.get("/rules")["version"]
    assert after != before
    assert rules().version == after


def test_broken_rules_are_told_with_file_and_cure_and_workers_go_on(
    db: Database, tmp_path: Path, lexicons: Path
) -> None:
    api, rules = Api(db, tmp_path, lexicons=lexicons), Rules(Settings(lexicons=lexicons))
    before = rules().version
    path = change(lexicons, "status: active", "status: [")
    told = api.ask("GET", "/rules")
    assert (told.status_code, told.json()["type"]) == (503, "unavailable")
    assert path.name in told.json()["detail"]
    assert str(lexicons) not in told.text
    assert told.json()["cure"]
    assert rules().version == before


@pytest.mark.parametrize("lost", ["policy.yml", "rules", "sources", "profiles", "."])
def test_lost_files_are_told(db: Database, tmp_path: Path, lexicons: Path, lost: str) -> None:
    api = Api(db, tmp_path, lexicons=lexicons)
    path = lexicons / lost
    path.unlink() if path.is_file() else shutil.rmtree(path)
    assert api.ask("GET", "/rules").status_code == 503
    assert api.ask("POST", "/reaudits", json={"selection": {}}).status_code == 503
    assert api.ask("GET", "/profiles").status_code == 200


def test_an_unreadable_file_is_told(db: Database, tmp_path: Path, lexicons: Path) -> None:
    (lexicons / "policy.yml").write_bytes(b"\xff\xfe\x00")
    assert Api(db, tmp_path, lexicons=lexicons).ask("GET", "/rules").status_code == 503


def test_an_unknown_profile_is_the_requests_mistake(api: Api) -> None:
    told = api.ask("POST", "/rules/try", json={"texts": ["您好"], "profile": "no-such"})
    assert (told.status_code, told.json()["detail"]) == (422, "profiles/no-such.yml:没有名为“no-such”的方案")
