"""From verdict through review and appeal to what is final. Every change is kept with who made it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from service.errors import ConflictError, ForbiddenError, NotFoundError
from service.store import audits
from service.store.audits import FindingRow
from service.store.base import now
from service.store.recordings import RecordingRow
from service.store.reviews.tables import Action, Case, CaseEvent, CaseState
from speechaudit.model import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a person says of a finding: `verdict` None for an appeal, which asks and does not decide."""

    user_id: int
    reason: str
    verdict: Verdict | None = None


def case_of(session: Session, row: FindingRow) -> Case | None:
    """The case of a finding with its history; None if no person had to do with it yet."""
    mine = Case.recording_id == row.recording_id, Case.key == row.key
    history = selectinload(Case.events).joinedload(CaseEvent.user)
    return session.scalar(select(Case).where(*mine).options(history))


def finding_with_case(session: Session, row: FindingRow) -> Case:
    """The case of a finding. Raises NotFoundError if no person had to do with it yet."""
    if (found := case_of(session, row)) is None:
        raise NotFoundError(_name(row), "还没有人复核或申诉", "判定由程序作出")
    return found


def review(session: Session, row: FindingRow, said: Word) -> Case:
    """Confirm or overrule a finding. Raises ConflictError under appeal, after the end and for replaced findings."""
    _must_count(session, row)
    found = case_of(session, row)
    if found and found.state in {"appealed", "decided"}:
        raise ConflictError(_name(row), _STANDING[found.state], "申诉中的判定请走申诉裁定;已裁定的不再改变")
    return _note(session, row, found, "review", said)


def appeal(session: Session, row: FindingRow, said: Word, days: int) -> Case:
    """Contest a finding that costs. Raises ConflictError if it costs nothing, is final, or the days are over."""
    _must_count(session, row)
    found = case_of(session, row)
    if found and found.state in {"appealed", "decided"}:
        raise ConflictError(_name(row), _STANDING[found.state], "请查看处理经过")
    if row.verdict != "fail":
        raise ConflictError(_name(row), f"现在的结论是“{row.verdict}”,没有扣分", "只能对扣分的判定申诉")
    if now() > (until := deadline(session, row, found, days)):
        raise ConflictError(_name(row), f"已过申诉期限({until:%Y-%m-%d %H:%M} UTC)", f"应在 {days} 天内申诉")
    return _note(session, row, found, "appeal", said)


def deadline(session: Session, row: FindingRow, found: Case | None, days: int) -> datetime:
    """Until when a finding can be contested: so many days after the audit, or after the last review."""
    known = found.decided_at if found and found.decided_at else audits.row_of(session, row.audit_id).made_at
    return known + timedelta(days=days)


def withdraw(session: Session, row: FindingRow, said: Word) -> Case:
    """Take an appeal back. Raises ConflictError if there is none, ForbiddenError if it is somebody else's."""
    found = _appealed(session, row)
    if _users(found, "appeal")[-1] != said.user_id:
        raise ForbiddenError(_name(row), "不是本人提出的申诉", "请由提出申诉的人撤回")
    return _note(session, row, found, "withdraw", said)


def decide(session: Session, row: FindingRow, said: Word) -> Case:
    """Decide an appeal; then the finding is final. Raises ForbiddenError for whoever reviewed or contested it."""
    found = _appealed(session, row)
    if said.user_id in _users(found, "review", "appeal"):
        raise ForbiddenError(_name(row), "复核过或申诉过的人不能裁定", "请由另一位督查或管理员裁定")
    return _note(session, row, found, "decide", said)


_AFTER: dict[Action, CaseState] = {"review": "reviewed", "appeal": "appealed", "decide": "decided"}
_STANDING = {"appealed": "正在申诉中", "decided": "已经裁定"}


def _note(session: Session, row: FindingRow, found: Case | None, action: Action, said: Word) -> Case:
    if found is None:
        found = Case(recording_id=row.recording_id, key=row.key, rule=row.rule, machine=row.machine, state="reviewed")
        session.add(found)
    found.state = _AFTER.get(action) or ("reviewed" if found.verdict else "withdrawn")
    found.changed_at = now()
    if said.verdict is not None:
        found.verdict, found.reason, found.decided_at = said.verdict, said.reason, found.changed_at
    event = CaseEvent(user_id=said.user_id, action=action, verdict=said.verdict, reason=said.reason)
    found.events.append(event)
    session.flush()
    audit = audits.current(session, row.recording_id)
    audits.settle(session, audit, audits.content(audit))
    return found


def _must_count(session: Session, row: FindingRow) -> None:
    """Also keeps others who decide, audit or delete waiting, so that no decision stands on what is no longer so."""
    mine = select(RecordingRow.id).where(RecordingRow.id == row.recording_id)
    if session.scalar(mine.with_for_update()) is None:
        raise NotFoundError(_name(row), "不存在或已删除", "请检查编号")
    session.refresh(row)
    if not row.key:
        raise ConflictError(_name(row), "由旧版本的程序作出", "请先复评这个录音")
    if not row.current:
        raise ConflictError(_name(row), "属于以前的稽核结果", "请看这个录音现行的判定")


def _appealed(session: Session, row: FindingRow) -> Case:
    _must_count(session, row)
    found = case_of(session, row)
    if found is None or found.state != "appealed":
        raise ConflictError(_name(row), "没有待处理的申诉", "请刷新后再试")
    return found


def _users(found: Case, *actions: Action) -> list[int]:
    return [event.user_id for event in found.events if event.action in actions]


def _name(row: FindingRow) -> str:
    return f"判定 {row.id}"
