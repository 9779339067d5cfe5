"""What all tests share: how hypothesis runs, and which tests need more than Python."""

from __future__ import annotations

import fcntl
import gc
import os
import pickle
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from tests.sources import nodes

# What imports and the collection of tests make stays until the end: looking through it time and again cost a sixth.
gc.set_threshold(100_000, 50, 100)

# Dictionaries load on first use: one slow first example says nothing about the code.
settings.register_profile("speechaudit", deadline=None)
settings.load_profile("speechaudit")

if "PYTEST_XDIST_WORKER" in os.environ:  # one worker a core: more threads would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

os.environ["SPEECHAUDIT_MODELS"] = str(Path(tempfile.gettempdir()) / "speechaudit-no-models")  # not the user's own

Made = TypeVar("Made")
NEEDS = {"postgres": {"postgres", "postgres_template"}, "browser": {"page", "context", "browser"}}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses the fixture carries the mark: `make check` leaves these out, and none can be forgotten."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for mark, fixtures in NEEDS.items():
            if used & fixtures:
                item.add_marker(mark)


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.freeze()


@pytest.fixture(scope="module")
def syntax() -> Iterator[None]:
    """The syntax of a thousand files, which `tests.sources` reads once for a module, is let go when it is done."""
    yield
    nodes.cache_clear()


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[], Made]], Made]:
    """What takes long is made by one worker of a run and read by all: `made_once(name, make)`."""
    mine = tmp_path_factory.getbasetemp()
    folder = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine

    def once(name: str, make: Callable[[], Made]) -> Made:
        with (folder / f"{name}.made").open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # who comes second waits until it is made; the lock of the dead is open
            if not file.seek(0, os.SEEK_END):
                file.write(pickle.dumps(make()))
            file.seek(0)
            found: Made = pickle.load(file)
            return found

    return once


@pytest.fixture(scope="session")
def scenes_made_once(made_once: Callable[[str, Callable[[], Any]], Any]) -> Iterator[None]:
    """The plays of a demo centre are judged once in a run, whichever tests fill one."""
    from service import demo

    judged: Callable[..., Any] = demo._scenes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "_scenes", lambda *given: made_once("scenes", lambda: tuple(judged(*given))))
        yield
