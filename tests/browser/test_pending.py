"""What waits is led to from where it came in, heard, filled in or given up; at both sizes."""

from __future__ import annotations

import io
import re
import wave
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from sqlalchemy import select

from service.store.intake import Pending

from .conftest import SIZES, Running, sign_in
from .looks import complaints, shoot, too_wide


@pytest.fixture(params=list(SIZES))
def view(request: pytest.FixtureRequest, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(**browser_context_args | {"viewport": {"width": width, "height": height}})
    yield context.new_page()
    context.close()


def sound(name: str) -> bytes:
    """A hum that no other name has: the same bytes wait once."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((b"\0\1" * 40 + name.encode().ljust(80)) * 100)
    return held.getvalue()


def upload(view: Page, url: str, names: tuple[str, str]) -> None:
    """Two recordings of which nobody says whether they are calls, and on to what waits of the first."""
    view.goto(f"{url}/upload")
    files = [FilePayload(name=name, mimeType="audio/wav", buffer=sound(name)) for name in names]
    view.locator("#files").set_input_files(files)
    view.get_by_role("button", name="全部上传").click()
    ways = view.locator("#rows").get_by_role("link", name=re.compile("补全"))
    expect(ways).to_have_count(2)
    ways.first.click()


def press(view: Page, *keys: str) -> None:
    for key in keys:
        view.keyboard.press(key)


def look(view: Page, name: str) -> None:
    """Nobody is kept out, and nothing is wider than the screen."""
    shoot(view, name, whole=True)
    assert complaints(view) == []
    assert too_wide(view) <= 0


def test_what_waits_is_filled_in_or_given_up(view: Page, peopled: Running, request: pytest.FixtureRequest) -> None:
    size = request.node.callspec.params["view"]
    names = f"1017-A01-20260302-091500-{size[0]}.wav", f"{size[0]}.wav"
    sign_in(view, peopled.url, "inspector")
    upload(view, peopled.url, names)
    expect(view.get_by_label("工号", exact=True)).to_have_value("1017")
    expect(view.get_by_label("窗口", exact=True)).to_have_value("A01")
    expect(view.get_by_label("开始时间")).to_have_value("2026-03-02T09:15")  # as browsers shorten it
    look(view, f"pending-{size}")
    view.locator("audio").evaluate("each => each.play()")

    view.get_by_role("link", name="待补全的录音").click()
    expect(view.get_by_role("row").filter(has=view.get_by_text(names[1], exact=True))).to_contain_text("没有说明场景")
    look(view, f"pending-list-{size}")
    view.get_by_role("link", name=names[0], exact=True).click()
    view.get_by_role("button", name="补全并稽核").click()
    expect(view.get_by_role("alert")).to_contain_text("场景：请填写")
    look(view, f"pending-wrong-{size}")
    view.get_by_label("场景").select_option("counter")
    view.get_by_role("button", name="补全并稽核").click()
    expect(view.locator("#messages")).to_contain_text("已补全")

    view.get_by_role("link", name=names[1], exact=True).click()
    view.get_by_text("放弃这个录音").click()
    view.get_by_role("button", name="放弃并删除").click()
    expect(view.locator("#messages")).to_contain_text("已放弃")
    with peopled.database.read() as session:
        mine = select(Pending).where(Pending.file_name.in_(names))
        became = {row.file_name: row.state for row in session.scalars(mine)}
    assert became == {names[0]: "completed", names[1]: "discarded"}


def ticked_by_keys(view: Page, names: tuple[str, str]) -> None:
    """All of the page and none again, then these two, and on."""
    every, button = view.get_by_label("全选本页"), view.get_by_role("button", name="一起处理选中的")
    every.focus()
    press(view, " ")
    expect(button).to_have_text(re.compile(r"选中的 \d+ 个"))
    press(view, " ")
    expect(button).to_have_text("一起处理选中的")
    for name in names:
        view.get_by_label(f"选中 {name}").focus()
        press(view, " ")
    expect(button).to_have_text("一起处理选中的 2 个")
    button.focus()


def sent_by_keys(view: Page) -> None:
    view.get_by_role("button", name="补全并稽核选中的").focus()
    press(view, "Enter")


def test_several_are_completed_by_keys_alone(view: Page, peopled: Running, request: pytest.FixtureRequest) -> None:
    size = request.node.callspec.params["view"]
    names = f"1017-{size[0]}-a.wav", f"1018-{size[0]}-b.wav"
    sign_in(view, peopled.url, "inspector")
    upload(view, peopled.url, names)
    view.goto(f"{peopled.url}/pending")
    ticked_by_keys(view, names)
    look(view, f"pending-ticked-{size}")
    press(view, "Enter")
    expect(view.get_by_role("heading", name="一起处理（2 个）")).to_be_visible()
    look(view, f"pending-several-{size}")
    sent_by_keys(view)
    expect(view.get_by_role("alert")).to_be_focused()
    expect(view.get_by_text("场景：请填写")).to_have_count(2)
    look(view, f"pending-several-wrong-{size}")
    view.get_by_label("场景").focus()
    press(view, "ArrowDown", "ArrowDown")
    sent_by_keys(view)
    expect(view.locator("#messages")).to_contain_text("已补全 2 个")
    with peopled.database.read() as session:
        rows = session.scalars(select(Pending).where(Pending.file_name.in_(names)))
        assert [row.state for row in rows] == ["completed", "completed"]
