"""How soon the first byte of each page comes, and how many bytes travel when it is opened for the first time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import httpx
from playwright.sync_api import Browser, Page

from bench.clock import ninety_fifth
from bench.seen.house import House, client, desk, sign_in
from bench.seen.paths import Shown

_FEW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Seconds to the first byte (median and 95th percentile of many), the server's processor seconds for the whole
    answer, and bytes of a first load."""

    shown: Shown
    median: float
    p95: float
    busy: float
    carried: int


def measured(
    house: House, opened: Browser, pages: Sequence[Shown], computed: Collection[str], rounds: int
) -> Iterator[Speed]:
    """Measure each page as who opens it, once before it counts; those that are computed a few times only."""
    for who in dict.fromkeys(each.who for each in pages):
        page = desk(opened)
        sign_in(page, house.url, who)
        with client(page, house.url) as asking:
            for shown in (each for each in pages if each.who == who):
                yield _speed(house, asking, page, shown, _FEW if shown.name in computed else rounds)
        page.context.close()


def _speed(house: House, asking: httpx.Client, page: Page, shown: Shown, rounds: int) -> Speed:
    _first_byte(asking, shown.path)
    before = house.busy
    times = [_first_byte(asking, shown.path) for _ in range(rounds)]
    return Speed(
        shown=shown,
        median=statistics.median(times),
        p95=ninety_fifth(times),
        busy=(house.busy - before) / rounds,
        carried=_carried(page, house.url + shown.path),
    )


def _first_byte(asking: httpx.Client, path: str) -> float:
    """Seconds until the answer begins. Raises HTTPStatusError for a page that is none."""
    began = time.perf_counter()
    with asking.stream("GET", path) as answer:
        took = time.perf_counter() - began
        answer.read()
    answer.raise_for_status()
    return took


def _carried(page: Page, address: str) -> int:
    """Bytes of a page, its looks, scripts and what they fetch, for a browser that knows nothing yet."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    carried: list[int] = []
    devtools.on("Network.loadingFinished", lambda event: carried.append(int(event["encodedDataLength"])))
    page.goto(address, wait_until="networkidle")
    devtools.detach()
    return sum(carried)
