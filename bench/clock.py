"""What a question to the database costs: by the clock on the wall, and in processor time here and in the server.

On a machine that others use too, only the processor time says something of the program.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from service.store import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Seconds by the clock on the wall, and of processors; and the rows and entries of indexes that were read."""

    wall: float
    processor: float
    rows: int | None = None


Taken = dict[str, list[Spent]]


# Up to now and not handed to the statistics yet: rows of tables read one after the other, and entries of indexes.
_READ = text(
    "SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class "
    "WHERE relnamespace = current_schema()::regnamespace"
)


class Clock:
    """Times what one thread asks of one database; a server of PostgreSQL must run on this machine."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._server: Path | None = None
        if database.engine.dialect.name == "postgresql":
            with database.read() as session:  # one after the other, they all take the same connection
                self._server = Path(f"/proc/{session.scalar(text('SELECT pg_backend_pid()'))}/schedstat")

    def of(self, ask: Callable[[], object]) -> Spent:
        """Return what it takes to ask this."""
        wall, processor = time.perf_counter(), self._spent()
        ask()
        return Spent(wall=time.perf_counter() - wall, processor=self._spent() - processor)

    def asked(self, ask: Callable[[Session], object]) -> Spent:
        """Return what it takes to ask this in a session of its own; on PostgreSQL also how many rows were read."""
        rows: list[int] = []

        def all_of_it() -> None:
            with self._database.read() as session:
                ask(session)

        spent = self.of(all_of_it)
        if self._server:
            with self._database.read() as session:
                before = session.scalar(_READ)
                ask(session)
                rows.append(int(session.scalar(_READ) - before))
        return replace(spent, rows=rows[0] if rows else None)

    def _spent(self) -> float:
        server = int(self._server.read_text(encoding="ascii").split()[0]) / 1e9 if self._server else 0.0
        return time.thread_time() + server


def ninety_fifth(times: Sequence[float]) -> float:
    """Return the 95th percentile; of fewer than twenty, the longest."""
    return statistics.quantiles(times, n=20)[-1] if len(times) >= 20 else max(times)


def told(name: str, taken: Taken, limit: float) -> bool:
    """Print a line for each question; whether the processor time of 95 in 100 is within the limit, in seconds."""
    print(f"\n{name}: milliseconds, median / 95th percentile, and of processors")
    slow = 0
    for question, each in taken.items():
        wall, own = [one.wall for one in each], [one.processor for one in each]
        p95 = ninety_fifth(own)
        slow += p95 >= limit
        mark = "" if p95 < limit else "  <-- too slow"
        figures = (statistics.median(wall), ninety_fifth(wall), statistics.median(own), p95)
        print(f"{question:40} {' '.join(f'{1000 * each:7.1f}' for each in figures)}{mark}", flush=True)
    return not slow


def table(taken: Taken, facts: dict[str, str]) -> str:
    """The figures as Markdown: what was asked, how long half and 95 of 100 took."""
    known = [f"- {name}:{value}" for name, value in facts.items()]
    return "\n".join(
        [
            *known,
            "",
            "| 问的是 | p50,毫秒 | p95,毫秒 | p50,处理器毫秒 | p95,处理器毫秒 | 最多读的行 |",
            "|---|---|---|---|---|---|",
            *(_row(question, each) for question, each in taken.items()),
        ]
    )


def _row(question: str, each: list[Spent]) -> str:
    wall, own = [one.wall for one in each], [one.processor for one in each]
    figures = (statistics.median(wall), ninety_fifth(wall), statistics.median(own), ninety_fifth(own))
    rows = max((one.rows for one in each if one.rows is not None), default=None)
    told = "—" if rows is None else f"{rows:,}"
    return f"| {question} | {' | '.join(f'{1000 * figure:.1f}' for figure in figures)} | {told} |"
