"""Rows of audited recordings, copied for others like them: many at once, with ids of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.store import failures, stale
from service.store.audits import AuditRow, EncounterRow, FindingRow, HearingRow, TallyRow
from service.store.base import now
from service.store.recordings import NewRecording, RecordingRow
from service.store.search import TranscriptText
from speechaudit.reasons import because

_ARRIVES: Final = timedelta(minutes=10)  # after a recording began, it is received: not all of a month on one day


class Models:
    """The rows that belong to a recording, without their own ids; each asked for once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, int], tuple[dict[str, Any], ...]] = {}

    def rows(self, session: Session, table: Any, model: int) -> tuple[dict[str, Any], ...]:
        """Return the rows of one table."""
        if (table, model) not in self._kept:
            names = [each for each in _columns(table) if each != "id"]
            found = session.scalars(_of(table, model))
            self._kept[table, model] = tuple({name: getattr(row, name) for name in names} for row in found)
        return self._kept[table, model]

    def copies(
        self, session: Session, table: Any, models: Sequence[int], changes: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the same rows, as far as they have what changes, with the changes."""
        names = _columns(table)
        return [
            {**known, **{name: value for name, value in change.items() if name in names}}
            for model, change in zip(models, changes, strict=True)
            for known in self.rows(session, table, model)
        ]


def _columns(table: Any) -> set[str]:
    return {each.key for each in table.__mapper__.column_attrs}


def copy_rows(session: Session, known: Models, copies: Sequence[tuple[NewRecording, int]]) -> None:
    """Copy all rows of audited recordings for new ones, whose sound counts as deleted when it was too old."""

    rows = [_recording_row(known.rows(session, RecordingRow, model)[0], new) for new, model in copies]
    shared = ("staff_id", "window_id", "occurred_at", "status")
    placed = [
        {"recording_id": each, **{name: row[name] for name in shared}}
        for each, row in zip(_inserted(session, RecordingRow, rows), rows, strict=True)
    ]
    models = [model for (_, model), each in zip(copies, placed, strict=True) if each["status"] == "done"]
    done = [{**each, "run": f"demo-{each['recording_id']}"} for each in placed if each.pop("status") == "done"]
    for table in (HearingRow, TranscriptText):
        _insert(session, table, known.copies(session, table, models, done))
    audits = _inserted(session, AuditRow, known.copies(session, AuditRow, models, done))
    judged = [{**each, "audit_id": audit} for each, audit in zip(done, audits, strict=True)]
    _insert(session, EncounterRow, known.copies(session, EncounterRow, models, judged))
    _insert(session, FindingRow, known.copies(session, FindingRow, models, judged))
    _insert(session, TallyRow, known.copies(session, TallyRow, models, judged))
    stale.note(session, *(each["occurred_at"] for each in judged))


def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _inserted(session: Session, table: Any, rows: list[dict[str, Any]]) -> Sequence[int]:
    """Insert rows and return the new ids in the order of the rows."""

    return session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows).all() if rows else ()


def _recording_row(known: dict[str, Any], new: NewRecording) -> dict[str, Any]:
    stated = {each.name: getattr(new, each.name) for each in fields(new)}
    moment = now()
    began = new.facts.started_at or moment
    received = min(moment, began + _ARRIVES)
    row = known | stated | {"occurred_at": began, "received_at": received, "audio_deleted_at": moment}
    if int(new.sha256[:2], 16) == 0:  # one of 256
        row |= _failed(new.file_name)
    return row


def _of(table: Any, model: int) -> Any:
    if table is RecordingRow:
        return select(table).where(table.id == model)
    if table is EncounterRow:
        return select(table).join(AuditRow, AuditRow.id == table.audit_id).where(AuditRow.recording_id == model)
    return select(table).where(table.recording_id == model)


def _failed(name: str) -> dict[str, Any]:
    cure = "请检查录音设备的线路,然后重新上传"
    reason = because("audio-empty", where=name, problem="没有听到声音", cure=cure)
    return {"status": "failed", "total": None, "passed": None, **failures.columns(reason)}
