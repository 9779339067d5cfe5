"""How long reports, the page of the day and judging again take among many recordings: a part of `bench.pages`."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

from bench.clock import Clock, Spent, Taken
from bench.filling import DAYS, FIRST, STAFF, WHOLE, WINDOWS
from bench.simulated import waiting
from service.api import overview, reports
from service.audio import AudioStore
from service.auth.identity import Identity
from service.auth.permissions import OF_ROLE
from service.errors import NotFoundError, RequestError
from service.jobs import applying
from service.jobs.queue import JobQueue
from service.jobs.work import Work
from service.rules import Rules
from service.services import Services
from service.settings import Settings
from service.store import Database, Filters, lists, reaudits
from service.store.centre import Staff
from service.store.reaudits import BatchItem
from service.web.pages.reports import Shown
from speechaudit.rules import rulebook

LAST = FIRST + timedelta(days=DAYS)
MONTH = LAST - WHOLE
LIMIT, LONGEST = 0.1, 600.0  # seconds
Ask = Callable[[Services, random.Random], object]
INSPECTOR = Identity(name="inspector0", permissions=OF_ROLE["inspector"], user_id=1, role="inspector")


def _of_one(services: Services, chance: random.Random) -> object:
    with services.database.read() as session:
        number = session.get_one(Staff, 1 + chance.randrange(STAFF)).number
    return reports.staff_report(services, INSPECTOR, number, _days(30))


def _of_window(days: int) -> Ask:
    def ask(services: Services, chance: random.Random) -> object:
        return reports.window_report(services, INSPECTOR, f"W{chance.randrange(WINDOWS):03}", _days(days))

    return ask


def _of_centre(services: Services, chance: random.Random) -> object:
    return reports.centre_report(services, INSPECTOR, _days(1, before=chance.randrange(29)))


def _of_today(services: Services, _chance: random.Random) -> object:
    return overview.at_a_glance(services, INSPECTOR, LAST - timedelta(hours=9))


def _days(number: int, before: int = 0) -> Shown:
    """The page of so many whole days by the centre's clock, so many before the last one that is there."""
    last = LAST.date() - timedelta(days=before)
    return Shown(since=last - timedelta(days=number - 1), until=last)


ASKED: dict[str, Ask] = {
    "report: a member of staff, a month": _of_one,
    "report: a window, a week": _of_window(7),
    "report: a window, a month": _of_window(30),
    "report: the centre, a day": _of_centre,
    "the page of the day": _of_today,
}


def measure(database: Database, folder: Path, rounds: int) -> Taken:
    """Times by question, which the routes of the service answer whole; what they refuse as too large is left out."""
    chance, taken, clock = random.Random(3), Taken(), Clock(database)
    settings = _settings(database, folder)
    services = Services(settings=settings, database=database, audio=AudioStore(settings), jobs=JobQueue(settings))
    gc.freeze()  # as the service does when it has loaded its libraries
    for _ in range(rounds):
        for name, ask in ASKED.items():
            with suppress(RequestError, NotFoundError):
                spent = clock.of(partial(ask, services, chance))
                taken.setdefault(name, []).append(spent)
    return taken


def _settings(database: Database, folder: Path) -> Settings:
    return Settings(data=folder, database_url=database.engine.url.render_as_string(hide_password=False))


def judged_again(database: Database, folder: Path, number: int) -> tuple[Spent, Spent]:
    """Return what a worker takes to judge one recording again, and what one proposal takes to count."""
    settings = _settings(database, folder)
    listener, _ = waiting(0)(settings)
    work = Work(database, AudioStore(settings), listener, Rules(settings), "bench")
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
