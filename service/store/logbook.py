"""Who listened to, saw, changed or exported what: entries chained by hashes, so that no line changes unnoticed.

The hash of an entry is over its number, its content and the hash before it (as in RFC 9162's logs, but line by line).
Beside what was done stands whose recording it was: as it was known then, for people correct recordings afterwards.
Whoever can write to the database could make the whole chain anew: note the newest hash elsewhere now and then.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args
from urllib.parse import unquote
from uuid import uuid4

from sqlalchemy import ColumnElement, Index, Row, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.audits import FindingRow
from service.store.base import TABLE, Base, Id, Name, Ref, now, one_at_a_time
from service.store.centre import Staff
from service.store.recordings import RecordingRow

_LONGEST = 16_000  # twice the longest address that is answered
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")
Kind = Literal["seen", "heard", "exported", "changed", "deleted", "entered", "refused"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
# Where the number of a recording, of a finding, and that of a member of staff stand in what was done.
_RECORDING: Final = re.compile(r"(?:^/(?:api/v1/)?recordings/|^recording )(\d{1,18})(?!\d)")
_FINDING: Final = re.compile(r"^/(?:api/v1/findings|review|cases)/(\d{1,18})(?![\dA-Fa-f])")
_STAFF: Final = re.compile(r"(?:^/(?:api/v1/)?(?:reports/)?(?:staff|voices)/|[?&]staff=)([^/?&]+)")
_SOUND: Final = re.compile(r"/(?:audio|clip|listening|peaks)$")
_FILES: Final = re.compile(r"[?&]format=(?:pdf|docx|xlsx|html)\b|^[^?]*/export\b|^/api/v1/reviews/lines\b")
_ENTERING: Final = re.compile(r"/(?:session|session/password|signin|signout|password|first)$")
_SKEW: Final = timedelta(hours=1)  # between the clocks of machines that write: entries are numbered as they come in


class LogEntry(Base):
    """One act. `who` names the account (`user:3`, `key:1`, `shell`), `name` how it is called, `action` the kind of act,
    `what` the thing with its number. Rows are only ever added.

    `recording_id` and `staff_id` are which recording it was about and whose, None where it was about none or nobody
    knew; they outlive both. `kind` follows from `action` and `what`, to look for.
    """

    __tablename__ = "log"
    __table_args__ = (
        Index(None, "at"),
        Index(None, "who", "id"),
        Index(None, "recording_id", "id"),
        Index(None, "staff_id", "id"),
        Index(None, "kind", "id"),
        TABLE,
    )

    id: Mapped[Id]
    at: Mapped[datetime]
    who: Mapped[str] = mapped_column(String(64))
    name: Mapped[Name]
    action: Mapped[str] = mapped_column(String(100))
    what: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[Kind] = mapped_column(String(16))
    recording_id: Mapped[int | None] = mapped_column(Ref)
    staff_id: Mapped[int | None] = mapped_column(Ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of a check: how many entries are sound, the newest hash of those, and the first that is not.

    `cut` says that all are sound, and that one which was there before is not among them.
    """

    entries: int
    head: str
    broken: int | None
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """How far the chain was followed: over so many entries, the last of which has this number and hash.

    `first_at` and `last_at` are when the first and the last of them were made; `form` is how the last one was hashed.
    """

    entries: int = 0
    first_at: datetime | None = None
    last: int = 0
    last_at: datetime | None = None
    head: str = ""
    form: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilters:
    """Which entries; None means any. `since` <= at < `until`."""

    who: str | None = None
    kind: Kind | None = None
    recording_id: int | None = None
    staff_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def note(session: Session, *, who: str, name: str, action: str, what: str, recording_id: int | None = None) -> LogEntry:
    """Add an entry at the end of the chain, together with what the session does else.

    `what` is the address that was asked, or words; words say with `recording_id` which recording they are about.
    Control characters of an address become "?": PostgreSQL takes no NUL, and an act must not escape the log by one.
    """
    told = _UNPRINTABLE.sub("?", what)[:_LONGEST]
    about = _concerned(session, told) if recording_id is None else (recording_id, _owner(session, recording_id))
    one_at_a_time(session, "log")
    before = _head(session)
    row = LogEntry(at=now(), who=who, name=name[:200], action=action[:100], what=told, hash=uuid4().hex)
    row.kind, (row.recording_id, row.staff_id) = kind_of(row.action, told), about
    session.add(row)
    session.flush()  # the database gives the number, which belongs to what is hashed
    row.hash = _hash(before, row, _NEWEST)
    session.flush()
    return row


def kind_of(action: str, what: str) -> Kind:
    """Return what kind of act it was."""
    if action.startswith(("refused ", "failed ")):
        return "refused"
    if action.startswith(("delete ", "DELETE /api/v1/recordings/")):
        return "deleted"
    if _ENTERING.search(action):
        return "entered"
    if not action.startswith("GET "):
        return "changed"
    if _SOUND.search(action):
        return "heard"
    return "exported" if _FILES.search(what) else "seen"


def _concerned(session: Session, what: str) -> tuple[int | None, int | None]:
    """Return the recording that an act is about and whose it was, as far as that is known."""
    if found := _RECORDING.search(what):
        number = int(found[1])
        return number, _owner(session, number)
    if found := _FINDING.search(what):
        mine = select(FindingRow.recording_id, FindingRow.staff_id).where(FindingRow.id == int(found[1]))
        row = session.execute(mine).first()
        return (row.recording_id, row.staff_id) if row else (None, None)
    if found := _STAFF.search(what):
        return None, session.scalar(select(Staff.id).where(Staff.number == unquote(found[1])))
    return None, None


