"""Every page at both sizes, light and dark: nothing that axe calls serious, nothing wider than the screen, no error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page

from .conftest import SIZES, Running, sign_in
from .looks import ALL, COLOURS, Rules, complaints, shoot, too_wide

PAGES = {
    "peopled": (
        "/signin",
        "/password",
        "/nowhere",
        "/start",
        "/centre/windows",
        "/centre/staff",
        "/upload",
        "/settings",
        "/centre/rosters",
        "/settings/centre/staff",
        "/settings/centre/windows/1",
        "/settings/extensions",
        "/settings/rosters",
        "/settings/keys",
        "/recorders",
        "/recorders/new/box",
        "/recorders/new/name",
        "/settings/webhooks",
        "/settings/notices",
        "/log",
        "/retention",
        "/voices",
        "/users",
        "/users/2",
    ),
    "busy": (
        "/today",
        "/compare",
        "/rules",
        "/rules/lab",
        "/rules/lab?rule=phone.opening",
        "/rules/ledger",
        "/rules/profiles",
        "/rules/profiles/default",
        "/rules/profiles/default/history",
        "/rules/phone.opening",
        "/rules/phone.opening/history",
        "/reaudits",
        "/reaudits/1",
        "/reports/staff/1001?since=2026-03-01",
        "/reports/windows/01?since=2026-03-01",
        "/voice",
        "/reports/issued/1",
        "/reports/issued/1/difference",
        "/reports/centre?since=2026-03-01",
        "/recordings",
        "/recordings?text=身份证&sounds_like=true",
        "/recordings?verdict=unclear&since=2030-01-01",
        "/reports?since=2026-03-01",
        "/reports/issued?since=2026-03-01",
    ),
}
SCHEMES: dict[Literal["light", "dark"], Rules] = {"light": ALL, "dark": COLOURS}


# All that travels for a page that nobody has opened before: the page, its looks, its scripts and what they fetch.
MOST_BYTES = 400_000


def test_the_first_load_of_a_page_is_small(busy: Running, page: Page) -> None:
    sign_in(page, busy.url, "guanli")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    travelled: list[int] = []
    devtools.on("Network.loadingFinished", lambda event: travelled.append(int(event["encodedDataLength"])))
    for path in (*PAGES["busy"], "/recordings/1", "/review", "/cases", "/pending", "/upload", "/inbox", "/users"):
        travelled.clear()
        page.goto(busy.url + path, wait_until="networkidle")
        assert 5_000 < sum(travelled) < MOST_BYTES, path  # a report alone has no script


@pytest.fixture(params=SIZES)
def view(request: pytest.FixtureRequest, browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Page]:
    width, height = SIZES[request.param]
    context = browser.new_context(**browser_context_args | {"viewport": {"width": width, "height": height}})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(("name", "user"), [("peopled", "admin"), ("busy", "guanli")])
def test_every_page_can_be_used_by_everybody(name: str, user: str, view: Page, request: pytest.FixtureRequest) -> None:
    running: Running = request.getfixturevalue(name)
    wrong: list[str] = []
    view.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    view.on("pageerror", lambda error: wrong.append(str(error)))
    sign_in(view, running.url, user)
    if name == "busy":  # a trial over one day, so that it has a page
        view.goto(f"{running.url}/rules/lab?rule=phone.opening")
        view.get_by_label("最近几天").fill("1")
        view.get_by_role("button", name="试算").click()
    for path in (*PAGES[name], *(("/rules/lab/trials/1",) if name == "busy" else ())):
        view.goto(running.url + path)
        assert too_wide(view) <= 0, path
        for scheme, rules in SCHEMES.items():
            view.emulate_media(color_scheme=scheme)
            shoot(view, "-".join((request.node.callspec.params["view"], scheme, name)) + path.replace("/", "-")[:30])
            wrong += [f"{path} {scheme}: {each}" for each in complaints(view, rules)]
    assert wrong == []
