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

from tests import slow
from tests.sources import nodes

# What imports and the collection of tests make stays until the end: looking through it time and again cost a sixth.
gc.set_threshold(100_000, 50, 100)

# Dictionaries load on first use: one slow first example says nothing about the code.
settings.register_profile("speechaudit", deadline=None)
settings.register_profile("speechaudit-check", deadline=None, max_examples=25)
settings.load_profile("speechaudit")

if "PYTEST_XDIST_WORKER" in os.environ:  # one worker a core: more threads would only wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

os.environ["SPEECHAUDIT_MODELS"] = str(Path(tempfile.gettempdir()) / "speechaudit-no-models")  # not the user's own

Made = TypeVar("Made")
NEEDS = {
    "postgres": {"postgres", "postgres_template", "postgres_databases"},
    "browser": {"page", "context", "browser"},
}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever uses the fixture carries the mark: `make check` leaves these out, and none can be forgotten."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        for mark, fixtures in NEEDS.items():
            if used & fixtures:
                item.add_marker(mark)
        if slow.reason(item.path):
            item.add_marker("slow")


def without_slow(config: pytest.Config) -> bool:
    return "not slow" in str(config.option.markexpr)


def pytest_configure(config: pytest.Config) -> None:
    if without_slow(config):
        settings.load_profile("speechaudit-check")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is slow as a whole is not even read where it is not wanted: reading all tests took longer than most run."""
    return True if without_slow(config) and slow.wholly(collection_path) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if without_slow(config):
        terminalreporter.section("left out: `make test` runs it too, `pytest tests/asr` one room of it")
        for why in dict.fromkeys(filter(None, slow.ROOMS.values())):
            rooms = ", ".join(name for name, its in slow.ROOMS.items() if its == why)
            terminalreporter.write_line(f"{why}: {rooms}")


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
def pango() -> None:
    """What makes PDFs; who cannot have it skips. Asked for by whoever runs such a test, for a second of loading."""
    from speechaudit.errors import MissingPartError
    from speechaudit.reports import pdf

    try:
        pdf.require_pdf()
    except MissingPartError:
        pytest.skip("needs Pango and a Chinese font")


@pytest.fixture(scope="session")
def scenes_made_once(made_once: Callable[[str, Callable[[], Any]], Any]) -> Iterator[None]:
    """The plays of a demo centre are judged once in a run, whichever tests fill one."""
    from service import demo

    judged: Callable[..., Any] = demo._scenes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo, "_scenes", lambda *given: made_once("scenes", lambda: tuple(judged(*given))))
        yield
