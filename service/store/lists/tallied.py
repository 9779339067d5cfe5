"""The figures of a selection, for reports of many: read from rows, and from the whole audit where it has none yet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, Text, cast, func, select
from sqlalchemy.orm import Session

from service.errors import RequestError
from service.store import audits
from service.store.audits import AuditRow, TallyRow, decisions_of, final_audit, tallies
from service.store.base import fact
from service.store.centre import Staff, Window
from service.store.lists.filters import Filters
from service.store.lists.rows import recording_conditions
from service.store.lists.selected import MOST
from service.store.lists.walks import among
from service.store.pages import Conditions
from service.store.recordings import RecordingRow
from speechaudit.reports.figures import RecordingEntry
from speechaudit.reports.tally import ServiceTally, TalliedRecording, tallies_of

_T = TypeVar("_T")
_STEP = 500
_MAKER = "program", "transcriber", "model", "model_sha256", "device", "compute_type"


def tallied(
    session: Session, filters: Filters, zone: ZoneInfo, *, most: int | None = MOST, told: bool = False
) -> list[TalliedRecording]:
    """Return the figures of all audited recordings that the filters leave, oldest first, by the centre's clock.

    They are read some at a time, and what many have in common is kept once: under 2 KB for each service. With `told`
    they have what the report of one person needs, and nothing in common. Raises RequestError if there are more than
    `most`.
    """
    mine = RecordingRow.audited_at.is_not(None), *recording_conditions(session, filters)
    ordered = select(RecordingRow.id).where(*mine).order_by(RecordingRow.occurred_at, RecordingRow.id)
    ids = session.scalars(ordered if most is None else ordered.limit(most + 1)).all()
    if most is not None and len(ids) > most:
        count = session.scalar(select(func.count()).select_from(RecordingRow).where(*mine))
        raise RequestError("since", f"有 {count} 个录音,超过一份报告的上限 {most} 个", "请缩小时间范围")
    once = _Once()
    steps = (ids[start : start + _STEP] for start in range(0, len(ids), _STEP))
    return [each for some in steps for each in _some(session, some, zone, once, told=told)]


class _Once(tallies.Shared):
    """Keeps of equal values one, and reads each text that many rows have once."""

    def maker(self, made_by: str) -> Mapping[str, Any]:
        """Return by what an audit was made, of the columns of an entry."""
        kept = self.kept
        if made_by not in kept:
            known = json.loads(made_by)
            kept[made_by] = {name: known.get(name) or "" for name in _MAKER}
        found: Mapping[str, Any] = kept[made_by]
        return found


def _some(
    session: Session, ids: Sequence[int], zone: ZoneInfo, once: _Once, *, told: bool
) -> Iterator[TalliedRecording]:
    mine = (among(session, RecordingRow.id, ids),)
    found = session.execute(_wanted(mine)).all()
    known = _known(session, mine, once, told=told)
    for row in found:
        tallies = known.get(row.id, ()) if row.tallied else None
        if tallies is None:
            tallies = _untold(session, row.audit_id)
        entry = _entry(row, zone, once, encounters=len(tallies))
        yield TalliedRecording(id=row.id, entry=entry, staff=once(row.staff), tallies=tuple(tallies))


def _wanted(mine: Conditions) -> Select[Any]:
    recording, audit = RecordingRow, AuditRow
    columns: tuple[Any, ...] = (
        recording.id,
        recording.file_name,
        recording.occurred_at,
        recording.duration,
        fact(recording.facts, "setting").label("setting"),
        fact(recording.facts, "started_at").label("started"),
        Staff.number.label("staff"),
        Window.name.label("window"),
        audit.id.label("audit_id"),
        audit.tallied,
        audit.rulebook_version,
        audit.profile,
        cast(audit.made_by, Text).label("made_by"),
    )
    joined = select(*columns).join(audit, (audit.recording_id == recording.id) & audit.current)
    placed = joined.outerjoin(Staff, Staff.id == recording.staff_id).outerjoin(Window, Window.id == recording.window_id)
    return placed.where(*mine).order_by(recording.occurred_at, recording.id)


def _entry(row: Row[Any], zone: ZoneInfo, once: _Once, encounters: int) -> RecordingEntry:
    return RecordingEntry(
        file=row.file_name,
        setting=row.setting or "counter",
        window=once(row.window),
        started_at=row.occurred_at.astimezone(zone) if row.started else None,
        duration=row.duration or 0.0,
        encounters=encounters,
        rulebook_version=once(row.rulebook_version),
        profile=once(row.profile),
        remarks=(),
        **once.maker(row.made_by),
    )


def _known(
    session: Session, mine: Conditions, once: _Once, *, told: bool
) -> Mapping[int, Sequence[ServiceTally] | None]:
    """Return the tallies by recording; None where they are from before what is `told` was kept."""
    row = TallyRow
    columns = row.recording_id, row.part, row.own, row.staff, row.unclear, row.sheet, row.content
    wanted = select(*columns, *([row.told] if told else [])).join(RecordingRow, RecordingRow.id == row.recording_id)
    rows = session.execute(wanted.where(*mine).order_by(row.recording_id, row.encounter, row.part)).all()
    rules = tallies.sheets(session, list({each.sheet for each in rows}))
    older = {each.recording_id for each in rows if told and each.told is None}
    found: dict[int, list[ServiceTally]] = defaultdict(list)
    for each in rows:
        if each.recording_id not in older:
            found[each.recording_id].append(tallies.tally_in(each, rules, once, told=told))
    return {**found, **dict.fromkeys(older)}


def _untold(session: Session, audit_id: int) -> tuple[ServiceTally, ...]:
    """Return the figures of an audit that has no rows of them yet."""
    row = audits.row_of(session, audit_id)
    known = tallies_of(final_audit(row, audits.content(row), decisions_of(session, [row.recording_id])))
    session.expunge(row)
    return known
