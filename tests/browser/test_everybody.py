"""By keyboard alone, without JavaScript, and across the end of a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from service.store import accounts

from .conftest import PASSWORD, Running, sign_in


@pytest.fixture
def plain(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    """A page that runs no scripts."""
    context = browser.new_context(**browser_context_args | {"java_script_enabled": False})
    yield context.new_page()
    context.close()


def test_the_keyboard_alone_signs_in_and_searches(page: Page, busy: Running) -> None:
    page.goto(f"{busy.url}/signin")
    expect(page.get_by_label("用户名")).to_be_focused()
    page.keyboard.type("ducha")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="今日", exact=True)).to_be_visible()
    for name in ("跳到内容", "语音稽核", "今日", "录音"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="录音", exact=True, level=1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到内容")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("说过的话")).to_be_focused()
    page.keyboard.type("不归我管")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**sounds_like=true**")
    expect(page.get_by_label("说过的话")).to_have_value("不归我管")


def test_reading_and_uploading_need_no_scripts(plain: Page, busy: Running) -> None:
    sign_in(plain, busy.url, "ducha")
    plain.goto(f"{busy.url}/recordings?verdict=fail")
    expect(plain.get_by_label("判定")).to_have_value("fail")
    plain.get_by_role("link", name="下一页").click()
    expect(plain.get_by_role("link", name="回到第一页")).to_be_visible()
    plain.goto(f"{busy.url}/upload")
    files = [{"name": f"{n}.wav", "mimeType": "audio/wav", "buffer": f"RIFF plain {n}".encode()} for n in (1, 2)]
    plain.get_by_label("选择录音").set_input_files(files)  # type: ignore[arg-type]
    plain.get_by_label("场景").select_option("counter")
    plain.get_by_role("button", name="上传").click()
    expect(plain.get_by_role("heading", name="收下了 2 个")).to_be_visible()


def test_what_was_pasted_outlives_the_session(page: Page, peopled: Running) -> None:
    sign_in(page, peopled.url)
    page.goto(f"{peopled.url}/centre/staff")
    page.get_by_role("textbox").fill("2001\t王五\n2002\t赵六")
    with peopled.database.write() as session:
        user = accounts.user_named(session, "admin")
        assert user is not None
        accounts.sign_out_everywhere(session, user.id)
    page.get_by_role("button", name="看一看").click()
    expect(page.get_by_text("刚才填写的内容还在")).to_be_visible()
    page.get_by_label("用户名").fill("admin")
    page.get_by_label("密码", exact=False).fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_role("button", name="继续提交").click()
    expect(page.get_by_role("heading", name="看懂了 2 行")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_value("2001\t王五\n2002\t赵六")