def _owner(session: Session, recording_id: int) -> int | None:
    """Return whose recording it is, or was when it was last dealt with."""
    there = session.execute(select(RecordingRow.id, RecordingRow.staff_id).where(RecordingRow.id == recording_id))
    for _, staff_id in there:
        return staff_id
    known = select(LogEntry.staff_id).where(LogEntry.recording_id == recording_id, LogEntry.staff_id.is_not(None))
    return session.scalar(known.order_by(LogEntry.id.desc()).limit(1))


def _head(session: Session) -> str:
    return session.scalar(select(LogEntry.hash).order_by(LogEntry.id.desc()).limit(1)) or ""


# How entries are hashed: without their number, as the first version did; with it; and with whom they are about.
_NEWEST: Final = 2
_AS_JSON: Final = json.JSONEncoder(
    ensure_ascii=False
).encode  # made once: a new one for each entry takes as long as the hash


def _hash(before: str, row: LogEntry | Row[Any], form: int) -> str:
    """Return the hash of an entry in one of the forms."""
    number = (row.id,) if form else ()
    about = (row.recording_id, row.staff_id) if form == _NEWEST else ()
    told = [before, *number, row.at.isoformat(), row.who, row.name, row.action, row.what, *about]
    return hashlib.sha256(_AS_JSON(told).encode("utf-8", "surrogatepass")).hexdigest()


def _form(before: str, row: Row[Any], since: int) -> int | None:
    """Return the form in which an entry was hashed, none older than that before it; None if it is not sound."""
    return next((form for form in range(since, _NEWEST + 1) if row.hash == _hash(before, row, form)), None)


def follow(session: Session, so_far: Followed, most: int, head: str = "") -> tuple[Followed, int | None, bool]:
    """Follow the chain over at most so many entries more.

    Gives how far it is sound, the number of the first entry that is not, and whether `head` was met.
    """
    head_at, form, count, first_at, last, met = so_far.head, so_far.form, 0, so_far.first_at, None, False
    broken = None
    for row in _after(session, so_far.last, most):
        if (found := _form(head_at, row, form)) is None:
            broken = row.id
            break
        head_at, form, count, first_at, last = row.hash, found, count + 1, first_at or row.at, row
        met = met or row.hash == head
    if last is None:
        return so_far, broken, met
    reached = Followed(
        entries=so_far.entries + count, first_at=first_at, last=last.id, last_at=last.at, head=last.hash, form=form
    )
    return reached, broken, met


def check(session: Session, head: str | None = None) -> Checked:
    """Follow the chain from its beginning. With `head`, an entry with that hash must be in it: none was cut off."""
    at, seen = Followed(), head is None
    while True:
        before = at.entries
        at, broken, met = follow(session, at, _STEP, head or "")
        seen = seen or met
        if broken is not None:
            return Checked(entries=at.entries, head=at.head, broken=broken)
        if at.entries == before:
            return Checked(entries=before, head=at.head, broken=None if seen else before + 1, cut=not seen)


_STEP: Final = 1000


def _after(session: Session, last: int, most: int) -> Iterator[Row[Any]]:
    """Yield the entries behind that number, read some at a time, as plain rows: objects would take most of the time."""
    while most > 0:
        wanted = select(*LogEntry.__table__.columns).where(LogEntry.id > last).order_by(LogEntry.id)
        some = session.execute(wanted.limit(min(most, _STEP))).all()
        yield from some
        if not some:
            return
        last, most = some[-1].id, most - len(some)


def entries(
    session: Session, filters: LogFilters | None = None, *, before: int | None = None, limit: int = 50
) -> Sequence[LogEntry]:
    """Return entries, newest first, older than entry `before`."""
    wanted = select(LogEntry).where(*_conditions(session, filters or LogFilters()))
    if before:
        wanted = wanted.where(LogEntry.id < before)
    return session.scalars(wanted.order_by(LogEntry.id.desc()).limit(limit)).all()


def counts(session: Session, filters: LogFilters) -> dict[str, int]:
    """Count the entries that the filters leave by action."""
    counted = select(LogEntry.action, func.count()).where(*_conditions(session, filters)).group_by(LogEntry.action)
    return {action: count for action, count in session.execute(counted)}  # noqa: C416


def _conditions(session: Session, filters: LogFilters) -> Iterator[ColumnElement[bool]]:
    for name in ("who", "kind", "recording_id", "staff_id"):
        if (value := getattr(filters, name)) is not None:
            yield getattr(LogEntry, name) == value
    # Times are looked up, and become numbers: entries are read in their order from there on.
    if filters.since:
        first = select(LogEntry.id).where(LogEntry.at >= filters.since - _SKEW).order_by(LogEntry.at).limit(1)
        yield LogEntry.id >= (session.scalar(first) or 0)
        yield LogEntry.at >= filters.since
    if filters.until:
        later = select(LogEntry.id).where(LogEntry.at >= filters.until + _SKEW).order_by(LogEntry.at).limit(1)
        if (beyond := session.scalar(later)) is not None:
            yield LogEntry.id < beyond
        yield LogEntry.at < filters.until
