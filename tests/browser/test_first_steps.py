"""A fresh installation, from the first page to the first recording, as an administrator goes through it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import FilePayload, Page, expect

from .conftest import PASSWORD, Running
from .looks import complaints, shoot

SAMPLE = Path(__file__).parents[2] / "samples" / "phone-mono-good.wav"


def code_of(running: Running) -> str:
    """What the service printed when it started."""
    found = re.search(r"[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", running.log.read_text(encoding="utf-8"))
    assert found, running.log.read_text(encoding="utf-8")
    return found[0]


def become_administrator(page: Page, fresh: Running) -> None:
    page.goto(fresh.url)
    page.get_by_label("设置码").fill(code_of(fresh))
    page.get_by_label("用户名").fill("boss")
    page.get_by_label("密码", exact=False).first.fill(PASSWORD)
    page.get_by_label("再输一遍密码").fill(PASSWORD)
    shoot(page, "first")
    assert complaints(page) == []
    page.get_by_role("button", name="建立并登录").click()
    expect(page.get_by_role("heading", name="开始使用")).to_be_visible()


def paste(page: Page, kind: str, table: str, count: int) -> None:
    page.get_by_role("link", name=kind).click()
    page.get_by_role("textbox").fill(table)
    page.get_by_role("button", name="看一看").click()
    expect(page.get_by_role("heading", name=f"看懂了 {count} 行")).to_be_visible()
    expect(page.locator("[data-focus]")).to_be_focused()
    assert complaints(page) == []
    shoot(page, f"centre-{count}")
    page.get_by_role("button", name=f"登记这 {count} 行").click()
    expect(page.get_by_text(f"已登记 {count} 行")).to_be_visible()


def upload(page: Page) -> None:
    page.get_by_role("link", name="上传录音").click()
    name = "20260302-093015_1017_A01_呼入.wav"
    sound: FilePayload = {"name": name, "mimeType": "audio/wav", "buffer": SAMPLE.read_bytes()}
    page.locator("#files").set_input_files([sound])
    row = page.locator("#rows tr")
    expect(row.get_by_label("工号")).to_have_value("1017")
    expect(row.get_by_label("窗口")).to_have_value("A01")
    expect(row.get_by_label("场景")).to_have_value("phone")
    expect(row.get_by_label("开始时间")).to_have_value("2026-03-02T09:30:15")
    assert complaints(page) == []
    page.get_by_role("button", name="全部上传").click()
    expect(row).to_contain_text("看录音 1")


def test_from_nothing_to_a_recording(page: Page, start: Callable[..., Running]) -> None:
    fresh = start()
    become_administrator(page, fresh)
    assert complaints(page) == []
    shoot(page, "start")
    paste(page, "登记窗口", "A01\t社保窗口\nA02\t不动产窗口", 2)
    paste(page, "登记人员", "1017\t张明", 1)
    upload(page)
    page.goto(f"{fresh.url}/recordings")
    expect(page.get_by_role("row", name="2026-03-02 09:30")).to_contain_text("张明")
