"""Pictures of all pages: a page that is added gets one, and none is left over."""

from __future__ import annotations

import re
from pathlib import Path

from bench.seen.house import SIZES
from bench.seen.paths import PAGES
from bench.seen.pictures import every, file_name
from service.web.application import PAGES as ROUTED
from service.web.guard import PageRoute

DOCS = Path(__file__).parents[1] / "docs"
# Parts of pages, files to download, ways to other pages, and pages that there are only after somebody did something.
NO_PICTURE = {
    "/",
    "/centre/{kind}/example",
    "/findings/{code}",
    "/log/export",
    "/recorders/{name}",
    "/recordings/{recording_id}/listening/progress",
    "/recordings/{recording_id}/progress",
    "/rules/lab/lines",
    "/rules/lab/trials/{trial_id}",
    "/rules/lab/trials/{trial_id}/progress",
    "/settings/webhooks/{webhook_id}",
}
KNOWN = dict.fromkeys(("recording", "own", "doubt", "appeal", "contestable", "issued", "pending", "start", "end"), "1")


def test_every_page_has_a_picture() -> None:
    shown = [each.path.partition("?")[0] for each in every(KNOWN)] + ["/first", "/pending/several"]
    routes = (route for each in ROUTED for route in each.routes.routes if isinstance(route, PageRoute))
    looked_at = {route.path for route in routes if "GET" in (route.methods or ())}
    missing = {
        path for path in looked_at if not any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), at) for at in shown)
    }
    assert missing == NO_PICTURE


def test_the_pictures_are_those_of_the_pages() -> None:
    there = {path.name for path in (DOCS / "images").glob("web-*")}
    pages = (DOCS / "pictures.md").read_text(encoding="utf-8")
    named = set(re.findall(r'images/(web-[^"]+)"', pages))
    assert {file_name(each, size) for each in PAGES for size in SIZES} <= named == there
