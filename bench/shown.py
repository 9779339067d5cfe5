"""How long each page takes at fifty people and a hundred thousand recordings, on SQLite and PostgreSQL.

`python -m bench.shown [--recordings 100000]` fills demo centres (kept in `--folder`; each recording of the demo stands
for many), starts the service on each, opens every page over loopback as the role that uses it, tries a rule on ten
thousand recordings, and writes docs/web.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy import select

from bench import marked, pages
from bench.clock import ninety_fifth
from bench.demo_centre import BUSIEST, ENTRIES, MADE, PEOPLE, filled
from bench.load import machine
from bench.seen import paths
from bench.seen.house import House, serving
from bench.seen.paths import Shown
from service.auth.identity import COOKIE
from service.settings import Settings
from service.store import Database, accounts
from service.store.base import now
from service.store.recordings import RecordingRow

PAGE: Final = Path(__file__).parents[1] / "docs" / "web.md"
COMMAND: Final = "python -m bench.shown"
LIMIT: Final = 0.200
MOST, TRIED = 5_000, 10_000  # recordings of a report by hand; that a rule is tried on
TENTH: Final = 10  # the rounds of what takes seconds are a tenth
REPORT: Final = "report"  # the name of those that have no goal


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTimes:
    """Median and 95th percentile of the seconds of a page, the processor's for one, and the bytes that travel."""

    median: float
    p95: float
    processor: float
    size: int


@dataclass(slots=True, kw_only=True)
class Measured:
    """What one installation took: each page by its title, and a trial: seconds to the first hit, to all, how many."""

    pages: dict[str, PageTimes] = field(default_factory=dict)
    trial: tuple[float, float, int] = (0.0, 0.0, 0)


def since_of(database: Database, most: int, *mine: object) -> datetime:
    """Return a moment since when there are so many recordings at most."""
    with database.read() as session:
        wanted = select(RecordingRow.occurred_at).where(*mine).order_by(RecordingRow.occurred_at.desc())  # type: ignore[arg-type]
        moments = session.scalars(wanted.limit(most)).all()
    return moments[-1]


def day_of(database: Database, *mine: object) -> str:
    """Return the first day since when a report by hand may read all: a day begins before its first recording."""
    return f"{since_of(database, MOST, *mine) + timedelta(days=1):%Y-%m-%d}"


def asked(database: Database, appeal_days: int) -> tuple[Shown, ...]:
    """Return every page, with the reports of as many recordings as are allowed by hand."""
    month = f"{datetime.now(UTC) - timedelta(days=29):%Y-%m-%d}"
    own = day_of(database, RecordingRow.staff_id == BUSIEST[0])
    window, whole = day_of(database, RecordingRow.window_id == 1), day_of(database)
    known = paths.known(database, appeal_days)
    return (
        *(replace(each, path=each.path.format(**known)) for each in paths.PAGES if each.name not in paths.COMPUTED),
        _report("人员报告，一个月", f"/reports/staff/1010?since={month}"),
        _report(f"人员报告，至多 {MOST} 个录音", f"/reports/staff/1001?since={own}"),
        _report(f"窗口报告，至多 {MOST} 个录音", f"/reports/windows/01?since={window}"),
        _report(f"中心报告，至多 {MOST} 个录音", f"/reports/centre?since={whole}"),
    )


def _report(title: str, path: str) -> Shown:
    return Shown(who=paths.INSPECTOR, name=REPORT, title=title, path=path)


def signed_in(database: Database, url: str) -> dict[str, httpx.Client]:
    """Return a browser for each role."""
    with database.write() as session:
        people = {name: accounts.user_named(session, name) for name in {each.who for each in paths.PAGES}}
        tokens = {name: accounts.sign_in(session, user.id, 24.0) for name, user in people.items() if user}
    return {
        name: httpx.Client(
            base_url=url,
            cookies={COOKIE: token},
            headers={"X-CSRF-Token": row.csrf},
            timeout=300,
            follow_redirects=True,
        )
        for name, (token, row) in tokens.items()
    }


