"""What grew too old: which recordings are due, and deleting their audio, their transcript or all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, case, func, select, text
from sqlalchemy import delete as remove
from sqlalchemy.orm import Session, joinedload, undefer

from service.store import audits, recordings
from service.store.audits import AuditRow, FindingRow, HearingRow
from service.store.base import now
from service.store.database import Database
from service.store.recordings import RecordingRow
from service.store.reviews.tables import ReviewCase
from service.store.search import TranscriptText
from speechaudit.model import Audit, Transcript

Kind = Literal["audio", "transcript", "audit"]
_STEP = 100
_ENDED: Final = ("done", "failed")
_WIPED = ("INSERT INTO transcript_grams(transcript_grams) VALUES ('optimize')", "PRAGMA wal_checkpoint(TRUNCATE)")


def due(session: Session, kind: Kind, before: datetime, after: int) -> Sequence[int]:
    """Return some recordings beyond number `after` that arrived before that moment and still have this."""
    wanted = select(RecordingRow.id).where(RecordingRow.id > after, RecordingRow.received_at < before, *_free(kind))
    return session.scalars(wanted.order_by(RecordingRow.id).limit(_STEP)).all()


def _free(kind: Kind) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for what still has this, without a job under way or a current finding under appeal."""
    yield RecordingRow.status.in_(_ENDED)
    yield RecordingRow.id.not_in(_contested())
    yield from _has(kind)


def _contested() -> Select[int]:
    same = (ReviewCase.recording_id == FindingRow.recording_id) & (ReviewCase.key == FindingRow.key)
    return (
        select(ReviewCase.recording_id).join(FindingRow, same).where(ReviewCase.state == "appealed", FindingRow.current)
    )


def _has(kind: Kind) -> Iterator[ColumnElement[bool]]:
    if kind == "audio":
        yield RecordingRow.audio_deleted_at.is_(None)
    if kind == "transcript":
        yield RecordingRow.transcript_deleted_at.is_(None)


def coming(session: Session, kind: Kind, arrivals: Sequence[datetime]) -> tuple[int, ...]:
    """Count what will be deleted, by arrival: before the first of these moments, from it until the second, and so on.

    What is contested or being worked on today is not counted.
    """
    span = case(*((RecordingRow.received_at < edge, number) for number, edge in enumerate(arrivals)))
    mine = select(span.label("span")).where(RecordingRow.received_at < arrivals[-1], *_free(kind)).subquery()
    found: Iterable[Any] = session.execute(select(mine.c.span, func.count()).group_by(mine.c.span))
    counts: dict[int, int] = {number: count for number, count in found}  # noqa: C416
    return tuple(counts.get(number, 0) for number in range(len(arrivals)))


def next_ones(session: Session, kind: Kind, before: datetime, limit: int) -> Sequence[RecordingRow]:
    """Return the recordings that are deleted first of those that arrived before that moment, with staff and window."""
    return _rows(session, limit, RecordingRow.received_at < before, *_free(kind))


def held(session: Session, kind: Kind, before: datetime, limit: int) -> Sequence[RecordingRow]:
    """Return the oldest recordings that arrived before that moment and are kept because of an appeal."""
    return _rows(session, limit, RecordingRow.received_at < before, RecordingRow.id.in_(_contested()), *_has(kind))


def _rows(session: Session, limit: int, *conditions: ColumnElement[bool]) -> Sequence[RecordingRow]:
    both = joinedload(RecordingRow.staff), joinedload(RecordingRow.window)
    wanted = select(RecordingRow).options(*both).where(*conditions)
    return session.scalars(wanted.order_by(RecordingRow.received_at, RecordingRow.id).limit(limit)).all()


def unfinished(session: Session, kind: Kind, before: datetime) -> int:
    """Count the recordings that arrived before that moment and are kept because they wait or are being worked on."""
    waits = RecordingRow.received_at < before, RecordingRow.status.not_in(_ENDED), *_has(kind)
    return session.scalar(select(func.count()).select_from(RecordingRow).where(*waits)) or 0


def delete(session: Session, kind: Kind, recording_id: int) -> str | None:
    """Delete this of a recording, and give its sha256. The sound itself stays.

    None if another worker was quicker, or somebody contested it or tried it again since it was found due.
    """
    row = session.get(RecordingRow, recording_id, with_for_update=True)
    if (
        row is None
        or session.scalar(select(RecordingRow.id).where(RecordingRow.id == recording_id, *_free(kind))) is None
    ):
        return None
    if kind == "audit":
        return recordings.delete(session, recording_id)
    if kind == "audio":
        row.audio_deleted_at = now()
        return row.sha256
    row.transcript_deleted_at = now()
    _forget_words(session, recording_id)
    return row.sha256


def _forget_words(session: Session, recording_id: int) -> None:
    """Delete everything that was said but for quotes in findings: without them nobody could contest a verdict."""
    for table in (HearingRow, TranscriptText):
        session.execute(remove(table).where(table.recording_id == recording_id))
    mine = select(AuditRow).where(AuditRow.recording_id == recording_id).options(undefer(AuditRow.content))
    for row in session.scalars(mine):
        row.content = audits.packed(_without_words(audits.content(row)))
    session.flush()


def _without_words(audit: Audit) -> Audit:
    """Return services and the talk beside them without a word; what was waited for keeps its times."""
    encounters = (
        replace(e, transcript=_silent(e.transcript), marks=tuple(replace(mark, quote="") for mark in e.marks))
        for e in audit.encounters
    )
    asides = (replace(aside, transcript=_silent(aside.transcript)) for aside in audit.asides)
    return replace(audit, encounters=tuple(encounters), asides=tuple(asides))


def _silent(transcript: Transcript) -> Transcript:
    return Transcript(segments=(), duration=transcript.duration)


def wipe(database: Database) -> None:
    """Let no deleted words linger in the files of the database. SQLite overwrites them; PostgreSQL frees them."""
    if database.engine.dialect.name == "sqlite":
        connection = database.engine.raw_connection()
        for statement in _WIPED:  # outside of any transaction: a checkpoint cannot be part of one
            connection.cursor().execute(statement).fetchall()
        connection.close()
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as vacuuming:
        vacuuming.execute(text("VACUUM recordings, hearings, transcripts, audits, encounters, findings, cases"))
