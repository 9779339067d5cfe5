"""Measures the pages in a browser, at fifty people and five thousand recordings, and writes the tables in docs/web.md.

`python -m bench.seen` makes a demo centre (kept in `--data`), then measures how soon each page begins and what it
carries, how a recording of eight hours opens, and how far the sound lies from the words.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from bench import marked
from bench.load import machine
from bench.seen import clock, house, long_day, paths, speed
from bench.seen.clock import Drift
from bench.seen.house import PEOPLE, RECORDINGS, SIZES, filled, serving
from bench.seen.long_day import Made, Opened
from bench.seen.speed import Speed
from service.settings import Settings

PAGE: Final = Path(__file__).parents[2] / "docs" / "web.md"
COMMAND: Final = "python -m bench.seen"
FIRST_BYTE, FIRST_LOAD = 0.200, 400_000
_ON: Final = {"desk": "电脑 1366×768", "phone": "手机 390×844"}
MEGABYTE: Final = 1_000_000


def pages_table(found: Sequence[Speed]) -> Iterable[str]:
    """Give the lines on pages, the slowest first, and how many keep the goals."""
    usual = [each for each in found if each.shown.name not in paths.COMPUTED]
    quick = sum(each.p95 < FIRST_BYTE for each in usual)
    most = max(each.carried for each in found)
    yield (
        f"{len(usual)} 页里 {quick} 页的首字节 p95 在 {1000 * FIRST_BYTE:.0f} 毫秒以内；"
        f"首次打开最多 {most / 1000:.0f} KB（目标 {FIRST_LOAD // 1000} KB）。"
        "报告（*）打开时才计算，读时段里的每一次服务。"
    )
    yield ""
    yield "| 页 | 首字节，中位数（毫秒） | p95 | 服务器的处理器 | 首次打开（KB） |\n|---|---|---|---|---|"
    for each in sorted(found, key=lambda one: -one.p95):
        title = each.shown.title + ("*" if each.shown.name in paths.COMPUTED else "")
        times = " | ".join(f"{1000 * seconds:.0f}" for seconds in (each.median, each.p95, each.busy))
        yield f"| {title} | {times} | {each.carried / 1000:.0f} |"


def day_table(made: Made, found: Sequence[Opened], load: float) -> Iterable[str]:
    """Give the lines on the recording of eight hours."""
    yield (
        f"八小时的录音（{made.scenes} 段对话、{made.words} 个字；字是写好的，没有识别；轮廓取压缩不了的最坏情形），"
        f"判定用了 {made.judged:.0f} 秒处理器时间。"
        f"目标：2 秒看到转写和波形，浏览器 100 MB；打开以前的负载 {load:.0f}。"
    )
    yield ""
    yield (
        "| 打开八小时的录音 | 看到转写（秒） | 看到波形（秒） | 其中处理器：服务器、网页（秒） | 传输（KB） |"
        " JS 堆（MB） | 标签页内存（MB） | 滚动、放大、跳转时最长的停顿（秒） | 跳到别处，最长（秒） |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    for each in found:
        yield (
            f"| {_ON[each.size]} | {each.words:.2f} | {each.waveform:.2f} | {each.served:.2f}、{each.drawn:.2f} |"
            f" {each.carried / 1000:.0f} | {each.heap / MEGABYTE:.0f} | {each.memory / MEGABYTE:.0f} |"
            f" {each.busy:.2f} | {each.jump:.2f} |"
        )


def clock_table(found: Sequence[Drift]) -> Iterable[str]:
    """Give the lines on how far sound and words lie apart."""
    yield "| 声音与转写相差最多（毫秒，目标 50） | 浏览器解码后 | 播放器跳到那里 |\n|---|---|---|"
    for each in found:
        yield f"| {each.title} | {1000 * each.decoded:.1f} | {1000 * each.played:.1f} |"


def measured_pages(folder: Path, opened: Browser, rounds: int) -> Iterable[str]:
    """Give the lines on a centre of fifty people: how it was made, and each of its pages."""
    took = filled(folder)
    load = os.getloadavg()[0]
    yield (
        f"{PEOPLE} 位工作人员、{RECORDINGS} 个录音，SQLite，服务和浏览器（Chromium）在{machine()}上，"
        f"每页打开 {rounds} 次，一次一页；开始时的负载 {load:.1f}，是同时在做的别的事。"
        "首字节的时间受它影响，服务器用的处理器时间不受。"
    )
    if took is not None:
        yield f"`speechaudit demo-data` 做出这个中心用了 {took.busy:.0f} 秒处理器时间、{took.wall:.0f} 秒（目标 120）。"
    yield ""
    with serving(Settings(data=folder)) as running:
        known = paths.known(running.database, running.settings.appeal_days)
        pages = [replace(each, path=each.path.format(**known)) for each in paths.PAGES]
        yield from pages_table(list(speed.measured(running, opened, pages, paths.COMPUTED, rounds)))


def measured_day(folder: Path, opened: Browser) -> Iterable[str]:
    """Give the lines on the recording of eight hours, in a small centre."""
    filled(folder, 100)
    with serving(Settings(data=folder)) as running:
        made, load = long_day.taken_in(running.settings, running.database), os.getloadavg()[0]
        yield from day_table(made, [long_day.opened(running, opened, made.recording, size) for size in SIZES], load)


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("/tmp/speechaudit-seen"))  # noqa: S108
    parser.add_argument("--rounds", type=int, default=20)
    asked = parser.parse_args()
    for name in ("centre", "day", "clock"):
        (asked.data / name).mkdir(parents=True, exist_ok=True)
    with house.browser() as opened:
        parts = (
            measured_pages(asked.data / "centre", opened, asked.rounds),
            measured_day(asked.data / "day", opened),
            clock_table(list(clock.measured(opened, asked.data / "clock"))),
        )
        marked.put(PAGE, COMMAND, "\n\n".join("\n".join(lines) for lines in parts))


if __name__ == "__main__":
    main()
