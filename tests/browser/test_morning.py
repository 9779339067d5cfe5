"""The inspector's morning: sign in, upload three calls, watch, listen at a finding, overrule it, see what changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from playwright.sync_api import Page, expect

from .conftest import Running, people, sign_in
from .looks import shoot, until

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("phone-stereo-bad-right", "phone-stereo-opening-order-left", "phone-stereo-outgoing-right")
SECONDS = 15  # of all but the first, which is the one that is looked at
HEARD_MS = 300_000
REPORT = "/api/v1/reports/staff/1017"
REASON = "听录音,说的不是这个意思"


@pytest.fixture
def service(start: Callable[..., Running]) -> Running:
    """With a worker of its own and the embedded recogniser."""
    return start(people, worker_inside="true")


@pytest.fixture
def calls(tmp_path: Path) -> list[Path]:
    """A whole call, and the beginnings of two others."""
    for name in NAMES[1:]:
        samples, rate = soundfile.read(SAMPLES / f"{name}.wav", frames=SECONDS * 8000)
        soundfile.write(tmp_path / f"{name}.wav", samples, rate)
    return [SAMPLES / f"{NAMES[0]}.wav", *(tmp_path / f"{name}.wav" for name in NAMES[1:])]


def uploaded(page: Page, service: Running, calls: list[Path]) -> None:
    page.goto(f"{service.url}/upload")
    page.locator("#files").set_input_files(calls)
    rows = page.locator("#rows tr")
    for number in range(len(NAMES)):
        rows.nth(number).get_by_label("场景").select_option("phone")
        rows.nth(number).get_by_label("工号").fill("1017")
        rows.nth(number).get_by_label("窗口").select_option(label="社保综合窗口")
    page.get_by_role("button", name="全部上传").click()
    expect(page.locator("#summary")).to_have_text("已收下 3 个，共 3 个。")


def judged(page: Page, service: Running) -> None:
    """Wait for all three on their pages, which follow the work by themselves."""
    for number in range(1, len(NAMES) + 1):
        page.goto(f"{service.url}/recordings/{number}")
        expect(page.locator("#found-title")).to_be_visible(timeout=HEARD_MS)
    page.goto(f"{service.url}/recordings/1")
    expect(page.locator("#player[data-ready=yes]")).to_be_visible(timeout=HEARD_MS)


def report(page: Page, service: Running) -> dict[str, Any]:
    found: dict[str, Any] = page.request.get(service.url + REPORT).json()
    return found


@pytest.mark.model
@pytest.mark.timeout(1200)  # three recordings are heard
def test_the_inspectors_morning(service: Running, page: Page, calls: list[Path]) -> None:
    sign_in(page, service.url, "inspector")
    uploaded(page, service, calls)
    shoot(page, "morning-upload", whole=True)
    judged(page, service)
    charged = page.locator(".finding.fail-side", has=page.locator("header b.fail")).first
    costs = charged.locator("header b.fail").inner_text()
    title = charged.locator("h3").inner_text()
    before = report(page, service)
    shoot(page, "morning-recording", whole=True)

    charged.locator(".at").first.click()
    page.get_by_role("button", name="播放", exact=True).click()
    until(page, "!document.getElementById('audio').paused")
    page.get_by_role("button", name="暂停").click()

    charged.get_by_role("link", name="详情、复核").click()
    page.get_by_role("link", name="复核", exact=True).last.click()
    page.get_by_label("不算违反").check()
    page.get_by_label("理由").fill(REASON)
    page.get_by_role("button", name="记下").click()
    expect(page.locator("#messages")).to_contain_text("已记下")

    page.goto(f"{service.url}/recordings/1")
    after = report(page, service)
    shoot(page, "morning-after", whole=True)
    assert costs.startswith("−")
    expect(page.locator(".finding.fail-side h3", has_text=title)).to_have_count(0)
    assert after["figures"]["score"]["mean"] > before["figures"]["score"]["mean"]
    assert len(after["moments"]) < len(before["moments"])
