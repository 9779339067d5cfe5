"""An administrator adds somebody, whose first sign-in asks for a password of their own."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import PASSWORD, Running, sign_in
from .looks import complaints, shoot, too_wide


def test_somebody_new_signs_in(page: Page, phone: Page, peopled: Running) -> None:
    sign_in(page, peopled.url)
    page.goto(f"{peopled.url}/users")
    page.get_by_text("新增用户").click()
    page.get_by_label("用户名").fill("wang")
    page.get_by_label("姓名").fill("王督查")
    page.get_by_label("角色").select_option("lead")
    page.get_by_label("社保综合窗口").check()
    shoot(page, "users-new", whole=True)
    assert complaints(page) == []
    page.get_by_role("button", name="新增").click()
    expect(page.get_by_role("heading", name="wang 的一次性密码")).to_be_visible()
    shoot(page, "users-once")
    assert complaints(page) == []
    assert too_wide(page) <= 0

    password = page.locator("code.once").inner_text()
    sign_in(phone, peopled.url, "wang", password)
    expect(phone.get_by_text("现在的密码是管理员设置的")).to_be_visible()
    phone.get_by_label("原密码").fill(password)
    phone.get_by_label("新密码", exact=False).first.fill(PASSWORD)
    phone.get_by_label("再输一遍新密码").fill(PASSWORD)
    phone.get_by_role("button", name="更改").click()
    expect(phone.get_by_text("密码已更换")).to_be_visible()
    sign_in(phone, peopled.url, "wang")
    expect(phone.get_by_role("heading", name="录音", exact=True)).to_be_visible()
