"""What a re-audit finds otherwise in a recording than what counts now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store.audits import FindingRow
from service.store.reaudits import BatchItem
from speechaudit.model import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingChange:
    """A finding that a re-audit adds, drops or judges otherwise, with points or without; None where there is none.

    `start` is its moment in seconds, None where words are missing.
    """

    rule: str
    title: str
    encounter: int
    before: Verdict | None
    after: Verdict | None
    start: float | None
    quote: str


def finding_changes(session: Session, item: BatchItem) -> tuple[FindingChange, ...]:
    """Return what an item's proposal finds otherwise than what counts now, in order of the services."""
    row = FindingRow
    wanted = select(row).where(row.recording_id == item.recording_id)
    if item.audit_id is None:
        return ()
    before = {_place(each): each for each in session.scalars(wanted.where(row.current))}
    after = {_place(each): each for each in session.scalars(wanted.where(row.audit_id == item.audit_id))}
    pairs = ((before.get(place), after.get(place)) for place in sorted({*before, *after}))
    return tuple(_changed(was, will) for was, will in pairs if _other(was, will))


def _place(row: FindingRow) -> tuple[int, int, str]:
    return row.encounter, row.part, row.rule


def _other(was: FindingRow | None, will: FindingRow | None) -> bool:
    return was is None or will is None or (was.machine, was.key) != (will.machine, will.key)


def _changed(was: FindingRow | None, will: FindingRow | None) -> FindingChange:
    shown = will or was
    assert shown is not None
    return FindingChange(
        rule=shown.rule,
        title=shown.title,
        encounter=shown.encounter,
        before=was.machine if was else None,
        after=will.machine if will else None,
        start=shown.start,
        quote=shown.quote,
    )
