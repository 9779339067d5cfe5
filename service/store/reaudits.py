"""Re-audits: a selection judged again as proposals, the differences seen, then applied or discarded as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from service.errors import ConflictError, NotFoundError
from service.store import audits, failures
from service.store.audits import AuditRow, FindingRow, Proposal
from service.store.base import TABLE, Base, Code, Id, Ref, now, one_at_a_time
from speechaudit.reasons import Reason, in_chinese

# What two findings have in common that say the same of the same; people's decisions are none of the program's.
_SAME_FINDING = ("encounter", "part", "rule", "machine", "key")
# running → ready (differences can be seen) → applied | discarded; one that breaks off goes to discarded at once.
# As long as an applied one has no `applied_at`, some of its proposals do not count yet.
BatchStatus = Literal["running", "ready", "applied", "discarded"]
ItemStatus = Literal["waiting", "done", "failed"]


class Batch(Base):
    """A re-audit of a selection of recordings after a change of rules; nothing counts until it is applied.

    `failure` says in Chinese why a discarded one broke off; it is empty if a person discarded it.
    """

    __tablename__ = "batches"
    __table_args__ = (CheckConstraint("status IN ('running', 'ready', 'applied', 'discarded')", name="status"), TABLE)

    id: Mapped[Id]
    status: Mapped[BatchStatus] = mapped_column(String(16), default="running")
    profile: Mapped[Code]
    rulebook_version: Mapped[Code]
    selection: Mapped[dict[str, Any]]
    created_by: Mapped[int | None] = mapped_column(Ref, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    failure: Mapped[str] = mapped_column(Text, default="")
    applied_at: Mapped[datetime | None]


class BatchItem(Base):
    """One recording of a re-audit: the audit that counts, and the one that is proposed."""

    __tablename__ = "batch_items"
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'done', 'failed')", name="status"),
        Index(None, "recording_id"),
        Index(None, "audit_id"),
    )

    batch_id: Mapped[int] = mapped_column(Ref, ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)
    status: Mapped[ItemStatus] = mapped_column(String(16), default="waiting")
    failure: Mapped[str] = mapped_column(Text, default="")
    failure_code: Mapped[str] = mapped_column(String(64), default="")
    failure_values: Mapped[dict[str, Any] | None]
    audit_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("audits.id", ondelete="SET NULL"))
    old_total: Mapped[float | None]
    new_total: Mapped[float | None]

    @property
    def failure_english(self) -> str | None:
        """Why it failed, for programs; None if it did not, or failed before the values of the reason were kept."""
        return failures.english(self.failure_code, self.failure_values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a re-audit is, how many scores it would change, and in how many recordings findings."""

    total: int
    done: int
    failed: int
    raised: int
    lowered: int
    differing: int


def add(
    session: Session,
    recording_ids: Iterable[int],
    *,
    profile: str,
    rulebook_version: str,
    selection: dict[str, Any],
    created_by: int | None = None,
) -> Batch:
    """Note a re-audit of these recordings. Nothing is judged yet."""
    row = Batch(profile=profile, rulebook_version=rulebook_version, selection=selection, created_by=created_by)
    session.add(row)
    session.flush()
    if items := [{"batch_id": row.id, "recording_id": each} for each in recording_ids]:
        session.execute(insert(BatchItem), items)
    return row


def batch(session: Session, batch_id: int) -> Batch:
    """Return a re-audit. Raises NotFoundError."""
    if (row := session.get(Batch, batch_id)) is None:
        raise NotFoundError(f"复评 {batch_id}", "不存在", "请检查编号")
    return row


def batches(session: Session) -> Sequence[Batch]:
    """Return all re-audits, newest first."""
    return session.scalars(select(Batch).order_by(Batch.id.desc())).all()


