"""How a page looks and whether everybody can use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
Rules = list[str] | dict[str, Any]
ALL: Rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
COLOURS: Rules = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # what can differ in the dark
SHOTS = os.environ.get("BROWSER_SHOTS")  # a folder, to look at what the tests saw


# What axe wrote of each node that passed, and sent here, took longer than to look: only what is wrong is written down.
_SERIOUS = """async only => {
    const found = await axe.run({runOnly: only, resultTypes: ["violations"]});
    return found.violations
        .filter(each => ["serious", "critical"].includes(each.impact))
        .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`));
}"""


def complaints(page: Page, rules: Rules = ALL) -> list[str]:
    """What axe finds serious (WCAG 2.1 A and AA)."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)  # through the debugger: the page's own policy lets nobody else's script in
    found: list[str] = page.evaluate(_SERIOUS, rules)
    return found


def until(page: Page, condition: str) -> None:
    """Wait for this to be true. (Playwright waits by evaluating in the page, which the policy of our pages forbids.)"""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(100)
    raise AssertionError(condition)


def too_wide(page: Page) -> int:
    """How many pixels a page is wider than what shows it."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture where somebody asked for pictures."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=whole)
