"""Eight hours open in a browser as quickly as a call does: what travels and what it keeps has a budget."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page, expect

from service.settings import Settings
from service.store import Database

from .conftest import Running, people, sign_in
from .long_day import DURATION, SERVICES, lay_down
from .looks import complaints, shoot, too_wide, until

MOST_BYTES = 900_000  # all that travels for the page: 290 kB of outline as it cannot be compressed, scripts, words
MOST_HEAP = 100_000_000
NOW = "document.getElementById('audio').currentTime"


MARKED = "window.recording.wave.getWrapper().querySelectorAll('[data-entry]').length"


def metric(devtools: CDPSession, name: str) -> float:
    metrics: list[dict[str, Any]] = devtools.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == name)


@pytest.fixture(scope="module")
def day(start_for_all: Callable[..., Running]) -> tuple[Running, int]:
    numbers: list[int] = []

    def fill(database: Database) -> None:
        people(database)
        folder = Path(str(database.engine.url.database)).parent
        assert Settings(data=folder).database == str(database.engine.url)
        numbers.append(lay_down(database, folder))

    return start_for_all(fill), numbers[0]


def test_eight_hours_open_within_their_budget(day: tuple[Running, int], page: Page) -> None:
    running, number = day
    sign_in(page, running.url, "inspector")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Performance.enable")
    travelled: list[int] = []
    devtools.on("Network.loadingFinished", lambda event: travelled.append(int(event["encodedDataLength"])))
    page.goto(f"{running.url}/recordings/{number}")
    page.wait_for_selector("#player[data-ready=yes]")
    assert 100_000 < sum(travelled) < MOST_BYTES
    assert metric(devtools, "JSHeapUsedSize") < MOST_HEAP
    for value in (30, 60, 100):
        page.evaluate(f"z = document.getElementById('zoom'), z.value = {value}, z.dispatchEvent(new Event('input'))")
    assert metric(devtools, "LayoutCount") < SERVICES  # no layout for each of the findings, of which there are more
    assert page.evaluate(MARKED) == 2 * SERVICES
    page.evaluate("z.value = 0, z.dispatchEvent(new Event('input'))")
    shoot(page, "recording-eight-hours")
    assert too_wide(page) <= 0
    assert complaints(page) == []


def test_one_gets_everywhere_in_eight_hours(day: tuple[Running, int], page: Page) -> None:
    running, number = day
    sign_in(page, running.url, "inspector")
    page.goto(f"{running.url}/recordings/{number}#t=25000")
    page.wait_for_selector("#player[data-ready=yes]")
    until(page, f"Math.abs({NOW} - 25000) < 0.05")
    expect(page.locator("#said")).to_have_attribute("data-stretch", "42")
    entries = json.loads(page.locator("#player").get_attribute("data-index") or "")
    assert len(entries) == 2 * SERVICES
    page.keyboard.press("n")
    following = next(each for each in entries if each["s"] > 25000.05)
    expect(page.locator(f"#finding-{following['id']}")).to_be_focused()
    expect(page.locator("#found")).to_have_attribute("data-service", str(following["n"]))
    assert page.evaluate(NOW) == pytest.approx(following["s"], abs=0.05)
    page.evaluate(f"window.recording.seek({DURATION - 100})")
    expect(page.locator("#said")).to_have_attribute("data-stretch", "48")
    page.get_by_role("link", name="前 10 分钟").click()
    expect(page.locator("#said")).to_have_attribute("data-stretch", "47")
