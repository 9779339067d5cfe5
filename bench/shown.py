"""How long each page takes at fifty people and a hundred thousand recordings, on SQLite and PostgreSQL.

`python -m bench.shown [--recordings 100000]` fills demo centres (kept in `--folder`), starts the service on each, opens
every page over loopback as the role that uses it, tries a rule on ten thousand recordings, and writes docs/web.md.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy import func, insert, select, update

from bench import filling, marked, pages
from bench.load import machine, ready
from service import demo
from service.auth import passwords
from service.auth.identity import COOKIE
from service.settings import Settings
from service.store import Database, accounts
from service.store.audits import FindingRow
from service.store.base import now
from service.store.logbook import LogEntry
from service.store.recordings import RecordingRow

PAGE: Final = Path(__file__).parents[1] / "docs" / "web.md"
COMMAND: Final = "python -m bench.shown"
LIMIT: Final = 0.200
PEOPLE, BUSIEST, ENTRIES, CHUNK = 50, (1, 2, 3), 200_000, 5_000
MOST, TRIED = 5_000, 10_000  # recordings that a report by hand may have; those that a rule is tried on
TENTH: Final = 10  # the rounds of what takes seconds are a tenth
INSPECTOR, LEAD, MEMBER, ADMIN = "ducha", "fuzeren", "yuangong", "guanli"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPage:
    """A page as somebody opens it; what takes long by nature is opened less often and has no limit."""

    title: str
    path: str
    who: str = INSPECTOR
    long: bool = False


PAGES: Final = (
    OpenedPage(title="今日", path="/today"),
    OpenedPage(title="今日(窗口负责人)", path="/today", who=LEAD),
    OpenedPage(title="比较", path="/compare"),
    OpenedPage(title="录音", path="/recordings"),
    OpenedPage(title="录音:某人的违反", path="/recordings?verdict=fail&staff=1010"),
    OpenedPage(title="录音:说过的话", path="/recordings?text=身份证"),
    OpenedPage(title="一个录音", path="/recordings/77"),
    OpenedPage(title="复核", path="/review"),
    OpenedPage(title="申诉(督查)", path="/cases"),
    OpenedPage(title="申诉(工作人员)", path="/cases", who=MEMBER),
    OpenedPage(title="待补全", path="/pending"),
    OpenedPage(title="上传", path="/upload"),
    OpenedPage(title="报告", path="/reports"),
    OpenedPage(title="已签发的报告", path="/reports/issued"),
    OpenedPage(title="一份已签发的报告", path="/reports/issued/1"),
    OpenedPage(title="规则", path="/rules"),
    OpenedPage(title="一条规则", path="/rules/phone.opening"),
    OpenedPage(title="条款台账", path="/rules/ledger"),
    OpenedPage(title="方案", path="/rules/profiles"),
    OpenedPage(title="方案的取法", path="/rules/profiles/default", who=ADMIN),
    OpenedPage(title="试验室", path="/rules/lab?rule=phone.opening", who=ADMIN),
    OpenedPage(title="复评", path="/reaudits", who=ADMIN),
    OpenedPage(title="录音设备", path="/recorders", who=ADMIN),
    OpenedPage(title="设置", path="/settings", who=ADMIN),
    OpenedPage(title="排班", path="/settings/rosters"),
    OpenedPage(title="用户", path="/users", who=ADMIN),
    OpenedPage(title="密钥", path="/settings/keys", who=ADMIN),
    OpenedPage(title="推送", path="/settings/webhooks", who=ADMIN),
    OpenedPage(title="操作记录", path="/log"),
    OpenedPage(title="操作记录:某人的", path="/log?staff=1010"),
    OpenedPage(title="保存期限", path="/retention"),
    OpenedPage(title="声纹", path="/voices"),
    OpenedPage(title="通知", path="/inbox"),
)


@dataclass(slots=True)
class OpenedFor:
    """Seconds of one page on each database, and the bytes that travel."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    size: int = 0


def filled(settings: Settings, recordings: int) -> Database:
    """Return a database with the demo centre, one of whose people has three people's work."""
    database = Database(settings.database)
    database.migrate()
    with database.read() as session:
        there = session.scalar(select(func.count()).select_from(RecordingRow)) or 0
    if there < recordings:
        demo.fill(settings, database, people=PEOPLE, recordings=recordings, password=passwords.generated())
        with database.write() as session:
            for table in (RecordingRow, FindingRow):
                session.execute(update(table).where(table.staff_id.in_(BUSIEST)).values(staff_id=BUSIEST[0]))
        log(database)
        filling.analyze(database)
    return database


