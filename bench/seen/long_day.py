"""A recording of eight hours, judged by the worker's own steps and opened in a browser.

The words are those of the samples, where they say them, now and then through the day: hearing eight hours takes hours.
The listening copy has a sound every ten seconds, so that its length and its index are those of a day; the outline is
that of noise on both channels, which no compression makes smaller.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import psutil
from playwright.sync_api import Browser, CDPSession, Page

from bench.seen.house import House, desk, sign_in
from service.audio import AudioStore
from service.jobs.queue import run_of
from service.jobs.work import Work
from service.rules import Rules
from service.settings import Settings
from service.store import Database, recordings
from service.store.audits import TranscriptRecord
from service.store.recordings import NewRecording
from speechaudit.model import CallFacts, Segment, Transcript, Word
from speechaudit.pipeline import BY_HAND
from speechaudit.rules import plays
from tests.browser.long_day import place_sound

SECONDS: Final = 8 * 3600.0
_SAMPLES: Final = Path(__file__).parents[2] / "samples"
_GAP: Final = (20.0, 120.0)  # seconds between two services


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A sample that begins at this second of the day."""

    name: str
    start: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the day has, and the processor seconds that judging it took."""

    recording: int
    scenes: int
    words: int
    judged: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One opening: seconds until words and waveform stand, processor seconds of the server and of the page for that,
    JavaScript's heap and the tab's own memory in bytes, and the longest that the page was busy (seconds) while one
    scrolled, zoomed and jumped, with seconds for a jump."""

    size: str
    words: float
    waveform: float
    served: float
    drawn: float
    heap: int
    memory: int
    busy: float
    jump: float
    carried: int


def scenes() -> Iterator[Scene]:
    """Yield what is said when, always the same."""
    chance = random.Random(1)
    names = sorted(path.stem for path in (_SAMPLES / "plays").glob("*.play"))
    at = 5.0
    while at < SECONDS - 200:
        name = chance.choice(names)
        yield Scene(name=name, start=round(at, 2))
        at += _said(name).duration + chance.uniform(*_GAP)


@cache
def _said(name: str) -> Transcript:
    path = _SAMPLES / "plays" / f"{name}.play"
    return plays.parse(path.read_text(encoding="utf-8"), str(path)).transcript


def transcript() -> Transcript:
    """What is said in the day, each character a word."""
    lines = (_moved(segment, scene.start) for scene in scenes() for segment in _said(scene.name).segments)
    return Transcript(segments=tuple(lines), duration=SECONDS)


def _moved(segment: Segment, by: float) -> Segment:
    start, step = segment.start + by, (segment.end - segment.start) / max(1, len(segment.text))
    words = tuple(
        Word(start=start + at * step, end=start + (at + 1) * step, text=each, confidence=0.9)
        for at, each in enumerate(segment.text)
    )
    channel = 1 if segment.role == "staff" else 0
    return replace(segment, start=start, end=segment.end + by, words=words, channel=channel, confidence=0.9)


def taken_in(settings: Settings, database: Database) -> Made:
    """Store the day and take it through the steps of the worker, once for a folder."""
    kept = settings.data / "day.json"
    if not kept.exists():
        kept.write_text(json.dumps(asdict(_taken_in(settings, database))), encoding="utf-8")
    return Made(**json.loads(kept.read_text(encoding="utf-8")))


def _taken_in(settings: Settings, database: Database) -> Made:
    audio, said = AudioStore(settings), transcript()
    kept = audio.put([b"a day of which only the words are told"])
    facts = CallFacts(setting="counter")
    new = NewRecording(sha256=kept.sha256, size=kept.size, file_name="day.wav", media_type="audio/wav", facts=facts)
    with database.write() as session:
        number = recordings.add(session, new)[0].id
    heard = TranscriptRecord(transcript=said, made_by=BY_HAND)
    work = Work(database, audio, lambda *_: heard, Rules(settings), "bench")
    _took(lambda: work.hear(number))
    judged = _took(lambda: work.judge(number, run_of(number, 1)))
    place_sound(audio, kept.sha256)
    words = sum(len(segment.words) for segment in said.segments)
    return Made(recording=number, scenes=sum(1 for _ in scenes()), words=words, judged=judged)


def _took(step: Callable[[], Any]) -> float:
    """Return the processor seconds of a step. Raises RuntimeError where it failed."""
    began = time.process_time()
    if reason := step():
        raise RuntimeError(reason)
    return time.process_time() - began


def opened(house: House, browser: Browser, recording: int, size: str) -> Opened:
    """Open the day as nobody has before on this screen, and go about in it."""
    page = desk(browser, size)
    sign_in(page, house.url, "ducha")
    empty = _memory(browser, page)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    carried: list[int] = []
    devtools.on("Network.loadingFinished", lambda event: carried.append(int(event["encodedDataLength"])))
    before, began = house.busy, time.perf_counter()
    page.goto(f"{house.url}/recordings/{recording}", wait_until="commit")
    page.wait_for_selector("#said .line")
    words = time.perf_counter() - began
    page.wait_for_selector("#player[data-ready=yes]")
    waveform = time.perf_counter() - began
    travelled, served, drawn = sum(carried), house.busy - before, _metric(devtools, "TaskDuration")
    busy, jump = _gone_about(page)
    devtools.send("HeapProfiler.collectGarbage")
    heap, memory = int(_metric(devtools, "JSHeapUsedSize")), _memory(browser, page) - empty
    page.context.close()
    return Opened(
        size=size,
        words=words,
        waveform=waveform,
        served=served,
        drawn=drawn,
        heap=heap,
        memory=memory,
        busy=busy,
        jump=jump,
        carried=travelled,
    )


def _gone_about(page: Page) -> tuple[float, float]:
    """Scroll, zoom in and jump ten times: the longest that the page was busy, and the longest a jump took (seconds)."""
    page.evaluate(_WATCH)
    for _ in range(30):
        page.mouse.wheel(0, 400)
        page.wait_for_timeout(30)
    for value in (30, 60, 100):
        page.evaluate(f"z = document.getElementById('zoom'), z.value = {value}, z.dispatchEvent(new Event('input'))")
        page.wait_for_timeout(200)
    jumps = [_jumped(page, SECONDS * part / 11) for part in range(1, 11)]
    return float(page.evaluate("window.longest")) / 1000, max(jumps)


_WATCH: Final = """window.longest = 0; new PerformanceObserver((list) => {
  for (const each of list.getEntries()) window.longest = Math.max(window.longest, each.duration);
}).observe({ type: "longtask" }); 0"""


def _jumped(page: Page, second: float) -> float:
    """Seconds until the words of that moment stand in the page."""
    began = time.perf_counter()
    page.evaluate(f"window.recording.seek({second})")
    page.wait_for_selector(f"#said[data-stretch='{int(second // 600) + 1}']")
    return time.perf_counter() - began


def _metric(devtools: CDPSession, name: str) -> float:
    metrics: list[dict[str, Any]] = devtools.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == name)


def _memory(browser: Browser, page: Page) -> int:
    """Bytes that the processes of pages have for themselves; no other page is open."""
    page.wait_for_timeout(500)
    devtools = browser.new_browser_cdp_session()
    processes: list[dict[str, Any]] = devtools.send("SystemInfo.getProcessInfo")["processInfo"]
    devtools.detach()
    pages = [each["id"] for each in processes if each["type"] == "renderer"]
    return sum(int(psutil.Process(pid).memory_full_info().uss) for pid in pages)