def opened(browser: httpx.Client, house: House, wanted: Shown, rounds: int) -> PageTimes:
    """Return how long a page takes, after a first time that does not count. Raises RuntimeError for one refused."""
    seconds, size, before = [], 0, 0.0
    for number in range(1 + (max(3, rounds // TENTH) if wanted.name == REPORT else rounds)):
        began = time.perf_counter()
        answer = browser.get(wanted.path)
        taken = time.perf_counter() - began
        if not answer.is_success:
            raise RuntimeError(f"{wanted.path}: {answer.status_code} {answer.text[:400]}")
        if number:
            seconds.append(taken)
        else:
            size, before = len(gzip.compress(answer.content)), house.busy
    worked = (house.busy - before) / len(seconds)
    return PageTimes(median=statistics.median(seconds), p95=ninety_fifth(seconds), processor=worked, size=size)


def tried(browser: httpx.Client, database: Database, rule: str) -> tuple[float, float, int]:
    """Try a rule on ten thousand recordings; seconds to the first hit and to all, and how many services there were."""
    days = max(1, (now() - since_of(database, TRIED)).days)
    began = time.perf_counter()
    given = {"rule_id": "forbidden.dont-know", "text": rule, "days": days}
    answer = browser.post("/api/v1/rules/trials", json=given).raise_for_status().json()
    first = 0.0
    while answer["state"] == "running":
        time.sleep(0.5)
        answer = browser.get(f"/api/v1/rules/trials/{answer['id']}").raise_for_status().json()
        first = first or (time.perf_counter() - began if answer["hits"] else 0.0)
    return first, time.perf_counter() - began, answer["done"]


def table(found: Mapping[str, Measured], recordings: int) -> str:
    """Return what is written."""
    names = list(found)
    lines = [
        f"{PEOPLE} 人、{recordings} 个录音(都在 30 天里,演示的 {MADE} 个各复制成许多个)、{ENTRIES} 条操作记录,"
        f"应用和数据库在{machine()}上,一页一页地打开。时间是从请求到收完整页的中位数 / 第 95 百分位(毫秒),"
        "括号里是应用自己用的处理器时间(别的程序占着处理器时,前两个会大得多);大小是压缩后的。"
        "报告读时段里的每一次服务,没有 200 毫秒的目标。",
        "",
        f"| 页 | {' | '.join(names)} | 大小 |",
        f"|---|{'---|' * len(names)}---|",
    ]
    for title, first in next(iter(found.values())).pages.items():
        cells = [_told(each.pages.get(title)) for each in found.values()]
        lines.append(f"| {title} | {' | '.join(cells)} | {first.size / 1000:.0f} KB |")
    lines.append("")
    for name, each in found.items():
        if each.trial[2]:
            first_hit, whole, number = each.trial
            told = f"{first_hit:.1f} 秒看到第一处变化,{whole:.0f} 秒全部算完"
            lines.append(f"试验室({name}):在最近的 {number} 个录音上试算一条忌语规则,{told}。")
    return "\n".join(lines)


def _told(times: PageTimes | None) -> str:
    if times is None:
        return "—"
    return f"{1000 * times.median:.0f} / {1000 * times.p95:.0f} ({1000 * times.processor:.0f})"


def measure(name: str, settings: Settings, given: argparse.Namespace, keep: Path) -> Measured:
    """Open every page of one installation and try a rule; what is known so far is kept."""
    database, found = filled(settings, given.recordings), Measured()
    rule = (Path(__file__).parents[1] / "lexicons/rules/forbidden/dont-know.yml").read_text(encoding="utf-8")
    with serving(settings) as house:
        browsers = signed_in(database, house.url)
        for wanted in (each for each in asked(database, settings.appeal_days) if given.only in each.path):
            times = opened(browsers[wanted.who], house, wanted, given.rounds)
            found.pages[wanted.title] = times
            slow = "  <-- slow" if times.p95 > LIMIT and wanted.name != REPORT else ""
            print(f"{name:12} {wanted.path:48} {_told(times):>22} {times.size:8}{slow}", flush=True)
            keep.write_text(json.dumps(asdict(found)), encoding="utf-8")
        if not given.only:
            found.trial = tried(browsers[paths.ADMIN], database, rule.replace("status: active", "status: retired"))
            print(f"{name:12} trial: first hit, all, recordings: {found.trial}", flush=True)
            keep.write_text(json.dumps(asdict(found)), encoding="utf-8")
        for browser in browsers.values():
            browser.close()
    database.close()
    return found


def kept(path: Path) -> Measured:
    """Return what was measured before."""
    known = json.loads(path.read_text(encoding="utf-8"))
    found = {title: PageTimes(**times) for title, times in known["pages"].items()}
    return Measured(pages=found, trial=tuple(known["trial"]))


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/speechaudit-shown"))  # noqa: S108
    parser.add_argument("--database", choices=("SQLite", "PostgreSQL"), help="only this one; the other as it was")
    parser.add_argument("--only", default="", help="only pages whose address has this")
    parser.add_argument("--print", action="store_true", help="print instead of writing into the page")
    given = parser.parse_args()
    folder = given.folder / str(given.recordings)
    found: dict[str, Measured] = {}
    with pages.databases(folder) as urls:
        for name, url in urls.items():
            data = folder / name
            data.mkdir(exist_ok=True)
            keep = data / "measured.json"
            if given.database in {None, name}:
                known = Settings(data=data, database_url=url)
                found[name] = measure(name, known, given, keep)
            elif keep.exists():
                found[name] = kept(keep)
    if given.print or given.only:
        print(table(found, given.recordings))
    else:
        marked.put(PAGE, COMMAND, table(found, given.recordings))


if __name__ == "__main__":
    main()