def log(database: Database) -> None:
    """Add as many entries as a centre makes in some months; they are no chain."""
    first = now() - timedelta(days=30)
    for start in range(0, ENTRIES, CHUNK):
        rows = [
            {
                "at": first + timedelta(seconds=12 * n), "who": f"user:{1 + n % 4}", "name": INSPECTOR, "kind": "seen",
                "action": "GET /api/v1/recordings/{recording_id}", "what": f"/recordings/{1 + n % 9999}",
                "hash": hashlib.sha256(f"bench {n}".encode()).hexdigest(), "recording_id": 1 + n % 9999,
                "staff_id": 1 + n % PEOPLE,
            }
            for n in range(start, start + CHUNK)
        ]  # fmt: skip
        with database.write() as session:
            session.execute(insert(LogEntry), rows)


def since_of(database: Database, most: int, *mine: object) -> datetime:
    """Return the moment since when there are so many recordings."""
    with database.read() as session:
        wanted = select(RecordingRow.occurred_at).where(*mine).order_by(RecordingRow.occurred_at.desc())  # type: ignore[arg-type]
        moments = session.scalars(wanted.limit(most)).all()
    return moments[-1]


def asked(database: Database) -> tuple[OpenedPage, ...]:
    """Return every page with the busiest things in it."""
    month = f"{datetime.now(UTC) - timedelta(days=29):%Y-%m-%d}"
    most = MOST - 400  # a day begins before its first recording
    own = since_of(database, most, RecordingRow.staff_id == BUSIEST[0])
    whole = since_of(database, most)
    window = since_of(database, most, RecordingRow.window_id == 1)
    with database.read() as session:
        finding = session.scalar(select(FindingRow.id).where(FindingRow.verdict == "fail", FindingRow.current).limit(1))
    return (
        *PAGES,
        OpenedPage(title="一处判定", path=f"/cases/{finding}"),
        OpenedPage(title="人员报告,一个月", path=f"/reports/staff/1010?since={month}", long=True),
        OpenedPage(title=f"人员报告,{most} 个录音", path=f"/reports/staff/1001?since={own:%Y-%m-%d}", long=True),
        OpenedPage(title=f"窗口报告,{most} 个录音", path=f"/reports/windows/01?since={window:%Y-%m-%d}", long=True),
        OpenedPage(title=f"中心报告,{most} 个录音", path=f"/reports/centre?since={whole:%Y-%m-%d}", long=True),
    )


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """Start the service without a worker and give its address."""
    known = settings.model_dump(mode="json", exclude_unset=True)
    environment = os.environ | {f"SPEECHAUDIT_{name.upper()}": str(value) for name, value in known.items()}
    command = [str(Path(sys.executable).with_name("speechaudit")), "serve"]
    url = f"http://127.0.0.1:{settings.port}"
    with (settings.data / "served.log").open("ab") as told:
        process = subprocess.Popen(command, env=environment, stdout=told, stderr=told)
        try:
            ready(url)
            yield url
        finally:
            process.terminate()
            process.wait(60)


def signed_in(database: Database, url: str) -> dict[str, httpx.Client]:
    """Return a browser for each role."""
    with database.write() as session:
        people = {name: accounts.user_named(session, name) for name in (INSPECTOR, LEAD, MEMBER, ADMIN)}
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


