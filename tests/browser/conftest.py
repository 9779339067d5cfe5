"""A service in a process of its own, and Debian's Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from service import demo
from service.auth import passwords, users
from service.settings import Settings
from service.store import Database, centre
from service.store.accounts import UserRole

HERE = Path(__file__).parent
PASSWORD = "correct-horse-battery"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# Patience for a machine that hears recordings beside: nothing here says how fast a page is.
START_SECONDS, EXPECT_SECONDS, END_SECONDS = 180, 30, 30
expect.set_options(timeout=EXPECT_SECONDS * 1000)
SIZES = {"desk": (1366, 768), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))  # a busy machine; that it was needed is printed
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium found: apt-get install chromium fonts-noto-cjk"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """For pytest-playwright: nothing is downloaded, and root has no sandbox."""
    return {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--force-color-profile=srgb"]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A Chinese office desk."""
    width, height = SIZES["desk"]
    return {"locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": {"width": width, "height": height}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A service that answers at `url`; its `database` can be looked into from here, and `log` is what it says."""

    url: str
    database: Database
    log: Path


@contextmanager
def starting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Starts services, each with a folder of its own; all end with the block."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as started, ExitStack() as asked:
        for name in [name for name in os.environ if name.startswith("SPEECHAUDIT_")]:
            patch.delenv(name)

        def one(
            fill: Callable[[Database], None] = lambda _: None, template: Path | None = None, **settings: str
        ) -> Running:
            folder = tmp_path_factory.mktemp("service")
            if template is not None:
                shutil.copytree(template, folder, dirs_exist_ok=True)
            database = Database(Settings(data=folder).database)
            database.migrate()
            fill(database)
            port = _free_port()
            known = {"data": str(folder), "port": str(port), "worker_inside": "false", **settings}
            environment = os.environ | {f"SPEECHAUDIT_{name.upper()}": value for name, value in known.items()}
            command = [sys.executable, "-c", "from speechaudit.cli import main; main()", "serve"]
            with (folder / "log.txt").open("wb") as log:
                process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
            started.callback(_end, process)
            asked.callback(process.terminate)  # all are asked before one is waited for
            url = f"http://127.0.0.1:{port}"
            _wait(url, process, folder / "log.txt")
            return Running(url=url, database=database, log=folder / "log.txt")

        yield one


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a process that was asked for it; who does not hear is ended."""
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(END_SECONDS)


@pytest.fixture
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Starts services for one test."""
    with starting(tmp_path_factory) as one:
        yield one


@pytest.fixture(scope="session")
def start_for_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """Starts services that many tests look at; they end with the last."""
    with starting(tmp_path_factory) as one:
        yield one


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(encoding="utf-8"))


def people(database: Database) -> None:
    """Two windows, two members of staff, and a user of each role, all with the same password."""
    with database.write() as session:
        for code, name in (("A01", "社保综合窗口"), ("A02", "不动产窗口")):
            centre.put_window(session, code, name)
        for number, name in (("1017", "张明"), ("1018", "李红")):
            centre.put_staff(session, number, name)
        roles: dict[str, UserRole] = {"admin": "admin", "inspector": "inspector", "lead": "lead", "staff": "staff"}
        for name, role in roles.items():
            staff, windows = ("1017" if role == "staff" else None), (["A01"] if role == "lead" else [])
            users.add(
                session,
                users.NewUser(
                    name=name, password_hash=passwords.hashed(PASSWORD), role=role, staff=staff, windows=windows
                ),
            )


@pytest.fixture(scope="session")
def peopled(start_for_all: Callable[..., Running]) -> Running:
    """A service with people and nothing heard yet."""
    return start_for_all(people)


@pytest.fixture(scope="session")
def busy(
    start_for_all: Callable[..., Running],
    made_once: Callable[[str, Callable[[], Path]], Path],
    tmp_path_factory: pytest.TempPathFactory,
    scenes_made_once: None,
) -> Running:
    """A service with a centre of 50 people, and fewer recordings than a real one; all workers begin with a copy."""

    def filled() -> Path:
        settings = Settings(data=tmp_path_factory.mktemp("busy"))
        database = Database(settings.database)
        database.migrate()
        demo.fill(settings, database, people=50, recordings=600, password=PASSWORD)
        database.close()
        return settings.data

    return start_for_all(template=made_once("busy", filled))


@pytest.fixture
def phone(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A page as wide as a phone."""
    width, height = SIZES["phone"]
    context = browser.new_context(**browser_context_args | {"viewport": {"width": width, "height": height}})
    yield context.new_page()
    context.close()


def sign_in(page: Page, url: str, name: str = "admin", password: str = PASSWORD) -> None:
    """Through the form, as a person does."""
    page.goto(f"{url}/signin")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=False).fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda address: "/signin" not in address)
