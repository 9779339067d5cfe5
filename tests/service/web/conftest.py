"""The application with its pages, over a database of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store import Database
from tests.service.web_kit import Web


@pytest.fixture
def web(peopled_template: Path, tmp_path: Path) -> Iterator[Web]:
    """On SQLite, with two windows, two members of staff and a user of each role."""
    yield from _over(peopled_template, tmp_path)


@pytest.fixture(scope="module")
def shared_web(peopled_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The same for all tests of a module, which fill it once and then only look."""
    yield from _over(peopled_template, tmp_path_factory.mktemp("web"))


def _over(template: Path, folder: Path) -> Iterator[Web]:
    database = Database(f"sqlite:///{shutil.copy(template, folder / 'application.sqlite')}")
    yield Web(database, folder)
    database.close()
