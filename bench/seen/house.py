"""A demo centre that is served, and who looks at it in Debian's Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import httpx
import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from bench.load import ready
from service import demo
from service.audio import AudioStore
from service.auth.identity import COOKIE
from service.jobs.work import Work
from service.settings import Settings
from service.store import Database

PASSWORD: Final = "correct-horse-battery"  # noqa: S105 - of the demo
PEOPLE, RECORDINGS = 50, 5000
SIZES: Final = {"desk": (1366, 768), "phone": (390, 844)}
_END_SECONDS, _PATIENCE_SECONDS = 30, 180


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A service that answers at `url`, and its database."""

    url: str
    database: Database
    settings: Settings
    pid: int

    @property
    def busy(self) -> float:
        """Processor seconds that the server took so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Seconds by the clock, and of the processor."""

    wall: float
    busy: float


def filled(folder: Path, recordings: int = RECORDINGS) -> Took | None:
    """Fill the folder with a demo centre; gives what that took, None if it was filled before."""
    settings = Settings(data=folder)
    if (folder / "filled").exists():
        return None
    database = Database(settings.database)
    database.migrate()
    began, before = time.monotonic(), time.process_time()
    demo.fill(settings, database, people=PEOPLE, recordings=recordings, password=PASSWORD)
    took = Took(wall=time.monotonic() - began, busy=time.process_time() - before)
    database.close()
    (folder / "filled").write_text("", encoding="utf-8")
    return took


def audible(house: House, recordings: Sequence[int]) -> None:
    """Make the listening copies of these recordings, as a worker does when somebody first asks."""
    work = Work(house.database, AudioStore(house.settings), _nobody, _nobody, "bench")
    for each in recordings:
        if reason := work.copy(each):
            raise RuntimeError(reason)


def _nobody(*_: object) -> NoReturn:
    raise AssertionError("nothing is heard or judged here")


@contextmanager
def serving(settings: Settings) -> Iterator[House]:
    """Serve an installation without a worker, as `speechaudit serve` does, until the block ends.

    Raises TimeoutError.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = settings.model_dump(mode="json", exclude_unset=True) | {"port": port, "worker_inside": False}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPEECHAUDIT_")}
    environment |= {f"SPEECHAUDIT_{name.upper()}": str(value) for name, value in told.items()}
    command = [sys.executable, "-c", "from service.worker import serve; serve()"]
    with (settings.data / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    house = House(
        url=f"http://127.0.0.1:{port}", database=Database(settings.database), settings=settings, pid=process.pid
    )
    try:
        ready(house.url)
        yield house
    finally:
        process.terminate()
        process.wait(_END_SECONDS)
        house.database.close()


@contextmanager
def browser() -> Iterator[Browser]:
    """Give Debian's Chromium, without a sandbox, as root has none."""
    found = shutil.which("chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--force-color-profile=srgb"]
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


def desk(opened: Browser, size: str = "desk", **more: Any) -> Page:
    """Give a page of that size in a context of its own, by a Chinese clock."""
    width, height = SIZES[size]
    page = opened.new_context(
        locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": width, "height": height}, **more
    ).new_page()
    page.set_default_timeout(1000 * _PATIENCE_SECONDS)
    return page


def sign_in(page: Page, url: str, name: str) -> None:
    """Sign in through the form, as a person does."""
    page.goto(f"{url}/signin")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=False).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda address: "/signin" not in address)


def client(page: Page, url: str) -> httpx.Client:
    """Ask for pages without a browser, as who is signed in there."""
    token = next(each["value"] for each in page.context.cookies() if each.get("name") == COOKIE)
    return httpx.Client(base_url=url, cookies={COOKIE: token}, timeout=120)
