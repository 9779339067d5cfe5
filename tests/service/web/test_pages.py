"""What holds for all pages: who may open them, what browsers are told, and what travels with them."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from service.api.access import Open
from service.auth.identity import COOKIE
from service.auth.permissions import OF_ROLE, Permission
from service.store.accounts import UserRole
from service.web import assets, navigation
from service.web.application import PAGES
from service.web.guard import PageRoute
from tests.service.api_kit import ROLES
from tests.service.web_kit import ROOT, Web, read, text_of

ROUTES = [route for each in PAGES for route in each.routes.routes if isinstance(route, PageRoute)]
VENDOR = ROOT / "service/web/static/vendor"
MOST_SCRIPT = 250 * 1024


def address(route: PageRoute) -> str:
    return re.sub(r"\{.*?\}", "1", route.path)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{min(r.methods)} {r.path}")
def test_nobody_gets_in_without_signing_in(shared_web: Web, route: PageRoute) -> None:
    (method,) = route.methods or {""}
    answer = shared_web.browser(None).request(method, address(route))
    asked = answer.status_code == 401 or answer.headers.get("location", "").startswith("/signin")
    assert asked or route.need == Open.PUBLIC


@pytest.mark.slow  # opens every page as everybody
@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_the_page_says(shared_web: Web, role: UserRole) -> None:
    browser = shared_web.browser(role)
    refused = {r.path for r in ROUTES if r.methods == {"GET"} and browser.get(address(r)).status_code == 403}
    needs = {r.path: r.need for r in ROUTES if r.methods == {"GET"}}
    assert refused == {p for p, need in needs.items() if isinstance(need, Permission) and need not in OF_ROLE[role]}


@pytest.mark.parametrize("role", ROLES)
def test_everything_in_the_head_and_the_first_page_can_be_opened(shared_web: Web, role: UserRole) -> None:
    browser = shared_web.browser(role)
    first = browser.get("/").headers["location"]
    shown = re.findall(r'<a href="(/[a-z]+)"', browser.get(first).text.partition("<main")[0])
    assert {browser.get(path).status_code for path in {first, *shown}} == {200}
    assert set(shown) >= {e.path for e in navigation.ENTRIES if e.need in OF_ROLE[role]}


def test_a_form_needs_the_token_of_the_session(shared_web: Web) -> None:
    browser = shared_web.browser("admin")
    for route in ROUTES:
        if route.methods == {"POST"} and route.need != Open.PUBLIC:
            assert browser.post(address(route), data={"csrf": "guess"}).status_code == 403, route.path
            assert browser.post(address(route), headers={"X-CSRF-Token": "guess"}).status_code == 403, route.path


def test_pages_run_nothing_but_our_own_scripts(shared_web: Web) -> None:
    answer = shared_web.browser("admin").get("/recordings")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert not re.search(r"unsafe|https?:|\*", answer.headers["content-security-policy"])
    assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=|https?://", answer.text)
    assert "&#34;allowEval&#34;: false" in answer.text
    assert answer.headers["cache-control"] == "private, no-store"


def test_templates_have_no_inline_script_or_style_and_no_outside_address() -> None:
    for path in (ROOT / "service/web/templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?! src=\"\{\{ static)|<style|\sstyle=|\son[a-z]+=|https?://|\|safe", text), path


def test_an_asset_is_kept_for_ever_and_only_under_its_hash(shared_web: Web) -> None:
    browser = shared_web.browser(None)
    found = browser.get(assets.address("app.css"), headers={"Accept-Encoding": "gzip"})
    assert (found.status_code, found.headers["content-encoding"]) == (200, "gzip")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert found.headers["content-type"].startswith("text/css")
    assert browser.get("/static/0000000000000000/app.css").status_code == 404
    assert browser.get(f"/static/{assets.version()}/../pages/home.py").status_code == 404


def test_all_scripts_together_are_small() -> None:
    scripts = [content for path, content in assets.contents().items() if path.endswith(".js")]
    assert sum(len(gzip.compress(each)) for each in scripts) <= MOST_SCRIPT


@pytest.mark.parametrize("folder", [VENDOR, ROOT / "tests/browser/vendor"], ids=str)
def test_what_others_wrote_is_as_it_was_fetched_and_has_its_licence(folder: Path) -> None:
    noted = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    there = {each.name for each in folder.iterdir()} - {"SHA256SUMS"}
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in there} == noted
    assert {name.partition(".")[0] + ".LICENSE.txt" for name in there if name.endswith(".js")} <= there


def test_a_page_that_is_not_there_says_so_in_words_and_the_api_in_json(shared_web: Web) -> None:
    browser = shared_web.browser("admin")
    page, api = browser.get("/nowhere"), browser.get("/api/v1/nowhere")
    assert (page.status_code, "没有这个页面" in text_of(page)) == (404, True)
    assert (api.status_code, api.json()["type"]) == (404, "not-found")


@pytest.mark.parametrize(
    ("address", "status"),
    [("/nowhere", 404), ("/password/nowhere", 404), ("/recordings/999", 404), ("/users", 403), ("/recordings/x", 422)],
)
def test_who_is_signed_in_finds_the_way_back_from_every_error(shared_web: Web, address: str, status: int) -> None:
    page = shared_web.browser("inspector").get(address)
    assert page.status_code == status
    assert {"/today", "/recordings", "/reports", "/inbox"} <= set(read(page).links)


@pytest.mark.parametrize("cookie", ["", "f" * 43])
def test_nobody_is_shown_a_way_into_an_address_that_is_not_there(shared_web: Web, cookie: str) -> None:
    browser = shared_web.browser(None)
    if cookie:
        browser.cookies[COOKIE] = cookie
    page = browser.get("/nowhere")
    assert (page.status_code, [each for each in read(page).links if each != "#content"]) == (404, ["/"])


def test_what_a_page_showed_is_in_the_log(shared_web: Web) -> None:
    shared_web.browser("inspector").get("/recordings")
    entry = shared_web.get("/log", "admin")[0]
    assert (entry["name"], entry["action"]) == ("inspector", "GET /recordings")
