"""How long what waits for people takes among many recordings: a part of `bench.pages`.

The desk of reviews, cases and appeals, notices, the log, and the counts of `/metrics`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from bench.clock import Clock, Taken
from bench.filling import DAYS, FIRST, RULES, STAFF, WINDOWS, rule_id
from bench.looked_at import CONTESTED, USERS
from service.store import Database, Filters, figures, intake, logbook, notices, recordings
from service.store.base import now
from service.store.logbook import LogFilters
from service.store.reviews import queues
from service.store.reviews.queues import Reviewer

LAST: Final = FIRST + timedelta(days=DAYS)
SHARE, SECOND_SHARE, PAGE, APPEAL_DAYS = 0.05, 0.1, 50, 7
Ask = Callable[[Session, random.Random], object]


def _who(chance: random.Random) -> Reviewer:
    return Reviewer(user_id=1 + chance.randrange(USERS), staff_id=None, share=SHARE, second_share=SECOND_SHARE)


def _person(chance: random.Random) -> Filters:
    return Filters(staff_ids=(1 + chance.randrange(STAFF),))


def _window(chance: random.Random) -> Filters:
    return Filters(window_ids=(1 + chance.randrange(WINDOWS),))


def _days() -> int:
    """Days within which somebody may appeal, so that those of the last week of the recordings still may."""
    return (now() - LAST).days + APPEAL_DAYS


def _entries(session: Session, known: LogFilters) -> object:
    return logbook.entries(session, known)


def _log_of_a_day(session: Session, chance: random.Random) -> object:
    since = FIRST + timedelta(days=chance.randrange(DAYS))
    return _entries(session, LogFilters(kind="heard", since=since, until=since + timedelta(days=1)))


ASKED: dict[str, Ask] = {
    "review: the next ones": lambda s, c: queues.next_for(s, _who(c), Filters(), 20),
    "review: how many are left": lambda s, c: queues.left_for(s, _who(c), Filters()),
    "review: of a window": lambda s, c: queues.next_for(s, _who(c), _window(c), 20),
    "review: of a rule": lambda s, c: queues.next_for(s, _who(c), Filters(rule=rule_id(c.randrange(RULES))), 20),
    "cases: appeals": lambda s, _: queues.appealed(s, Filters(), PAGE),
    "cases: how many appeals": lambda s, _: queues.count_appealed(s, Filters()),
    "cases: the newest": lambda s, _: queues.with_cases(s, Filters(), PAGE, appealed=False),
    "cases: of a member of staff": lambda s, c: queues.with_cases(s, _person(c), PAGE),
    "cases: of a window": lambda s, c: queues.with_cases(s, _window(c), PAGE),
    "cases: what can be contested": lambda s, c: queues.contestable(s, _person(c), _days(), PAGE),
    "how often people overruled": lambda s, _: queues.by_rule(s),
    "two opinions": lambda s, _: queues.opinions(s),
    "notices: unread": lambda s, c: notices.notices(s, 1 + c.randrange(USERS), unread=True, limit=PAGE),
    "notices: how many unread": lambda s, c: notices.unread(s, 1 + c.randrange(USERS)),
    "log: the newest": lambda s, _: _entries(s, LogFilters()),
    "log: of a user": lambda s, c: _entries(s, LogFilters(who=f"user:{1 + c.randrange(USERS)}")),
    "log: of a member of staff": lambda s, c: _entries(s, LogFilters(staff_id=1 + c.randrange(STAFF))),
    "log: of a recording": lambda s, c: _entries(s, LogFilters(recording_id=CONTESTED * (1 + c.randrange(9)))),
    "log: what was heard on a day": _log_of_a_day,
    "metrics: the queue": lambda s, _: recordings.queue(s),
    "metrics: why recordings failed": lambda s, _: figures.failures(s),
    "metrics: what waits for facts": lambda s, _: intake.count(s),
}


def measure(database: Database, rounds: int) -> Taken:
    """Times by question."""
    chance, taken, clock = random.Random(4), Taken(), Clock(database)
    for _ in range(rounds):
        for name, ask in ASKED.items():
            taken.setdefault(name, []).append(clock.asked(partial(_with, ask, chance)))
    return taken


def _with(ask: Ask, chance: random.Random, session: Session) -> object:
    return ask(session, chance)
