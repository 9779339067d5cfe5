"""The figures of the services of a current audit as rows, so that reports of many need not read whole audits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from service.store.audits.tables import AuditRow, TallyRow, TallySheet
from service.store.base import one_at_a_time
from speechaudit.model import Audit
from speechaudit.reports.figures import EncounterEntry
from speechaudit.reports.tally import JudgedRule, ServiceTally, tallies_of

Sheets = Mapping[str, tuple[JudgedRule, ...]]
_RULES: TypeAdapter[tuple[JudgedRule, ...]] = TypeAdapter(tuple[JudgedRule, ...])
_ENTRY: TypeAdapter[EncounterEntry] = TypeAdapter(EncounterEntry)
# The file's name is the recording's, and may be corrected or masked.
_NAMELESS = {"file", "begun_at"}


def keep(session: Session, row: AuditRow, tallies: Sequence[ServiceTally]) -> None:
    """Keep the tallies of a current audit instead of those that the recording had."""
    session.execute(delete(TallyRow).where(TallyRow.recording_id == row.recording_id))
    if tallies:
        session.execute(insert(TallyRow), [_row(session, row, each) for each in tallies])
    row.tallied = True
    session.flush()


def count(session: Session, row: AuditRow, counting: Audit) -> None:
    """Keep the tallies of a current audit as it counts."""
    keep(session, row, tallies_of(counting))


def keep_late(session: Session, audit_id: int, tallies: Sequence[ServiceTally]) -> None:
    """Keep tallies that took a while to count, unless the audit is gone, counts no more or was counted meanwhile."""
    row = session.get(AuditRow, audit_id, with_for_update=True)
    if row is not None and row.current and not row.tallied:
        keep(session, row, tallies)


def untold(session: Session, limit: int) -> Sequence[int]:
    """Return some current audits whose figures are not kept as rows yet."""
    return session.scalars(select(AuditRow.id).where(AuditRow.current, ~AuditRow.tallied).limit(limit)).all()


def sheets(session: Session, names: Sequence[str]) -> Sheets:
    """Return the rules of these sheets by name."""
    found = session.scalars(select(TallySheet).where(TallySheet.name.in_(names)))
    return {each.name: _RULES.validate_python(each.rules) for each in found}


def tally_in(row: Any, rules: Sheets) -> ServiceTally:
    """Return the tally in a row, or in its columns; of what file, and when it was, its recording knows."""
    content = row.content
    return ServiceTally(
        part=row.part,
        own=row.own,
        staff=row.staff,
        entry=_ENTRY.validate_python(content["entry"] | {"file": "", "begun_at": None}),
        rules=rules[row.sheet],
        verdicts=content["verdicts"],
        points=tuple(content["points"]),
        unclear=row.unclear,
        sheet=row.sheet,
    )


def _row(session: Session, row: AuditRow, tally: ServiceTally) -> dict[str, Any]:
    entry = tally.entry
    return {
        "recording_id": row.recording_id,
        "audit_id": row.id,
        "encounter": entry.encounter,
        "part": tally.part,
        "own": tally.own,
        "staff": tally.staff[:200] if tally.staff else None,
        "total": entry.total,
        "passed": entry.passed,
        "vetoed": bool(entry.vetoed_by),
        "unclear": tally.unclear,
        "sheet": _sheet(session, tally.rules),
        "content": {
            "entry": _ENTRY.dump_python(entry, mode="json", exclude=_NAMELESS, exclude_defaults=True),
            "verdicts": tally.verdicts,
            "points": list(tally.points),
        },
    }


def _sheet(session: Session, rules: Sequence[JudgedRule]) -> str:
    """Return the name of a sheet, which is kept if nobody did; two that come at once: the second one waits."""
    told = [asdict(each) for each in rules]
    name = hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()[:16]
    if session.get(TallySheet, name) is None:
        one_at_a_time(session, f"sheet {name}")
        if session.get(TallySheet, name) is None:
            session.add(TallySheet(name=name, rules=told))
            session.flush()
    return name