def opened(browsers: Mapping[str, httpx.Client], wanted: OpenedPage, rounds: int) -> tuple[list[float], int]:
    """Return how long a page took, each time, after a first one that does not count, and its bytes as they travel."""
    seconds, content = [], b""
    for number in range(1 + (max(3, rounds // TENTH) if wanted.long else rounds)):
        began = time.perf_counter()
        answer = browsers[wanted.who].get(wanted.path)
        taken = time.perf_counter() - began
        if not answer.is_success:
            raise RuntimeError(f"{wanted.path}: {answer.status_code} {answer.text[:400]}")
        content = answer.content
        seconds += [taken] if number else []
    return seconds, len(gzip.compress(content))


def tried(browser: httpx.Client, database: Database, text: str) -> tuple[float, float, int]:
    """Try a rule on ten thousand recordings; seconds to the first hit and to all, and how many services there were."""
    days = max(1, (now() - since_of(database, TRIED)).days)
    began = time.perf_counter()
    given = {"rule_id": "forbidden.dont-know", "text": text, "days": days}
    answer = browser.post("/api/v1/rules/trials", json=given).raise_for_status().json()
    first = 0.0
    while answer["state"] == "running":
        time.sleep(0.5)
        answer = browser.get(f"/api/v1/rules/trials/{answer['id']}").raise_for_status().json()
        first = first or (time.perf_counter() - began if answer["hits"] else 0.0)
    return first, time.perf_counter() - began, answer["done"]


def p95(seconds: list[float]) -> float:
    """Return the 95th percentile; of few, the longest."""
    return statistics.quantiles(seconds, n=20)[-1] if len(seconds) >= 20 else max(seconds)


def table(taken: Mapping[str, OpenedFor], trials: Mapping[str, tuple[float, float, int]], recordings: int) -> str:
    """Return what is written."""
    names = list(next(iter(taken.values())).seconds)
    lines = [
        f"{PEOPLE} 人、{recordings} 个录音(都在 30 天里)、{ENTRIES} 条操作记录,应用和数据库在{machine()}上,"
        "一页一页地打开;时间是从请求到收完整页的中位数 / 第 95 百分位(毫秒),大小是压缩后的字节。"
        "报告没有固定的目标,它读时段里的每一次服务。",
        "",
        f"| 页 | {' | '.join(names)} | 大小 |",
        f"|---|{'---|' * len(names)}---|",
    ]
    for title, each in taken.items():
        cells = [f"{1000 * statistics.median(s):.0f} / {1000 * p95(s):.0f}" for s in each.seconds.values()]
        lines.append(f"| {title} | {' | '.join(cells)} | {each.size / 1000:.0f} KB |")
    lines.append("")
    for name, (first, whole, number) in trials.items():
        lines.append(
            f"试验室({name}):在 {number} 个录音上试算一条忌语规则,{first:.1f} 秒看到第一处,{whole:.0f} 秒全部算完。"
        )
    return "\n".join(lines)


def measured(
    name: str, settings: Settings, given: argparse.Namespace, taken: dict[str, OpenedFor]
) -> tuple[float, float, int]:
    """Open every page of one installation, and try a rule."""
    database = filled(settings, given.recordings)
    rule = (Path(__file__).parents[1] / "lexicons/rules/forbidden/dont-know.yml").read_text(encoding="utf-8")
    with serving(settings) as url:
        browsers = signed_in(database, url)
        for wanted in asked(database):
            if given.only and given.only not in wanted.path:
                continue
            seconds, size = opened(browsers, wanted, given.rounds)
            each = taken.setdefault(wanted.title, OpenedFor())
            each.seconds[name], each.size = seconds, size
            slow = "  <-- slow" if p95(seconds) > LIMIT and not wanted.long else ""
            print(
                f"{name:12} {wanted.path:50} {statistics.median(seconds):7.3f} {p95(seconds):7.3f} {size:8}{slow}",
                flush=True,
            )
        retired = rule.replace("status: active", "status: retired")
        found = (0.0, 0.0, 0) if given.only else tried(browsers[ADMIN], database, retired)
        print(f"{name:12} trial: first hit {found[0]:.1f} s, all {found[1]:.0f} s, {found[2]} recordings", flush=True)
        for browser in browsers.values():
            browser.close()
    database.close()
    return found


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/speechaudit-shown"))  # noqa: S108
    parser.add_argument("--only", default="", help="only pages whose address has this")
    parser.add_argument("--fill", action="store_true", help="only fill")
    parser.add_argument("--print", action="store_true", help="print instead of writing into the page")
    given = parser.parse_args()
    taken: dict[str, OpenedFor] = {}
    trials = {}
    folder = given.folder / str(given.recordings)
    with pages.databases(folder) as urls:
        made: dict[str, Callable[[], str]] = {
            "SQLite": lambda: urls["SQLite"],
            "PostgreSQL": lambda: urls["PostgreSQL"],
        }
        for number, (name, url) in enumerate(made.items()):
            data = folder / name
            data.mkdir(exist_ok=True)
            known = Settings(data=data, database_url=url(), worker_inside=False, port=18600 + number)
            if given.fill:
                filled(known, given.recordings).close()
            else:
                trials[name] = measured(name, known, given, taken)
    if given.fill:
        return
    text = table(taken, trials, given.recordings)
    if given.print or given.only:
        print(text)
    else:
        marked.put(PAGE, COMMAND, text)


if __name__ == "__main__":
    main()
