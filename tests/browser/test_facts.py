"""A transferred call behind an announcement: who served when, and its facts put right; with and without scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from service.store import Database
from speechaudit.model import CallFacts, Leg

from .conftest import SIZES, Running, people, sign_in
from .judged import Said, add
from .looks import complaints, shoot, too_wide

TRANSFERRED: tuple[Said, ...] = (
    ("machine", "为了保证服务质量,本次通话将被录音。", 0.95),
    ("staff", "您好,社保窗口,请问有什么可以帮您?", 0.95),
    ("citizen", "我想问医保怎么转。", 0.95),
    ("staff", "我帮您转接医保窗口,请稍等。", 0.95),
    ("staff", "您好,医保窗口。", 0.95),
    ("citizen", "医保怎么转?", 0.95),
    ("staff", "不归我管,你去问别人。", 0.95),
    ("citizen", "好吧。", 0.95),
)


SAMPLES = ("phone-mono-bad", "phone-mono-good", "phone-stereo-bad-right", "phone-stereo-good-left")
VIEWS = {view: n for n, view in enumerate(((size, scripts) for size in SIZES for scripts in (True, False)), 1)}


def fill(database: Database) -> None:
    """People, and for each view a call that an extension nobody registered took over."""
    people(database)
    legs = (
        Leg(kind="person", start=0, end=12, who="3201", staff="1017"),
        Leg(kind="person", start=12, end=24, who="3202"),
    )
    at = datetime(2026, 3, 2, 1, 15, tzinfo=UTC)
    for name in SAMPLES:
        add(database, name, TRANSFERRED, CallFacts(setting="phone", started_at=at, direction="in", legs=legs))


@pytest.fixture(scope="module")
def hall(start_for_all: Callable[..., Running]) -> Running:
    return start_for_all(fill)


@pytest.fixture(params=VIEWS, ids=str)
def view(request: pytest.FixtureRequest, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    size, scripts = request.param
    width, height = SIZES[size]
    more: dict[str, Any] = {"viewport": {"width": width, "height": height}, "java_script_enabled": scripts}
    context = browser.new_context(**browser_context_args | more)
    yield context.new_page()
    context.close()


def look(view: Page, name: str, *, scripts: bool) -> None:
    """Nobody is kept out, and nothing is wider than the screen; what is asked of a page by script needs scripts."""
    if scripts:
        shoot(view, name, whole=True)
        assert complaints(view) == []
        assert too_wide(view) <= 0


def test_parts_are_shown_and_facts_put_right(view: Page, hall: Running, request: pytest.FixtureRequest) -> None:
    size, scripts = request.node.callspec.params["view"]
    sign_in(view, hall.url, "inspector")
    view.goto(f"{hall.url}/recordings/{VIEWS[size, scripts]}")
    parts = view.locator("section.part")
    expect(parts).to_have_count(2)
    expect(parts.first).to_contain_text("线路记录:由3201接听,是录音登记的人")
    expect(parts.last).to_contain_text("第2位工作人员(身份不明)")
    expect(parts.last).to_contain_text("不归我管")
    expect(view.locator("#said")).to_contain_text("自动播报")
    look(view, f"parts-{size}", scripts=scripts)

    view.get_by_text("更正这些信息").click()
    view.get_by_label("谁结束的").select_option("群众")
    look(view, f"facts-{size}", scripts=scripts)
    view.get_by_role("button", name="看一看会怎样").click()
    expect(view.get_by_role("heading", name="还没有更正，请先看一看")).to_be_visible()
    expect(view.locator("main")).to_contain_text("只重新判定，不重新听")
    look(view, f"facts-seen-{size}", scripts=scripts)
    view.get_by_role("button", name="确认更正").click()
    expect(view.locator("#messages")).to_contain_text("已更正")
