"""From verdict through review and appeal to what is final. Every change is kept with who made it, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from service.errors import ConflictError, ForbiddenError, NotFoundError, RequestError, ServiceError
from service.store import audits
from service.store.audits import AuditRow, FindingRow
from service.store.base import now
from service.store.recordings import RecordingRow
from service.store.reviews import desk
from service.store.reviews.tables import ReviewCase, ReviewEvent
from speechaudit.fingerprints import key_of
from speechaudit.model import Finding
from speechaudit.reviews import (
    Action,
    CaseFile,
    Refusal,
    Statement,
    refuse_appeal,
    refuse_comment,
    refuse_decision,
    refuse_review,
    refuse_second,
    refuse_undo,
    refuse_withdrawal,
    second_lot,
    standing,
    state_after,
)

_REFUSALS: Final[Mapping[Refusal, tuple[type[ServiceError], str, str]]] = {
    Refusal.OWN_FINDING: (ForbiddenError, "是本人的判定", "请由他人复核"),
    Refusal.NO_REASON: (RequestError, "改判而没有写理由", "请写明理由(reason),当事人看得到"),
    Refusal.UNDER_APPEAL: (ConflictError, "正在申诉中", "请等待裁定,或由另一位督查裁定申诉"),
    Refusal.DECIDED: (ConflictError, "已经裁定", "已裁定的不再改变,请查看处理经过"),
    Refusal.NOT_UNDER_APPEAL: (ConflictError, "没有待处理的申诉", "请刷新后再试"),
    Refusal.COSTS_NOTHING: (ConflictError, "现在的结论是“{verdict}”,没有扣分", "只能对扣分的判定申诉"),
    Refusal.TOO_LATE: (ConflictError, "已过申诉期限", "应在 {days} 天内申诉"),
    Refusal.APPEAL_OF_ANOTHER: (ForbiddenError, "不是本人提出的申诉", "请由提出申诉的人撤回"),
    Refusal.TOOK_PART: (ForbiddenError, "复核过或申诉过的人不能再做判断", "请由另一位督查或管理员裁定"),
    Refusal.CLAIMED: (ConflictError, "另一位督查正在复核", "请先复核别的;15 分钟没有结果时会放开"),
    Refusal.NOT_REVIEWED: (ConflictError, "不在等第二人复核", "请刷新后再试"),
    Refusal.NOTHING_TO_UNDO: (ConflictError, "没有可以撤销的复核", "之后有人申诉、裁定或再次复核的,不能撤销"),
    Refusal.REVIEW_OF_ANOTHER: (ForbiddenError, "不是本人的复核", "请由复核的人撤销,或重新复核"),
    Refusal.NO_CASE: (ConflictError, "还没有人复核或申诉", "有了复核或申诉才能补充意见"),
}


def find_case(session: Session, row: FindingRow) -> ReviewCase | None:
    """Return the case of a finding with its history; None if no person had to do with it yet."""
    mine = ReviewCase.recording_id == row.recording_id, ReviewCase.key == row.key
    history = selectinload(ReviewCase.events).joinedload(ReviewEvent.user)
    return session.scalar(select(ReviewCase).where(*mine).options(history))


def case_of(session: Session, row: FindingRow) -> ReviewCase:
    """Return the case of a finding. Raises NotFoundError if no person had to do with it yet."""
    if (found := find_case(session, row)) is None:
        raise NotFoundError(_name(row), "还没有人复核或申诉", "判定由程序作出")
    return found


def review(session: Session, row: FindingRow, said: Statement) -> ReviewCase:
    """Confirm or overrule a finding. Raises ConflictError, ForbiddenError and RequestError as `refuse_review` tells."""
    found, case = _opened(session, row)
    _raise(row, case, refuse_review(case, said))
    return _note(session, row, found, "review", said)


def undo(session: Session, row: FindingRow, said: Statement) -> ReviewCase:
    """Take the last review back, so that what was before counts. Raises ConflictError, ForbiddenError."""
    found, case = _opened(session, row)
    _raise(row, case, refuse_undo(case, said))
    return _note(session, row, found, "undo", said)


def second(session: Session, row: FindingRow, said: Statement) -> ReviewCase:
    """Give a second opinion, which changes no verdict. Raises ConflictError and ForbiddenError as `refuse_second`."""
    found, case = _opened(session, row)
    _raise(row, case, refuse_second(case, said))
    assert found is not None
    found.lot = None
    return _add(session, row, found, "second", said)


def comment(session: Session, row: FindingRow, said: Statement) -> ReviewCase:
    """Add something to a case that is not decided. Raises ConflictError as `refuse_comment` tells."""
    found, case = _opened(session, row)
    _raise(row, case, refuse_comment(case))
    assert found is not None
    return _add(session, row, found, "comment", said)


def mark(session: Session, recording_id: int, audit: AuditRow, found: Finding, said: Statement) -> ReviewCase:
    """Keep what a person found and the program had missed. Raises ConflictError if somebody marked the same."""
    key = key_of(found)
    same = ReviewCase.recording_id == recording_id, ReviewCase.key == key
    row = session.scalar(select(ReviewCase).where(*same))
    if row is not None and row.verdict is not None:
        raise ConflictError(f"录音 {recording_id}", "这句话已按这条规则标记过", "请在复核经过里查看")
    if row is None:
        machine = found.review.machine if found.review else found.verdict
        row = ReviewCase(recording_id=recording_id, key=key, rule=found.rule, machine=machine)
        session.add(row)
    row.found = audits.mark_as_json(found)
    row.state, row.changed_at = "reviewed", now()
    row.verdict, row.reason, row.decided_at = said.verdict, said.reason, row.changed_at
    _append(row, "mark", said)
    session.flush()
    audits.settle(session, audit, audits.content(audit))
    return row


def appeal(session: Session, row: FindingRow, said: Statement, days: int) -> ReviewCase:
    """Contest a finding that costs. Raises ConflictError as `refuse_appeal` tells."""
    found, case = _opened(session, row)
    _raise(row, case, refuse_appeal(case, now(), days), days)
    return _note(session, row, found, "appeal", said)


def withdraw(session: Session, row: FindingRow, said: Statement) -> ReviewCase:
    """Take an appeal back. Raises ConflictError and ForbiddenError as `refuse_withdrawal` tells."""
    found, case = _opened(session, row)
    _raise(row, case, refuse_withdrawal(case, said))
    return _note(session, row, found, "withdraw", said)


def decide(session: Session, row: FindingRow, said: Statement) -> ReviewCase:
    """Decide an appeal for good. Raises ConflictError, ForbiddenError and RequestError as `refuse_decision` tells."""
    found, case = _opened(session, row)
    _raise(row, case, refuse_decision(case, said))
    return _note(session, row, found, "decide", said)


def _opened(session: Session, row: FindingRow) -> tuple[ReviewCase | None, CaseFile]:
    _must_count(session, row)
    found = find_case(session, row)
    decided_at = found.decided_at if found else None
    case = CaseFile(
        verdict=row.verdict,
        machine=row.machine,
        judged_at=decided_at or audits.row_of(session, row.audit_id).made_at,
        staff_id=row.staff_id,
        state=found.state if found else None,
        reviewers=_users(found, "review", "mark"),
        seconders=_users(found, "second"),
        appellants=_users(found, "appeal"),
        claimed_by=claim.user_id if (claim := desk.claim_of(session, row)) else None,
        last=_last(found),
    )
    return found, case


def _users(found: ReviewCase | None, *actions: Action) -> tuple[int, ...]:
    return tuple(event.user_id for event in found.events if event.action in actions) if found else ()


def _last(found: ReviewCase | None) -> tuple[Action, int] | None:
    acts = [event for event in found.events if event.action != "comment"] if found else []
    return (acts[-1].action, acts[-1].user_id) if acts else None


def _raise(row: FindingRow, case: CaseFile, refusal: Refusal | None, days: int = 0) -> None:
    if refusal is not None:
        kind, problem, cure = _REFUSALS[refusal]
        known = {"verdict": case.verdict, "days": days}
        raise kind(_name(row), problem.format(**known), cure.format(**known))


def _note(session: Session, row: FindingRow, found: ReviewCase | None, action: Action, said: Statement) -> ReviewCase:
    """Enter the act with what it does to the verdict, the state of the case, the row and the score."""
    if found is None:
        found = ReviewCase(recording_id=row.recording_id, key=row.key, rule=row.rule, machine=row.machine)
        session.add(found)
    found.changed_at = now()
    _append(found, action, said)
    word = _word(found)
    found.state = state_after(action, decided_before=word is not None)
    found.verdict, found.reason = (word.verdict, word.reason) if word else (None, "")
    found.decided_at = word.at if word else None
    if action == "review":
        found.lot = found.lot or second_lot(row.recording.sha256, row.key)
    session.flush()
    desk.release(session, row)
    audit = audits.current(session, row.recording_id)
    audits.settle(session, audit, audits.content(audit))
    return found


def _word(found: ReviewCase) -> ReviewEvent | None:
    """Return what was said last and not taken back."""
    place = standing([event.action for event in found.events])
    return None if place is None else found.events[place]


def _add(session: Session, row: FindingRow, found: ReviewCase, action: Action, said: Statement) -> ReviewCase:
    """Enter the act alone: it changes neither verdict nor state."""
    _append(found, action, said)
    session.flush()
    desk.release(session, row)
    return found


def _append(found: ReviewCase, action: Action, said: Statement) -> None:
    word = {"verdict": said.verdict, "reason": said.reason}
    found.events.append(ReviewEvent(user_id=said.user_id, at=now(), action=action, **word))


def _must_count(session: Session, row: FindingRow) -> None:
    """Check that a finding counts; whoever decides, audits or deletes waits until this is over.

    Raises NotFoundError and ConflictError.
    """
    mine = select(RecordingRow.id).where(RecordingRow.id == row.recording_id)
    if session.scalar(mine.with_for_update()) is None:
        raise NotFoundError(_name(row), "不存在或已删除", "请检查编号")
    session.refresh(row)
    if not row.key:
        raise ConflictError(_name(row), "由旧版本的程序作出", "请先复评这个录音")
    if not row.current:
        raise ConflictError(_name(row), "属于以前的稽核结果", "请看这个录音现行的判定")


def _name(row: FindingRow) -> str:
    return f"判定 {row.id}"
