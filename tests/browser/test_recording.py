"""One recording, heard by the embedded Whisper in a real service: by mouse, by keys, on a phone, without scripts."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from service.auth import users
from service.auth.permissions import SCOPES
from service.store import Database

from .conftest import Running, people, sign_in
from .looks import complaints, shoot, too_wide, until

SAMPLE = Path(__file__).parents[2] / "samples" / "phone-stereo-bad-right.wav"
NEAR = 0.05
NOW = "document.getElementById('audio').currentTime"


@pytest.fixture(scope="session")
def heard(start_for_all: Callable[..., Running]) -> Running:
    """A service whose recording 1 its own worker has heard and judged, with the listening copy made."""
    keys: list[str] = []

    def fill(database: Database) -> None:
        people(database)
        with database.write() as session:
            keys.append(users.add_key(session, "recorder", sorted(SCOPES))[0])

    running = start_for_all(fill, worker_inside="true")
    headers = {"Authorization": f"Bearer {keys[0]}"}
    facts = json.loads(SAMPLE.with_suffix(".json").read_text(encoding="utf-8")) | {"staff": "1017", "window": "A01"}
    sent: dict[str, Any] = {
        "file": (SAMPLE.name, SAMPLE.read_bytes()),
        "metadata": (None, json.dumps(facts), "application/json"),
    }
    with httpx.Client(base_url=f"{running.url}/api/v1", headers=headers, timeout=60) as client:
        assert client.post("/recordings", files=sent).status_code == 202
        until = time.monotonic() + 540
        copied, judged = False, False  # the copy is there before the words are
        while not (copied and judged):
            copied = client.get("/recordings/1/listening", headers={"Range": "bytes=0-9"}).status_code == 206
            judged = client.get("/recordings/1").json()["status"] == "done"
            assert time.monotonic() < until, client.get("/recordings/1/progress").text
            time.sleep(2)
    return running


def opened(page: Page, running: Running, place: str = "", who: str = "inspector") -> Page:
    """Recording 1, with its outline drawn."""
    sign_in(page, running.url, who)
    page.goto(f"{running.url}/recordings/1{place}")
    page.wait_for_selector("#player[data-ready=yes]")
    return page


def test_a_click_on_a_word_leads_to_its_sound(heard: Running, page: Page) -> None:
    opened(page, heard)
    words = page.locator("#said [data-s]")
    for at in (3, 12, words.count() - 1):
        words.nth(at).click()
        wanted = float(words.nth(at).get_attribute("data-s") or "nan")
        assert page.evaluate(NOW) == pytest.approx(wanted, abs=NEAR)
        expect(words.nth(at)).to_have_class("on" if at == 3 else words.nth(at).get_attribute("class") or "on")


def test_it_plays_and_the_words_follow(heard: Running, page: Page) -> None:
    opened(page, heard)
    page.get_by_role("button", name="播放", exact=True).click()
    until(page, f"{NOW} > 3")
    followed = float(page.locator("#said .on").get_attribute("data-s") or "nan")
    assert 1 < followed <= page.evaluate(NOW) + NEAR
    page.get_by_role("button", name="暂停").click()
    before = page.evaluate(NOW)
    page.get_by_role("button", name="后退 3 秒").click()
    assert page.evaluate(NOW) == pytest.approx(max(0, before - 3), abs=NEAR)
    page.get_by_label("速度").select_option("0.5")
    assert page.evaluate("document.getElementById('audio').playbackRate") == 0.5


def test_one_side_can_be_heard_alone(heard: Running, page: Page) -> None:
    opened(page, heard)
    for value in ("0", "1", "both"):
        page.locator("#side").select_option(value)
        assert page.locator("#player").get_attribute("data-side") == value
    page.get_by_role("button", name="播放", exact=True).click()
    until(page, f"{NOW} > 0.5")


def only_one(entries: list[dict[str, Any]], duration: float) -> tuple[float, dict[str, Any]]:
    """A moment over which exactly one region lies, with its finding; long ones are drawn as a second."""
    for tenth in range(5, int(duration * 10)):
        at = tenth / 10
        over = [e for e in entries if e["s"] <= at < (e["s"] + 1 if e["e"] - e["s"] > duration / 4 else e["e"])]
        if len(over) == 1 and over[0]["s"] + 0.3 < at < over[0]["e"] - 0.3:
            return at, over[0]
    raise AssertionError(entries)


def test_a_region_leads_to_its_finding(heard: Running, page: Page) -> None:
    opened(page, heard)
    entries: list[dict[str, Any]] = json.loads(page.locator("#player").get_attribute("data-index") or "")
    duration = page.evaluate("window.recording.wave.getDuration()")
    moment, entry = only_one(entries, duration)
    box = page.locator("#wave").bounding_box()
    assert box
    page.mouse.click(box["x"] + moment / duration * box["width"], box["y"] + box["height"] / 2)
    expect(page.locator(f"#finding-{entry['id']}")).to_have_class(re.compile(r"\bchosen\b"))
    assert page.evaluate(NOW) == pytest.approx(entry["s"], abs=NEAR)
    assert page.url.endswith(f"#finding-{entry['id']}")


def test_addresses_lead_to_a_moment_and_to_a_finding(heard: Running, page: Page) -> None:
    opened(page, heard, "#t=16.5")
    until(page, f"Math.abs({NOW} - 16.5) < {NEAR}")
    entries = json.loads(page.locator("#player").get_attribute("data-index") or "")
    entry = max(entries, key=lambda each: each["s"])
    page.evaluate(f"location.hash = '#finding-{entry['id']}'")
    until(page, f"Math.abs({NOW} - {entry['s']}) < {NEAR}")
    expect(page.locator(f"#finding-{entry['id']}")).to_be_focused()


def test_keys_do_everything(heard: Running, page: Page) -> None:
    opened(page, heard)
    page.keyboard.press("n")
    first = page.evaluate("document.activeElement.id")
    assert first.startswith("finding-")
    page.keyboard.press("n")
    assert page.evaluate(NOW) > 0.1
    page.keyboard.press("Space")
    until(page, "!document.getElementById('audio').paused")
    page.keyboard.press("k")
    until(page, "document.getElementById('audio').paused")
    page.keyboard.press("]")
    assert page.evaluate("document.getElementById('audio').playbackRate") == 1.25
    page.keyboard.press("2")
    assert page.locator("#player").get_attribute("data-side") == "1"
    page.keyboard.press("Home")
    before = page.evaluate(NOW)
    page.keyboard.press("l")
    assert page.evaluate(NOW) == pytest.approx(before + 3, abs=NEAR)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_used_by_everybody(heard: Running, page: Page, scheme: Any) -> None:
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.emulate_media(color_scheme=scheme)
    opened(page, heard)
    shoot(page, f"recording-desk-{scheme}")
    assert wrong == []
    assert complaints(page) == []
    assert too_wide(page) <= 0


def test_it_fits_a_phone(heard: Running, phone: Page) -> None:
    opened(phone, heard, who="staff")
    shoot(phone, "recording-phone-light")
    assert complaints(phone) == []
    assert too_wide(phone) <= 0
    phone.get_by_text("声道、速度").click()
    expect(phone.get_by_label("速度")).to_be_visible()


def test_it_is_read_and_heard_without_scripts(
    heard: Running, browser: Browser, browser_context_args: dict[str, Any]
) -> None:
    context = browser.new_context(**browser_context_args | {"java_script_enabled": False})
    page = context.new_page()
    sign_in(page, heard.url, "inspector")
    page.goto(f"{heard.url}/recordings/1")
    expect(page.locator("audio")).to_be_visible()
    expect(page.get_by_text("不归我管").first).to_be_visible()
    expect(page.get_by_role("heading", name="判定")).to_be_visible()
    expect(page.get_by_text("合计")).to_be_visible()
    expect(page.locator("#controls")).to_be_hidden()
    shoot(page, "recording-no-script")
    context.close()
