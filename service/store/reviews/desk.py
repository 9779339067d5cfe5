"""Who works on what: a finding on somebody's desk is nobody else's, for a while; what was skipped comes last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import and_, delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from service.store.audits import FindingRow
from service.store.base import clock, is_sqlite
from service.store.reviews.tables import Claim, Skip

CLAIMED: Final = timedelta(minutes=15)


def claim_of(session: Session, row: FindingRow) -> Claim | None:
    """Return the claim on a finding that is not over, with its user; None if there is none."""
    mine = Claim.recording_id == row.recording_id, Claim.key == row.key, Claim.until > clock(session)
    return session.scalar(select(Claim).where(*mine).options(joinedload(Claim.user)))


def take(session: Session, row: FindingRow, user_id: int) -> bool:
    """Put a finding on somebody's desk, or keep it there; and tell whether it is theirs now.

    Two who ask at once: the database lets one of them have it.
    """
    at = clock(session)
    values = {"recording_id": row.recording_id, "key": row.key, "user_id": user_id, "until": at + CLAIMED}
    insert: Any = (sqlite if is_sqlite(session) else postgresql).insert(Claim).values(**values)
    free = (Claim.until <= at) | (Claim.user_id == user_id)
    kept = {"user_id": user_id, "until": at + CLAIMED}
    taken = insert.on_conflict_do_update(index_elements=["recording_id", "key"], set_=kept, where=free)
    return session.execute(taken.returning(Claim.user_id)).scalar() is not None


def leave(session: Session, user_id: int) -> None:
    """Clear somebody's desk."""
    session.execute(delete(Claim).where(Claim.user_id == user_id))


def release(session: Session, row: FindingRow) -> None:
    """Take a finding off whoever's desk it is on: it is done with."""
    session.execute(delete(Claim).where(Claim.recording_id == row.recording_id, Claim.key == row.key))


def skip(session: Session, row: FindingRow, user_id: int) -> None:
    """Leave a finding for later, or for others."""
    mine = Claim.recording_id == row.recording_id, Claim.key == row.key, Claim.user_id == user_id
    session.execute(delete(Claim).where(*mine))
    session.merge(Skip(user_id=user_id, recording_id=row.recording_id, key=row.key))
    session.flush()


def unskip(session: Session, user_id: int) -> None:
    """Take everything up again that somebody left for later."""
    session.execute(delete(Skip).where(Skip.user_id == user_id))


def free_for(session: Session, user_id: int) -> Any:
    """Return the condition that nobody else has a finding on the desk."""
    same = Claim.recording_id == FindingRow.recording_id, Claim.key == FindingRow.key
    return ~exists().where(*same, *by_another(session, user_id))


def by_another(session: Session, user_id: int) -> tuple[Any, ...]:
    """Return the conditions that a claim is another's and not over."""
    return Claim.user_id != user_id, Claim.until > clock(session)


def of_each(table: type[Claim | Skip]) -> Any:
    """Return the condition that joins claims or skips with their findings, so that SQLite begins with these few."""
    return and_(FindingRow.recording_id == table.recording_id + 0, FindingRow.key == table.key)


def skipped_by(user_id: int) -> Any:
    """Return the condition that somebody left a finding for later."""
    same = Skip.recording_id == FindingRow.recording_id, Skip.key == FindingRow.key
    return exists().where(*same, Skip.user_id == user_id)


def claimed_by_others(session: Session, user_id: int) -> int:
    """Count the findings that others have on their desks."""
    others = by_another(session, user_id)
    return session.scalar(select(func.count()).select_from(Claim).where(*others)) or 0
