"""Where recordings come from, as far as that was set on a page; what stands in the settings file is not kept here."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.errors import NotFoundError
from service.sources import Source
from service.store.base import Base, Code, Id, Name, now

log = logging.getLogger(__name__)


class StoredSource(Base):
    """One recorder; `settings` are those of `service.sources.Source`, without what is left as usual."""

    __tablename__ = "sources"

    id: Mapped[Id]
    name: Mapped[Code] = mapped_column(unique=True)
    settings: Mapped[dict[str, Any]]
    active: Mapped[bool] = mapped_column(default=True)
    changed_by: Mapped[Name]
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


def rows(session: Session) -> Sequence[StoredSource]:
    """Return all of them by name, also those that are switched off."""
    return session.scalars(select(StoredSource).order_by(StoredSource.name)).all()


def active(session: Session) -> Iterator[Source]:
    """Yield those that are switched on; one that this program cannot read spoils no other."""
    for row in rows(session):
        if row.active and (source := read(row)):
            yield source


def read(row: StoredSource) -> Source | None:
    """Return what a row says; None if another version of the program wrote what this one does not know."""
    try:
        return Source.model_validate(row.settings)
    except ValidationError as problem:
        log.warning("source %s cannot be read: %s", row.name, problem)
        return None


def get(session: Session, name: str) -> StoredSource:
    """Return the one of this name. Raises NotFoundError."""
    if (row := session.scalar(select(StoredSource).where(StoredSource.name == name))) is None:
        raise NotFoundError(f"来源 {name[:40]}", "网页上没有设置过", "请检查名称;写在设置文件里的,请改设置文件")
    return row


def put(session: Session, source: Source, by: str, *, active: bool) -> StoredSource:
    """Add a recorder, or set it anew."""
    row = session.scalar(select(StoredSource).where(StoredSource.name == source.name))
    if row is None:
        row = StoredSource(name=source.name)
        session.add(row)
    row.settings = source.model_dump(mode="json", exclude_unset=True)
    row.active, row.changed_by = active, by[:200]
    session.flush()
    return row


def delete(session: Session, name: str) -> None:
    """Forget a recorder; what it sent stays. Raises NotFoundError."""
    session.delete(get(session, name))
