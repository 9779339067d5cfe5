"""Who listened to, saw, changed or exported what: entries chained by hashes, so that no line changes unnoticed.

The hash of an entry is over its number, its content and the hash before it (as in RFC 9162's logs, but line by line).
Whoever can write to the database could make the whole chain anew: note the newest hash elsewhere now and then.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.base import Base, Id, Name, now, one_at_a_time

_LONGEST = 16_000  # twice the longest address that is answered
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


class LogEntry(Base):
    """One act. `who` names the account (`user:3`, `key:1`, `shell`), `name` how it is called, `action` the kind of act,
    `what` the thing with its number. Rows are only ever added.
    """

    __tablename__ = "log"

    id: Mapped[Id]
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    name: Mapped[Name]
    action: Mapped[str] = mapped_column(String(100))
    what: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64), unique=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of a check: how many entries are sound, the newest hash of those, and the first that is not.

    `cut` says that all are sound, and that one which was there before is not among them.
    """

    entries: int
    head: str
    broken: int | None
    cut: bool = False


def note(session: Session, *, who: str, name: str, action: str, what: str) -> LogEntry:
    """Add an entry at the end of the chain, together with what the session does else.

    Control characters of an address become "?": PostgreSQL takes no NUL, and an act must not escape the log by one.
    """
    one_at_a_time(session, "log")
    told = _UNPRINTABLE.sub("?", what)[:_LONGEST]
    before = _head(session)
    row = LogEntry(at=now(), who=who, name=name[:200], action=action[:100], what=told, hash=uuid4().hex)
    session.add(row)
    session.flush()  # the database gives the number, which belongs to what is hashed
    row.hash = _hash(before, row)
    session.flush()
    return row


def _head(session: Session) -> str:
    return session.scalar(select(LogEntry.hash).order_by(LogEntry.id.desc()).limit(1)) or ""


def _hash(before: str, row: LogEntry, *, numbered: bool = True) -> str:
    """Return the hash of an entry; that of an entry of older versions knows no number."""
    number = (row.id,) if numbered else ()
    told = [before, *number, row.at.isoformat(), row.who, row.name, row.action, row.what]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def check(session: Session, head: str | None = None) -> Checked:
    """Follow the chain from its beginning. With `head`, an entry with that hash must be in it: none was cut off."""
    before, sound, seen, numbered = "", 0, head is None, False
    for row in _oldest_first(session):
        numbered = numbered or row.hash != _hash(before, row, numbered=False)
        if row.hash != _hash(before, row, numbered=numbered):
            return Checked(entries=sound, head=before, broken=row.id)
        before, sound = row.hash, sound + 1
        seen = seen or before == head
    return Checked(entries=sound, head=before, broken=None if seen else sound + 1, cut=not seen)


def _oldest_first(session: Session) -> Iterator[LogEntry]:
    """Yield all entries, read some at a time."""
    last = 0
    while some := session.scalars(select(LogEntry).where(LogEntry.id > last).order_by(LogEntry.id).limit(1000)).all():
        yield from some
        last = some[-1].id
        session.expunge_all()


def entries(session: Session, *, before: int | None = None, limit: int = 50) -> Sequence[LogEntry]:
    """Return entries, newest first, older than entry `before`."""
    wanted = select(LogEntry).where(LogEntry.id < before) if before else select(LogEntry)
    return session.scalars(wanted.order_by(LogEntry.id.desc()).limit(limit)).all()
