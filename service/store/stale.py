"""Days whose sums are out of date: noted in the transaction that changes something, so that none is ever forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.base import TABLE, Base, Id

DAY: Final = 86400  # seconds


class StaleDay(Base):
    """A note that something of a day changed: `day` is its number since 1970, in UTC. There may be many of a day."""

    __tablename__ = "stale_days"
    __table_args__ = (TABLE,)

    id: Mapped[Id]
    day: Mapped[int] = mapped_column(index=True)


def note(session: Session, *moments: datetime) -> None:
    """Note that services of recordings made at these moments changed. Their day stays noted until it is summed anew."""
    days = {int(each.timestamp() // DAY) for each in moments}
    if days:
        session.execute(insert(StaleDay), [{"day": each} for each in sorted(days)])
