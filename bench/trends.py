"""What a run under load was like: what each minute took, what grew from beginning to end, and whether it may."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx

from bench.clock import ninety_fifth

MEGABYTE, MINUTE = 1 << 20, 60.0
FEWEST = 5  # requests of a minute of which percentiles are told
UPLOAD, SHOWN, TOLD = "上传", "网页", "上传到推送"
# How much may be more at the end than at the beginning, as a share of the mean, and what is too small to matter.
GROWTH: Final = {
    "服务内存": (0.05, 10.0),
    "worker 内存": (0.05, 10.0),
    "打开的文件": (0.05, 5.0),
    "等着的录音": (0.5, 5.0),
} | dict.fromkeys((UPLOAD, SHOWN, TOLD), (0.25, 20.0))


@dataclass(frozen=True, slots=True)
class Taken:
    """A request: what it was, when it began in the run, how many seconds it took, and whether it was answered."""

    kind: str
    at: float
    seconds: float
    answered: bool


@dataclass(frozen=True, slots=True)
class Look:
    """Bytes of server and workers at a moment, their open files, how many recordings had come to an end, and waited."""

    at: float
    server: int
    workers: int
    files: int
    over: int
    waiting: int = 0


@dataclass(slots=True)
class Run:
    """What happened so far."""

    url: str
    began: float = field(default_factory=time.monotonic)
    ends: threading.Event = field(default_factory=threading.Event)
    taken: list[Taken] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    forgot: float = 0.0
    sent: dict[int, float] = field(default_factory=dict)  # when which recording was uploaded

    @property
    def now(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began

    def forget(self) -> None:
        """Begin to count from here."""
        self.forgot = self.now
        self.taken, self.looks = [], []

    def ask(self, kind: str, request: Callable[[], httpx.Response]) -> httpx.Response | None:
        """Send a request, note what it took, and return the answer, if there is one."""
        at, answer = self.now, None
        with suppress(httpx.TransportError):
            answer = request()
        self.taken.append(Taken(kind, at, self.now - at, answer is not None and answer.is_success))
        return answer

    def told(self, recording: int) -> None:
        """Note that a webhook told of a recording."""
        if (at := self.sent.pop(recording, None)) is not None:
            self.taken.append(Taken(TOLD, at, self.now - at, answered=True))


def tables(run: Run, load: str, minutes: float) -> str:
    """Return what is written: the load, each minute in a row, and how much everything grew."""
    kinds = " | ".join(f"{kind} p50 / p95" for kind in (UPLOAD, SHOWN, TOLD))
    lines = [
        load,
        "",
        f"| 分钟 | {kinds} | 没有应答 | 做完的录音 | 等着的录音 | 服务内存 | worker 内存 | 打开的文件 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    count = max(1, round(minutes))
    for part in range(count):
        since = run.forgot + part * 60 * minutes / count
        lines.append(_row(run, since, since + 60 * minutes / count))
    lines += ["", "| 从头到尾的趋势 | 平均 | 多了 | 至多可以多 |  |", "|---|---|---|---|---|"]
    return "\n".join([*lines, *(_told(name, *grown(run, name)) for name in GROWTH)])


def points(run: Run, name: str) -> list[tuple[float, float]]:
    """Return what one of `GROWTH` was when: milliseconds, megabytes or a number, by seconds."""
    if name in {UPLOAD, SHOWN, TOLD}:
        return [(each.at, 1000 * each.seconds) for each in run.taken if each.kind == name]
    read: dict[str, Callable[[Look], float]] = {
        "服务内存": lambda look: look.server / MEGABYTE,
        "worker 内存": lambda look: look.workers / MEGABYTE,
        "打开的文件": lambda look: look.files,
        "等着的录音": lambda look: look.waiting,
    }
    return [(look.at, read[name](look)) for look in run.looks]


def grown(run: Run, name: str) -> tuple[float, float, float]:
    """Return the mean of one of `GROWTH`, how much it grew along the line through all of it, and how much it may.

    Latencies go by the medians of minutes: one request that waited long is no trend.
    """
    found = points(run, name)
    if name in {UPLOAD, SHOWN, TOLD}:
        minutes: dict[int, list[float]] = {}
        for at, value in found:
            minutes.setdefault(int((at - run.forgot) // MINUTE), []).append(value)
        found = [(MINUTE * minute, statistics.median(values)) for minute, values in minutes.items()]
    if len(found) < 2:
        return 0.0, 0.0, 0.0
    moments, values = [at for at, _ in found], [value for _, value in found]
    slope = statistics.linear_regression(moments, values).slope
    mean, (share, least) = statistics.fmean(values), GROWTH[name]
    return mean, slope * (max(moments) - min(moments)), max(share * mean, least)


def flat(run: Run) -> bool:
    """Return whether nothing grew more than it may, and every request was answered."""
    within = all(more <= most for _, more, most in (grown(run, name) for name in GROWTH))
    return within and all(each.answered for each in run.taken)


def _told(name: str, mean: float, more: float, most: float) -> str:
    unit = " 毫秒" if name in {UPLOAD, SHOWN, TOLD} else " MB" if "内存" in name else ""
    return (
        f"| {name} | {mean:.0f}{unit} | {more:+.1f}{unit} | {most:.1f}{unit} | {'平' if more <= most else '**在长**'} |"
    )


def _row(run: Run, since: float, until: float) -> str:
    taken = [each for each in run.taken if since <= each.at < until]
    looks = [each for each in run.looks if since <= each.at < until]
    cells = [
        f"{(since - run.forgot) / 60:.0f}–{(until - run.forgot) / 60:.0f}",
        *(_times(taken, kind) for kind in (UPLOAD, SHOWN, TOLD)),
        str(sum(not each.answered for each in taken)),
        str(looks[-1].over - looks[0].over if looks else 0),
        str(max((each.waiting for each in looks), default=0)),
    ]
    cells += [
        f"{max((getattr(each, name) for each in looks), default=0) / MEGABYTE:.0f} MB" for name in ("server", "workers")
    ]
    return f"| {' | '.join([*cells, str(max((each.files for each in looks), default=0))])} |"


def _times(taken: Sequence[Taken], kind: str) -> str:
    """Median and 95th percentile in milliseconds."""
    seconds = [each.seconds for each in taken if each.kind == kind]
    if len(seconds) < FEWEST:
        return "—"
    return f"{1000 * statistics.median(seconds):.0f} / {1000 * ninety_fifth(seconds):.0f} 毫秒"
