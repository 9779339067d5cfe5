"""What looks at pages finds what is wrong with them, and only what is serious."""

from __future__ import annotations

from playwright.sync_api import Page

from .looks import COLOURS, complaints

PAGE = """<!doctype html><html lang="zh"><title>页面</title>
<main><h1>页面</h1><img src="data:,"><p style="color: #bbb; background: #fff">看不清</p></main>"""


def test_what_is_serious_is_told_with_its_place(page: Page) -> None:
    page.set_content(PAGE)
    assert sorted(each.split(":")[0] for each in complaints(page)) == ["color-contrast", "image-alt"]
    (pale,) = complaints(page, COLOURS)
    assert "看不清" in pale


def test_what_is_only_moderate_is_not_told(page: Page) -> None:
    page.set_content('<!doctype html><html lang="zh"><title>页面</title><main><h1>一</h1><h3>三</h3></main>')
    assert complaints(page) == []
