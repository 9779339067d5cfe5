"""What the label model learns from: the words of every finding that people decided, masked, a line each."""

from __future__ import annotations

import getpass
from collections.abc import Iterator

from sqlalchemy import select

from service import settings
from service.store import Database, audits, logbook
from service.store.centre import Staff
from service.store.reviews.tables import ReviewCase
from speechaudit.errors import InputError
from speechaudit.learning import LabelledLine, Meanings, Supply, meanings, reviewed
from speechaudit.rules import rulebook


def lines(database: Database, known: Meanings) -> Iterator[LabelledLine]:
    """Yield the lines of all recordings in which people decided something, one recording after the other.

    A session is open for one recording only: nobody who writes waits for all of them.
    """
    decided = select(ReviewCase.recording_id).where(ReviewCase.verdict.is_not(None)).distinct()
    with database.read() as session:
        ids = session.scalars(decided.order_by(ReviewCase.recording_id)).all()
        names = frozenset(session.scalars(select(Staff.name)))
    for recording_id in ids:
        with database.read() as session:
            row = audits.find_current(session, recording_id)
            audit = audits.counting(session, row) if row else None
        yield from reviewed([audit] if audit else [], known, names)


def supply() -> Supply:
    """Return the lines of the service that the settings name, and the folder of its label models.

    Both taking them out and what comes of it stand in its log. Raises ConfigError.
    """
    read = settings.load()
    book = rulebook.load(read.lexicons, read.profile, read.ring_limit)

    def taken() -> tuple[LabelledLine, ...]:
        database = Database(read.database)
        try:
            _note(database, "out of the reviews")
            return tuple(lines(database, meanings(book)))
        finally:
            database.close()

    def noted(what: str) -> None:
        database = Database(read.database)
        try:
            _note(database, what)
        finally:
            database.close()

    return Supply(lines=taken, folder=read.label_models, noted=noted)


def _note(database: Database, what: str) -> None:
    if database.revision() is None:
        raise InputError(
            "service", "这里还没有安装好的服务", "请先运行 speechaudit serve,或检查设置 data 和 database_url"
        )
    with database.write() as session:
        logbook.note(session, who="shell", name=getpass.getuser(), action="speechaudit learn", what=what)
