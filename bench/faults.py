"""Breaks what the service stands on, and counts what is lost: `python -m bench.faults` writes `docs/reliability.md`.

The tests of `tests/service/faults` run first; then processes of the service (PostgreSQL, two workers with a simulated
recogniser) are frozen and killed, and their database is cut off, while recordings are heard.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import make_url, text

from bench import kill, marked, pages
from bench.crew import Crew
from bench.relay import Relay
from service.settings import Settings
from service.store import Database

RESULTS: Final = "SPEECHAUDIT_BENCH_FAULTS"
PAGE: Final = Path(__file__).parents[1] / "docs" / "reliability.md"
_HEARING, _EACH = 0.5, 12
Fault = Callable[["Stage"], None]


class Result(BaseModel):
    """What became of a fault: of so many `things` (recordings, messages) in so many `runs`, how many were `lost`."""

    model_config = ConfigDict(frozen=True)

    fault: str
    promise: str
    runs: int
    things: int
    lost: int


class Stage:
    """A service at work, whose database is reached through a relay."""

    def __init__(self, settings: Settings, crew: Crew, relay: Relay, database: Database) -> None:
        self.settings, self.crew, self.relay, self.database = settings, crew, relay, database

    def put_through(self, fault: Fault) -> tuple[int, int]:
        """Hand recordings in, let the fault happen while they are heard, and return how many were sent and are kept."""
        before = kill.ended(self.database)
        kill.submit(self.settings, self.database, _EACH, name=f"{before}")
        while kill.ended(self.database) < before + 2:
            time.sleep(0.05)
        fault(self)
        kill.watch(self.database, self.crew, number=before + _EACH, kills=0, seconds=_HEARING)
        outcome = kill.counted(self.database, {}, 0.0)
        return _EACH, _EACH - (before + _EACH - outcome.audits.get(1, 0))


def cut_off(stage: Stage) -> None:
    """The database cannot be reached for three seconds."""
    stage.relay.cut()
    time.sleep(3)
    stage.relay.mend()


def failed_over(stage: Stage) -> None:
    """All connections to the database end at once, and new ones are taken."""
    with stage.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        everyone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{everyone} AND pid <> pg_backend_pid()"))


def killed(stage: Stage) -> None:
    """A worker is killed, and started again."""
    stage.crew.kill_one()


def frozen(stage: Stage) -> None:
    """A worker stands still until the others took its work, and then goes on with it."""
    pid = stage.crew.pids[0]
    os.kill(pid, signal.SIGSTOP)
    time.sleep(2 * stage.settings.dead_after_seconds)
    os.kill(pid, signal.SIGCONT)


FAULTS: Final[dict[str, tuple[str, Fault]]] = {
    "听的时候数据库 3 秒连不上": ("任务等它回来,每个录音恰好一份稽核结果", cut_off),
    "听的时候数据库切换,所有连接断开": ("同上", failed_over),
    "听的时候杀掉一个 worker(kill -9)": ("别的 worker 或重启后的它接着做,每个录音恰好一份稽核结果", killed),
    "听的时候一个 worker 停住,被接手以后又醒来": ("两个都做完,结果只存一份", frozen),
}


def at_work(runs: int) -> list[Result]:
    """Let each fault happen so often in the same service."""
    found = []
    with tempfile.TemporaryDirectory(prefix="speechaudit-faults-") as name, pages.databases(Path(name)) as urls:
        url = make_url(urls["PostgreSQL"])
        direct = Database(url.render_as_string(hide_password=False))
        direct.migrate()
        with Relay.of(url) as relay:
            settings = kill.settings_for(Path(name), relay.url)
            with Crew(settings, workers=2, seconds=_HEARING) as crew:
                stage = Stage(settings, crew, relay, direct)
                for fault, (promise, happen) in FAULTS.items():
                    counts = [stage.put_through(happen) for _ in range(runs)]
                    things, kept = sum(each[0] for each in counts), sum(each[1] for each in counts)
                    found.append(Result(fault=fault, promise=promise, runs=runs, things=things, lost=things - kept))
                    print(found[-1], flush=True)
        direct.close()
    return found


def tested(runs: int) -> list[Result]:
    """Run the tests of faults so often. Raises CalledProcessError if one fails."""
    found: list[Result] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "results.json"
        for _ in range(runs):
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/service/faults"]
            subprocess.run(command, env=os.environ | {RESULTS: str(place)}, check=True, cwd=PAGE.parents[1])
            found += TypeAdapter(list[Result]).validate_json(place.read_bytes())
    return summed(found)


def summed(results: Sequence[Result]) -> list[Result]:
    """Add up the results of each fault, in the order in which they came first."""
    each: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        each[result.fault, result.promise].append(result)
    return [
        Result(
            fault=fault,
            promise=promise,
            runs=sum(one.runs for one in of),
            things=sum(one.things for one in of),
            lost=sum(one.lost for one in of),
        )
        for (fault, promise), of in each.items()
    ]


def table(results: Sequence[Result]) -> str:
    """Return the table as Markdown."""
    rows = [f"| {one.fault} | {one.promise} | {one.runs} | {one.things} | {one.lost} |" for one in results]
    return "\n".join(["| 故障 | 承诺 | 次数 | 交给服务的 | 丢失或重复的 |", "|---|---|---|---|---|", *rows])


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    results = [*tested(asked.runs), *at_work(asked.runs)]
    marked.put(PAGE, "make bench-faults", table(results))
    sys.exit(any(each.lost for each in results))


if __name__ == "__main__":
    main()
