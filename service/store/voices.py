"""Consent to a voice profile: who agreed to which text on which day, who noted it, and when it was withdrawn.

A voice print is sensitive personal information (PIPL 28): it needs a consent of its own (29), which can be withdrawn
(15), and is then deleted (47). The print itself is a file of the library; only who agreed is looked for in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.errors import ConflictError
from service.store.base import Base, Id, Name, Ref, now, one_at_a_time
from service.store.centre import Staff


class VoiceConsent(Base):
    """One consent. `given_on` is the day on which the person signed `text`; who noted it, and who noted its end.

    Rows stay when it is withdrawn: they prove that the profile was made and used with a consent.
    """

    __tablename__ = "voice_consents"

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(Ref, ForeignKey("staff.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    given_on: Mapped[date]
    noted_by: Mapped[Name]
    noted_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_by: Mapped[Name | None]
    withdrawn_at: Mapped[datetime | None]


def newest(session: Session) -> Mapping[int, VoiceConsent]:
    """Return the newest consent of each member of staff who ever gave one, by id of staff."""
    return {row.staff_id: row for row in session.scalars(select(VoiceConsent).order_by(VoiceConsent.id))}


def give(session: Session, staff_id: int, *, text: str, given_on: date, noted_by: str) -> VoiceConsent:
    """Note a consent. Raises ConflictError where one holds already."""
    one_at_a_time(session, f"voice {staff_id}")
    if _holding(session, staff_id):
        raise ConflictError("同意", "已经登记过", "要换一份,先撤回原来的(声纹同时删除)")
    row = VoiceConsent(staff_id=staff_id, text=text, given_on=given_on, noted_by=noted_by[:200])
    session.add(row)
    session.flush()
    return row


def withdraw(session: Session, staff_id: int, by: str) -> None:
    """Note that a consent holds no longer; nothing happens where none does."""
    for row in _holding(session, staff_id):
        row.withdrawn_by, row.withdrawn_at = by[:200], now()


def _holding(session: Session, staff_id: int) -> Sequence[VoiceConsent]:
    mine = VoiceConsent.staff_id == staff_id, VoiceConsent.withdrawn_at.is_(None)
    return session.scalars(select(VoiceConsent).where(*mine)).all()


def allowed(session: Session, number: str) -> bool:
    """Return whether a voice may be compared with the profile of the member of staff of this number."""
    holds = select(VoiceConsent.id).join(Staff, Staff.id == VoiceConsent.staff_id)
    return session.scalar(holds.where(Staff.number == number, VoiceConsent.withdrawn_at.is_(None)).limit(1)) is not None


def withdrawn(session: Session) -> Sequence[str]:
    """Return the numbers of those who agreed once and do no longer."""
    ids = [staff_id for staff_id, row in newest(session).items() if row.withdrawn_at]
    return session.scalars(select(Staff.number).where(Staff.id.in_(ids)).order_by(Staff.number)).all()