def waiting(session: Session, batch_id: int, limit: int) -> Sequence[int]:
    """Return recordings of a running re-audit that are not judged yet; none of one discarded meanwhile."""
    mine = BatchItem.batch_id == batch_id, BatchItem.status == "waiting", Batch.status == "running"
    wanted = select(BatchItem.recording_id).join(Batch, Batch.id == BatchItem.batch_id).where(*mine)
    return session.scalars(wanted.order_by(BatchItem.recording_id).limit(limit)).all()


def running(session: Session, before: datetime) -> Sequence[int]:
    """Return the ids of re-audits that began before this moment and are not over, oldest first."""
    mine = Batch.status == "running", Batch.created_at < before
    return session.scalars(select(Batch.id).where(*mine).order_by(Batch.id)).all()


def is_running(session: Session, batch_id: int) -> bool:
    """Return whether a re-audit still wants proposals; nobody discards it before the transaction ends."""
    mine = Batch.id == batch_id, Batch.status == "running"
    return session.scalar(select(Batch.id).where(*mine).with_for_update()) is not None


def propose(session: Session, batch_id: int, proposals: Sequence[Proposal]) -> None:
    """Keep what a re-audit proposes, and note it beside each recording."""
    before = audits.keep_proposals(session, proposals)
    kept = [each for each in proposals if each.recording_id in before]
    noted = [
        {
            "batch_id": batch_id,
            "recording_id": each.recording_id,
            "status": "done",
            "audit_id": each.audit.id,
            "old_total": before[each.recording_id],
            "new_total": each.total,
        }
        for each in kept
    ]
    if noted:
        session.execute(update(BatchItem), noted)


def give_up(session: Session, batch_id: int, recording_id: int, reason: Reason) -> None:
    """Note why a recording could not be judged again."""
    _settle(session, batch_id, recording_id, status="failed", **failures.columns(reason))


def _settle(session: Session, batch_id: int, recording_id: int, **values: Any) -> None:
    mine = BatchItem.batch_id == batch_id, BatchItem.recording_id == recording_id
    session.execute(update(BatchItem).where(*mine).values(**values))


def standing(session: Session, batch_id: int) -> Standing:
    """Return how far a re-audit is, and whose scores it changes. Raises NotFoundError."""
    batch(session, batch_id)
    item = BatchItem
    counted = select(
        func.count(),
        func.count().filter(item.status == "done"),
        func.count().filter(item.status == "failed"),
        func.count().filter(item.new_total > item.old_total),
        func.count().filter(item.new_total < item.old_total),
        func.count().filter(_differs()),
    ).where(item.batch_id == batch_id)
    total, done, failed, raised, lowered, differing = session.execute(counted).one()
    return Standing(total=total, done=done, failed=failed, raised=raised, lowered=lowered, differing=differing)


def differences(session: Session, batch_id: int, *, after: int = 0, limit: int = 50) -> Sequence[BatchItem]:
    """Return items whose score or findings would change or that failed, by recording, beyond recording `after`."""
    item = BatchItem
    changed = (item.status == "failed") | item.new_total.is_distinct_from(item.old_total) | _differs()
    mine = item.batch_id == batch_id, item.recording_id > after, item.status != "waiting", changed
    return session.scalars(select(item).where(*mine).order_by(item.recording_id).limit(limit)).all()


def _differs() -> ColumnElement[bool]:
    """Return the condition that an item's proposal and what counts do not find the same; once applied they do."""
    new, old, item = aliased(FindingRow), aliased(FindingRow), BatchItem
    proposed = new.audit_id == item.audit_id
    counting = and_(old.recording_id == item.recording_id, old.current)
    same = and_(*(getattr(new, name) == getattr(old, name) for name in _SAME_FINDING))
    added = exists().where(proposed, ~exists().where(counting, same).correlate(new, item)).correlate(item)
    dropped = exists().where(counting, ~exists().where(proposed, same).correlate(old, item)).correlate(item)
    return and_(item.status == "done", or_(added, dropped))


