"""What all tests share: how hypothesis runs, and which tests need more than Python."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Dictionaries load on first use: one slow first example says nothing about the code.
settings.register_profile("speechaudit", deadline=None)
settings.load_profile("speechaudit")

if "PYTEST_XDIST_WORKER" in os.environ:  # one worker a core: more threads would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

NEEDS = {"postgres": {"postgres", "postgres_template"}, "browser": {"page", "context", "browser"}}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses the fixture carries the mark: `make check` leaves these out, and none can be forgotten."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for mark, fixtures in NEEDS.items():
            if used & fixtures:
                item.add_marker(mark)
