"""Each test here is one fault with one promise; `make bench-faults` writes what became of them to the page."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.faults import RESULTS, Result
from tests.service.api.conftest import api

__all__ = ["api"]  # a fixture of the neighbours
_FOUND: list[Result] = []


@pytest.fixture
def things(request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """`things(sent, kept)` says how many things were entrusted to the service and how many of them are there, once."""
    mark = request.node.get_closest_marker("fault")
    counts = {"things": 0, "lost": 0}

    def count(sent: int, kept: int) -> None:
        counts["things"] += sent
        counts["lost"] += sent - kept
        assert kept == sent

    yield count
    _FOUND.append(Result(fault=mark.args[0], promise=mark.args[1], runs=1, **counts))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if place := os.environ.get(RESULTS):
        known: list[dict[str, Any]] = [each.model_dump() for each in _FOUND]
        Path(place).write_text(json.dumps(known), encoding="utf-8")
