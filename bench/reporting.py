"""How long reports, the page of the day and judging again take among many recordings: a part of `bench.pages`."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bench.clock import Clock, Spent, Taken
from bench.filling import DAYS, FIRST, STAFF, WHOLE, WINDOWS
from bench.simulated import waiting
from service.audio import AudioStore
from service.errors import RequestError
from service.jobs import applying
from service.jobs.work import Work
from service.rules import Rules
from service.settings import Settings
from service.store import Database, Filters, lists, reaudits, today
from service.store.reaudits import BatchItem
from speechaudit.reports import ReportSettings, build
from speechaudit.reports.overview import overview
from speechaudit.reports.tally import summarise
from speechaudit.rules import rulebook

ZONE = ZoneInfo("Asia/Shanghai")
LAST = FIRST + timedelta(days=DAYS)
MONTH = LAST - WHOLE
LIMIT, LONGEST = 0.1, 600.0  # seconds
Ask = Callable[[Session, random.Random], object]


def _of_one(session: Session, chance: random.Random) -> object:
    person = 1 + chance.randrange(STAFF)
    return build(lists.current_audits(session, Filters(staff_ids=(person,), since=MONTH), ZONE), _policy())


def _of_window(days: int) -> Ask:
    def ask(session: Session, chance: random.Random) -> object:
        since = LAST - timedelta(days=days)
        known = Filters(window_ids=(1 + chance.randrange(WINDOWS),), since=since)
        return _summed(session, known)

    return ask


def _of_centre(session: Session, chance: random.Random) -> object:
    day = MONTH + timedelta(days=chance.randrange(29))
    return _summed(session, Filters(since=day, until=day + timedelta(days=1)))


def _summed(session: Session, known: Filters) -> object:
    found = lists.tallied(session, known, ZONE)
    return overview(summarise(found, _policy()), _policy()) if found else None


def _policy() -> ReportSettings:
    return ReportSettings.of(rulebook.load().policy)


def _of_today(session: Session, _chance: random.Random) -> object:
    days = [(LAST - timedelta(days=n + 1), LAST - timedelta(days=n)) for n in reversed(range(30))]
    everything = Filters()
    return (
        today.statuses(session, everything),
        today.arrived(session, everything, days[-1][0]),
        today.doubtful(session, Filters(since=MONTH), 0.2, [LAST]),
        today.vetoed(session, everything, days[-7][0], 20),
        today.scores(session, everything, days),
        today.received(session, days[-1:]),
    )


ASKED: dict[str, Ask] = {
    "report: a member of staff, a month": _of_one,
    "report: a window, a week": _of_window(7),
    "report: a window, a month": _of_window(30),
    "report: the centre, a day": _of_centre,
    "the page of the day": _of_today,
}


def measure(database: Database, rounds: int) -> Taken:
    """Times by question; what is refused as too large is left out."""
    chance, taken, clock = random.Random(3), Taken(), Clock(database)
    for _ in range(rounds):
        for name, ask in ASKED.items():
            with suppress(RequestError):
                taken.setdefault(name, []).append(clock.asked(partial(_with, ask, chance)))
    return taken


def _with(ask: Ask, chance: random.Random, session: Session) -> object:
    return ask(session, chance)


def judged_again(database: Database, folder: Path, number: int) -> tuple[Spent, Spent]:
    """Return what a worker takes to judge one recording again, and what one proposal takes to count."""
    settings = Settings(data=folder, database_url=database.engine.url.render_as_string(hide_password=False))
    work = Work(database, AudioStore(settings), waiting(0)(settings), Rules(settings), "bench")
    book = rulebook.load()
    with database.write() as session:
        ids = list(session.scalars(lists.recording_ids(session, Filters(since=MONTH, status="done")).limit(number)))
        batch = reaudits.add(session, ids, profile=book.profile, rulebook_version=book.version, selection={}).id
    judging = Clock(database).of(lambda: _all_of(work, batch))
    with database.read() as session:
        failed = session.query(BatchItem).filter_by(batch_id=batch, status="failed").first()
    if failed is not None:
        raise RuntimeError(f"not judged again: {failed.failure}")
    with database.write() as session:
        reaudits.decide(session, batch)
    counting = Clock(database).of(lambda: applying.apply(database, batch, LONGEST))
    return _each(judging, len(ids)), _each(counting, len(ids))


def _all_of(work: Work, batch: int) -> None:
    while work.reaudit(batch):
        pass


def _each(spent: Spent, number: int) -> Spent:
    return Spent(wall=spent.wall / number, processor=spent.processor / number)
