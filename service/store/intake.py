"""待处理: recordings that came by themselves and could not be matched, until a person completes or discards them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.errors import ConflictError, NotFoundError
from service.store import recordings
from service.store.base import TABLE, Base, Code, Id, Name, Ref, UtcDateTime, now, one_at_a_time
from service.store.pages import Page, fetch
from speechaudit.model import CallFacts

State = Literal["waiting", "completed", "discarded"]
_STATES = "state IN ('waiting', 'completed', 'discarded')"


class Pending(Base):
    """One file of a recorder that waits for a person, or waited.

    `sha256` names its sound and is None if there is none that could be kept (`size` 0). `known` is what is known of the
    call, as texts under the names of `service.sources.FIELDS`; `reasons` say in Chinese what is missing. `facts`
    go over to the recording that it becomes, `recording_id`, but for what a person says instead.
    """

    __tablename__ = "pending"
    __table_args__ = (CheckConstraint(_STATES, name="state"), Index(None, "state", "received_at", "id"), TABLE)

    id: Mapped[Id]
    sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    size: Mapped[int] = mapped_column(Ref)
    file_name: Mapped[str] = mapped_column(String(500))
    media_type: Mapped[str] = mapped_column(String(100))
    source: Mapped[Code]
    known: Mapped[dict[str, str]] = mapped_column(default=dict)
    reasons: Mapped[list[str]]
    facts: Mapped[CallFacts] = mapped_column(default=CallFacts)
    received_at: Mapped[datetime] = mapped_column(default=now)
    state: Mapped[State] = mapped_column(String(16), default="waiting")
    recording_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="SET NULL"), index=True)
    decided_by: Mapped[Name | None]
    decided_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPending:
    """What cannot be taken in without a person."""

    sha256: str | None
    size: int
    file_name: str
    media_type: str
    source: str
    reasons: list[str]
    known: dict[str, str] = field(default_factory=dict)
    facts: CallFacts = field(default_factory=CallFacts)


def add(session: Session, new: NewPending) -> Pending:
    """Let something wait. The same sound waits once, under the newest reasons; so does the same file without sound."""
    row = of_sound(session, new.sha256) if new.sha256 else _soundless(session, new)
    if row is None:
        row = Pending(**{each.name: getattr(new, each.name) for each in fields(NewPending)})
        session.add(row)
    elif row.state != "discarded":
        row.reasons, row.known, row.state, row.recording_id = new.reasons, new.known, "waiting", None
        row.facts = new.facts
    session.flush()
    return row


def of_sound(session: Session, sha256: str) -> Pending | None:
    """Return what waits, or waited, with this sound; None if nothing did."""
    return session.scalar(select(Pending).where(Pending.sha256 == sha256))


def _soundless(session: Session, new: NewPending) -> Pending | None:
    same = Pending.sha256.is_(None), Pending.source == new.source, Pending.file_name == new.file_name
    return session.scalar(select(Pending).where(*same, Pending.state == "waiting"))


def get(session: Session, pending_id: int) -> Pending:
    """Return what waits, or waited, under this number. Raises NotFoundError."""
    if (row := session.get(Pending, pending_id)) is None:
        raise NotFoundError(f"待处理 {pending_id}", "不存在", "请检查编号")
    return row


def waiting(session: Session, pending_id: int) -> Pending:
    """Return one that nobody decided on, and lock it so that nobody does meanwhile.

    Raises NotFoundError, and ConflictError where somebody decided.
    """
    session.get(Pending, pending_id, with_for_update=True)
    row = get(session, pending_id)
    if row.state != "waiting":
        raise ConflictError(f"待处理 {pending_id}", f"已由 {row.decided_by} 处理", "请刷新列表")
    return row


def page(session: Session, state: State, *, cursor: str | None = None, limit: int = 50) -> Page[Pending]:
    """Return a page of those in a state, newest first. Raises RequestError."""
    statement = select(Pending).where(Pending.state == state)
    return fetch(session, statement, (Pending.received_at, Pending.id), cursor, limit)


def give_up(session: Session, row: Pending, by: str) -> str | None:
    """Discard what waits, and give the SHA-256 of sound that is then to be deleted; None if a recording has it.

    Until the transaction ends nobody takes in the same bytes.
    """
    settle(row, "discarded", by)
    if row.sha256 is None:
        return None
    one_at_a_time(session, row.sha256)
    return row.sha256 if recordings.of_sound(session, row.sha256) is None else None


def settle(row: Pending, state: State, by: str, recording_id: int | None = None) -> None:
    """Note what became of it and who said so."""
    row.state, row.recording_id, row.decided_by, row.decided_at = state, recording_id, by[:200], now()


def oldest_waiting(session: Session, before: datetime) -> Pending | None:
    """Return the first that came before this moment and that nobody decides on; None if there is none."""
    mine = select(Pending).where(Pending.state == "waiting", Pending.received_at < before)
    first = mine.order_by(Pending.received_at, Pending.id).limit(1)
    return session.scalar(first.with_for_update(skip_locked=True))


def count(session: Session, before: datetime | None = None) -> int:
    """Count those that wait; of those that came before a moment, if it is given."""
    wanted = select(func.count()).select_from(Pending).where(Pending.state == "waiting")
    return session.scalar(wanted.where(Pending.received_at < before) if before else wanted) or 0


def last_received(session: Session) -> dict[str, datetime]:
    """Return when the last file of each recorder came that waited for a person."""
    last = func.max(Pending.received_at, type_=UtcDateTime())
    return {source: at for source, at in session.execute(select(Pending.source, last).group_by(Pending.source))}  # noqa: C416


def waiting_by_source(session: Session) -> dict[str, int]:
    """Count those that wait, by what they came from."""
    counted = select(Pending.source, func.count()).where(Pending.state == "waiting").group_by(Pending.source)
    return {source: n for source, n in session.execute(counted)}  # noqa: C416