def ready(session: Session, batch_id: int) -> None:
    """Say that all is judged and the differences can be looked at, unless it was discarded meanwhile."""
    _moved(session, batch_id, ("running",), status="ready")


def decide(session: Session, batch_id: int) -> None:
    """Decide that the proposals shall count; `apply_some` lets them, some at a time.

    Raises ConflictError unless it is ready, and as long as it would leave appeals without their finding.
    """
    if lost := contested(session, batch_id):
        raise audits.appealed(lost[0])
    _move(session, batch_id, ("ready",), "applied")


def apply_some(session: Session, batch_id: int, most: int) -> int:
    """Let some proposals of a decided re-audit count, and give how many of them were looked at; 0 at the end.

    One whose recording got an appeal since the decision, which it would leave without its finding, is left out.
    """
    one_at_a_time(session, f"apply {batch_id}")
    chosen = BatchItem.batch_id == batch_id, BatchItem.status == "done", AuditRow.current.is_(False)
    proposed = select(AuditRow.id, AuditRow.recording_id).join(BatchItem, BatchItem.audit_id == AuditRow.id)
    found = session.execute(proposed.where(*chosen).order_by(AuditRow.id).limit(most)).all()
    for audit_id, recording_id in found:
        try:
            audits.make_current(session, audit_id)
        except ConflictError as problem:
            _settle(session, batch_id, recording_id, status="failed", failure=f"{problem.problem},没有采用")
    if not found:
        batch(session, batch_id).applied_at = now()
        session.flush()
    return len(found)


def applying(session: Session) -> Sequence[int]:
    """Return the re-audits that were decided and do not count as a whole yet."""
    mine = Batch.status == "applied", Batch.applied_at.is_(None)
    return session.scalars(select(Batch.id).where(*mine).order_by(Batch.id)).all()


def contested(session: Session, batch_id: int) -> Sequence[int]:
    """Return the recordings whose appeals must be decided before the proposals can count."""
    return audits.lost_appeals(session, _proposals(session, batch_id))


def _proposals(session: Session, batch_id: int) -> list[int]:
    mine = BatchItem.batch_id == batch_id, BatchItem.status == "done"
    return [each for each in session.scalars(select(BatchItem.audit_id).where(*mine)) if each is not None]


def discard(session: Session, batch_id: int) -> None:
    """Drop the proposals, made or still to come; nothing changes. Raises ConflictError if it is over."""
    _move(session, batch_id, ("running", "ready"), "discarded")


def break_off(session: Session, batch_id: int, reason: Reason) -> bool:
    """Discard a running re-audit whose job ended early, with its reason; and tell whether that is news."""
    return _moved(session, batch_id, ("running",), status="discarded", failure=in_chinese((reason,)))


def drop_proposals(session: Session, limit: int) -> int:
    """Delete some audits that discarded re-audits proposed, and give how many. None of them ever counted."""
    dropped = select(AuditRow.id).join(Batch, Batch.id == AuditRow.batch_id)
    mine = dropped.where(Batch.status == "discarded", AuditRow.current.is_(False)).limit(limit)
    ids = session.scalars(mine).all()
    session.execute(delete(AuditRow).where(AuditRow.id.in_(ids)))
    return len(ids)


def _move(session: Session, batch_id: int, before: tuple[BatchStatus, ...], after: BatchStatus) -> None:
    if not _moved(session, batch_id, before, status=after):
        status = batch(session, batch_id).status
        raise ConflictError(f"复评 {batch_id}", f"现在是“{status}”状态,不能改为“{after}”", "请刷新后再试")


def _moved(session: Session, batch_id: int, before: tuple[BatchStatus, ...], **values: Any) -> bool:
    mine = Batch.id == batch_id, Batch.status.in_(before)
    moved = session.execute(update(Batch).where(*mine).values(**values).returning(Batch.id)).scalar()
    return moved is not None
