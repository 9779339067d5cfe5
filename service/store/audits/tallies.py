"""The figures of the services of a current audit as rows, so that reports of many need not read whole audits."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from service.store import stale
from service.store.audits.tables import AuditRow, TallyRow, TallySheet
from service.store.base import one_at_a_time
from service.store.recordings import RecordingRow
from speechaudit.model import Audit
from speechaudit.reports.figures import DimensionSum, EncounterEntry, Praise, VerdictCounts
from speechaudit.reports.moments import Weight
from speechaudit.reports.tally import JudgedRule, ServiceTally, ToldService, tallies_of

Sheets = Mapping[str, tuple[JudgedRule, ...]]
_RULES: TypeAdapter[tuple[JudgedRule, ...]] = TypeAdapter(tuple[JudgedRule, ...])
_ENTRY: TypeAdapter[EncounterEntry] = TypeAdapter(EncounterEntry)
_DIMENSIONS: TypeAdapter[tuple[DimensionSum, ...]] = TypeAdapter(tuple[DimensionSum, ...])
_COUNTS: TypeAdapter[VerdictCounts] = TypeAdapter(VerdictCounts)
_T = TypeVar("_T")
# The file's name is the recording's, and may be corrected or masked.
_NAMELESS = {"file", "begun_at"}


def keep(session: Session, row: AuditRow, tallies: Sequence[ServiceTally]) -> None:
    """Keep the tallies of a current audit instead of those that the recording had."""
    session.execute(delete(TallyRow).where(TallyRow.recording_id == row.recording_id))
    made_at = select(RecordingRow.occurred_at).where(RecordingRow.id == row.recording_id)
    stale.note(session, session.scalars(made_at).one())
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


def tell_late(session: Session, audit_id: int, tallies: Sequence[ServiceTally]) -> None:
    """Add what reports of one person need to tallies from before it was kept; what was counted meanwhile has it."""
    for each in tallies:
        mine = TallyRow.audit_id == audit_id, TallyRow.encounter == each.entry.encounter, TallyRow.part == each.part
        session.execute(update(TallyRow).where(*mine, TallyRow.told.is_(None)).values(told=_told(each)))


def speechless(session: Session, limit: int) -> Sequence[int]:
    """Return some audits whose tallies are from before they had what reports of one person need."""
    return session.scalars(select(TallyRow.audit_id).where(TallyRow.told.is_(None)).distinct().limit(limit)).all()


def sheets(session: Session, names: Sequence[str]) -> Sheets:
    """Return the rules of these sheets by name."""
    found = session.scalars(select(TallySheet).where(TallySheet.name.in_(names)))
    return {each.name: _RULES.validate_python(each.rules) for each in found}


class Shared:
    """Keeps of equal values one, for many services have them in common."""

    def __init__(self) -> None:
        self.kept: dict[Any, Any] = {}

    def __call__(self, value: _T) -> _T:
        """Return the value that is kept of those equal to this one."""
        found: _T = self.kept.setdefault(value, value)
        return found

    def read(self, adapter: TypeAdapter[_T], content: object) -> _T:
        """Return what stands in this JSON, which is read the first time."""
        key = repr(content)
        if key not in self.kept:
            self.kept[key] = adapter.validate_python(content)
        found: _T = self.kept[key]
        return found


def tally_in(row: Any, rules: Sheets, shared: Shared, *, told: bool = False) -> ServiceTally:
    """Return the tally in a row, or in its columns; of what file, and when it was, its recording knows.

    With `told` it has what the report of one person needs, which must be there.
    """
    content, entry = row.content, row.content["entry"]
    common = {
        "dimensions": shared.read(_DIMENSIONS, entry["dimensions"]),
        "verdicts": shared.read(_COUNTS, entry["verdicts"]),
    }
    return ServiceTally(
        part=row.part,
        own=row.own,
        staff=row.staff,
        entry=_ENTRY.validate_python(entry | common | {"file": "", "begun_at": None}),
        rules=rules[row.sheet],
        verdicts=shared(content["verdicts"]),
        points=shared(tuple(content["points"])),
        unclear=row.unclear,
        sheet=row.sheet,
        told=_told_in(row, rules[row.sheet]) if told else None,
    )


def _told_in(row: Any, rules: Sequence[JudgedRule]) -> ToldService:
    titles = {rule.rule: rule.title for rule in rules}
    known = row.told
    return ToldService(
        charges=tuple(map(_weight, known["charges"])),
        doubts=tuple((_weight(weight), text) for weight, text in known["doubts"]),
        praises=tuple(Praise(rule=rule, title=titles[rule], quotes=tuple(quotes)) for rule, quotes in known["praises"]),
    )


def _weight(known: Sequence[Any]) -> Weight:
    veto, points, severity = known
    return veto, points, severity


def _told(tally: ServiceTally) -> dict[str, Any]:
    assert tally.told is not None, "whoever counts tells"
    return {
        "charges": [list(each) for each in tally.told.charges],
        "doubts": [[list(weight), text] for weight, text in tally.told.doubts],
        "praises": [[each.rule, list(each.quotes)] for each in tally.told.praises],
    }


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
        "told": _told(tally),
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
