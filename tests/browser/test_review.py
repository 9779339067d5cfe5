"""Review and appeal in a real browser: by keys alone, by two reviewers at once, and through the life of an appeal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import SIZES, Running, sign_in
from .judged import fill
from .looks import complaints, shoot, too_wide


@pytest.fixture
def court(start: Callable[..., Running]) -> Running:
    """Four judged calls, with sound, and nobody has looked yet."""
    return start(fill, review_sample="1", second_review_sample="0")


def left(page: Page) -> int:
    return int(page.locator("#left").inner_text())


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def begin(page: Page, court: Running) -> None:
    """The button to begin has the focus."""
    page.goto(f"{court.url}/review")
    expect(page.get_by_role("button", name="开始复核")).to_be_focused()
    press(page, "Enter")
    page.wait_for_url(re.compile(r"/review/\d+"))


def test_the_queue_is_worked_through_without_the_mouse(court: Running, page: Page) -> None:
    sign_in(page, court.url, "inspector")
    begin(page, court)
    first, todo = page.url.partition("?")[0], left(page)
    assert todo >= 4
    for told in ("张明（1017）", "社保综合窗口", "不归我管", "《"):
        expect(page.locator("#desk")).to_contain_text(told)
    sound = page.locator("#desk audio")
    page.wait_for_function("document.querySelector('#desk audio').readyState >= 2")
    press(page, " ")
    page.wait_for_function("!document.querySelector('#desk audio').paused")
    press(page, " ")
    assert sound.evaluate("each => each.paused && each.currentTime > 0")

    press(page, "2")  # overrule: the reason is asked for
    expect(page.locator("#reason")).to_be_focused()
    page.keyboard.type("听得出是在转述")
    press(page, "Control+Enter")
    page.wait_for_url(lambda address: address.partition("?")[0] != first)
    assert left(page) == todo - 1
    expect(page.locator("#messages")).to_contain_text("已记下")

    press(page, "u")  # back to it
    page.wait_for_url(first)
    expect(page.locator("#messages")).to_contain_text("已撤销")
    assert left(page) == todo


def test_what_cannot_be_told_is_said_so_and_what_is_skipped_waits(court: Running, page: Page) -> None:
    sign_in(page, court.url, "inspector")
    begin(page, court)
    first = page.url.partition("?")[0]
    press(page, "3")
    page.keyboard.type("听不清")
    press(page, "Escape", "Enter")  # out of the field, the button has the focus
    page.wait_for_url(lambda address: address.partition("?")[0] != first)
    second = page.url.partition("?")[0]
    press(page, "s")
    page.wait_for_url(lambda address: address.partition("?")[0] != second)
    expect(page.locator(".eyebrow")).to_contain_text("跳过 1 项")
    shoot(page, "review-case-desk")


def test_two_reviewers_in_two_browsers_do_not_collide(court: Running, browser: Browser, page: Page) -> None:
    other = browser.new_context(locale="zh-CN").new_page()
    seen: list[str] = []
    for each, name in ((page, "inspector"), (other, "second")):
        sign_in(each, court.url, name)
        each.goto(f"{court.url}/review")
        each.get_by_role("button", name="开始复核").click()
        each.wait_for_url(re.compile(r"/review/\d+"))
        seen.append(each.url)
    assert seen[0] != seen[1]
    expect(other.locator(".eyebrow")).to_contain_text("别人正在复核 1 项")
    other.goto(seen[0])
    expect(other.locator("header.page")).to_contain_text("inspector 正在复核这一项")
    other.get_by_label("不算违反").check()
    other.get_by_label("理由").fill("抢着判")
    other.get_by_role("button", name="记下").click()
    expect(other.get_by_role("alert")).to_contain_text("另一位督查正在复核")
    expect(other.get_by_label("理由")).to_have_value("抢着判")
    other.context.close()


def context(browser: Browser, url: str, name: str) -> tuple[BrowserContext, Page]:
    made = browser.new_context(locale="zh-CN", viewport={"width": 1366, "height": 768})
    page = made.new_page()
    sign_in(page, url, name)
    return made, page


@pytest.fixture
def hall(court: Running, browser: Browser) -> Iterator[dict[str, Page]]:
    """Each of them in a browser of their own."""
    contexts = {name: context(browser, court.url, name) for name in ("staff", "lead", "inspector")}
    yield {name: page for name, (_, page) in contexts.items()}
    for made, _ in contexts.values():
        made.close()


def contested(court: Running, staff: Page) -> str:
    expect(staff.locator("#content")).to_contain_text("还有 15 天")
    shoot(staff, "cases-staff-desk")
    staff.get_by_role("link", name="推诿").first.click()
    shoot(staff, "case-staff-desk", whole=True)
    staff.get_by_label("理由").fill("当时系统停机,已经说明了")
    staff.get_by_role("button", name="提出申诉").click()
    expect(staff.locator("#messages")).to_contain_text("申诉已提出")
    return staff.url


def test_the_lead_is_told_of_an_appeal_and_comments(court: Running, hall: dict[str, Page]) -> None:
    place, lead = contested(court, hall["staff"]), hall["lead"]
    lead.goto(f"{court.url}/inbox")
    expect(lead.locator(".bell")).to_contain_text("1")
    lead.get_by_role("button", name="查看").click()
    lead.wait_for_url(place)
    lead.get_by_role("textbox", name="意见").fill("那天上午确实停机")
    lead.get_by_role("button", name="补充").click()
    expect(lead.locator("#content")).to_contain_text("那天上午确实停机")
    expect(lead.get_by_role("button", name="裁定")).to_have_count(0)
    shoot(lead, "case-lead-desk", whole=True)


def test_an_appeal_from_the_sentence_to_its_end(court: Running, hall: dict[str, Page]) -> None:
    staff, inspector = hall["staff"], hall["inspector"]
    place = contested(court, staff)
    inspector.goto(f"{court.url}/inbox")
    shoot(inspector, "inbox-desk")
    inspector.get_by_role("button", name="查看").first.click()
    inspector.wait_for_url(place)
    inspector.get_by_label("不算违反").check()
    inspector.get_by_label("理由").fill("停机属实,并且已说明去处")
    inspector.get_by_role("button", name="裁定").click()
    expect(inspector.locator("#messages")).to_contain_text("已裁定")

    staff.goto(f"{court.url}/inbox")
    expect(staff.locator("#content")).to_contain_text("申诉已经裁定,结论是不算违反")
    staff.goto(place)
    expect(staff.locator("#content")).to_contain_text("停机属实,并且已说明去处")
    expect(staff.get_by_role("button", name="提出申诉")).to_have_count(0)


def test_a_sentence_is_marked_by_keys_alone(court: Running, page: Page) -> None:
    sign_in(page, court.url, "inspector")
    page.goto(f"{court.url}/recordings/2")
    page.locator("#said .line", has_text="请您带上身份证").get_by_role("link", name="标记漏判").focus()
    press(page, "Enter")
    page.wait_for_url(f"{court.url}/recordings/2/mark?start=12&end=14.8")
    expect(page.locator("blockquote")).to_contain_text("请您带上身份证和声明")
    page.get_by_label("违反哪条规则").focus()
    press(page, "ArrowDown", "Tab")
    page.keyboard.type("没有说清楚在哪里办")
    press(page, "Tab", "Enter")
    expect(page.locator("#messages")).to_contain_text("已标记为违反")


def test_a_second_reviewer_judges_blindly_by_keys_alone(start: Callable[..., Running], browser: Browser) -> None:
    court = start(fill, review_sample="1", second_review_sample="1")
    seen = []
    for name, reason in (("inspector", "在转述别人的话"), ("second", "前面有一句他说")):
        made, page = context(browser, court.url, name)
        begin(page, court)
        seen.append(page.url.partition("?")[0])
        expect(page.locator("header.page").get_by_text("第二人独立复核")).to_have_count(int(name == "second"))
        expect(page.locator("#content")).not_to_contain_text("在转述别人的话")
        press(page, "2")
        page.keyboard.type(reason)
        press(page, "Control+Enter")
        expect(page.locator("#messages")).to_contain_text("已记下")
        page.goto(f"{court.url}/review")
        expect(page.locator("#content")).to_contain_text(
            "1 项由两人各自复核，1 项结论相同" if name == "second" else "还没有由两人各自复核过的判定"
        )
        made.close()
    assert seen[0] == seen[1]


def test_words_that_are_selected_are_marked(court: Running, page: Page) -> None:
    sign_in(page, court.url, "inspector")
    page.goto(f"{court.url}/recordings/2")
    expect(page.locator("#mark")).to_be_hidden()
    line = page.locator("#said .line", has_text="请您带上身份证").locator(".text")
    line.evaluate("each => getSelection().selectAllChildren(each)")
    way = page.locator("#mark")
    expect(way).to_be_visible()
    assert way.get_attribute("href") == "/recordings/2/mark?start=12&end=14.8"
    way.click()
    expect(page.locator("blockquote")).to_contain_text("请您带上身份证和声明")
    page.get_by_label("违反哪条规则").select_option(index=1)
    page.get_by_label("理由").fill("没有一次告知全部材料")
    shoot(page, "mark-desk")
    page.get_by_role("button", name="标记为违反").click()
    expect(page.locator("#messages")).to_contain_text("已标记为违反")
    expect(page.locator("#content")).to_contain_text("人工听后标记")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_used_by_everybody(
    court: Running, browser: Browser, browser_context_args: dict[str, Any], size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    more: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    made = browser.new_context(**browser_context_args | more)
    page = made.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    sign_in(page, court.url, "inspector")
    for path in ("/review", "/review/1", "/cases", "/cases/1", "/inbox", "/recordings/1/mark?start=6&end=8.8"):
        page.goto(court.url + path)
        name = re.sub(r"\W+", "-", path.partition("?")[0]).strip("-")
        shoot(page, f"{name}-{size}-{scheme}", whole=True)
        wrong += [f"{path}: {each}" for each in complaints(page)]
        assert too_wide(page) <= 0, path
    assert wrong == []
    made.close()
