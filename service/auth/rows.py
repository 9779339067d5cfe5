"""Which rows somebody may see: a lead those of their windows, staff their own, everybody else all.

Who served in a part of a colleague's call sees the findings about that part, and hears them; the call itself stays the
colleague's, and what was found about others in it is not shown to either.

What may not be seen is answered like what does not exist, so that nobody can find out about it.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import NotFoundError, RequestError
from service.store import Filters, audits, recordings
from service.store.audits import FindingRow
from service.store.centre import Staff, Window
from service.store.recordings import RecordingRow
from speechaudit.personal import digits
from speechaudit.text import search_form

_SEARCHED_DIGITS = 2  # 三号窗口 and 一式两份 can be looked for; longer ones would give a number away piece by piece


def narrow(who: Identity, filters: Filters) -> Filters:
    """Return the same filters within what may be seen. Raises RequestError for numbers that would have to be masked."""
    _no_numbers(who, filters.text)
    filters = replace(filters, masked=Permission.PERSONAL_READ not in who.permissions)
    if who.role == "staff":
        return replace(filters, staff_ids=_within(filters.staff_ids, _own(who)), parts=False)
    if who.role == "lead":
        return replace(filters, window_ids=_within(filters.window_ids, who.window_ids))
    return filters


def _no_numbers(who: Identity, text: str | None) -> None:
    """Raise RequestError for a number: who sees numbers masked must not learn by searching whether they were said."""
    if text and Permission.PERSONAL_READ not in who.permissions and digits(search_form(text)) > _SEARCHED_DIGITS:
        raise RequestError("text", "含有号码", "没有查看个人信息权限的用户不能搜索号码")


def _own(who: Identity) -> tuple[int, ...]:
    return () if who.staff_id is None else (who.staff_id,)


def _within(asked: tuple[int, ...] | None, allowed: tuple[int, ...]) -> tuple[int, ...]:
    return allowed if asked is None else tuple(each for each in asked if each in allowed)


def may_see(who: Identity, row: RecordingRow | FindingRow) -> bool:
    """Return whether a recording or a finding may be seen."""
    if who.role == "staff":
        return row.staff_id is not None and row.staff_id == who.staff_id
    if who.role == "lead":
        return row.window_id in who.window_ids
    return True


def recording(session: Session, who: Identity, recording_id: int) -> RecordingRow:
    """Return a recording that may be seen. Raises NotFoundError."""
    row = recordings.get(session, recording_id)
    if not may_see(who, row):
        raise NotFoundError(f"录音 {recording_id}", "不存在或已删除", "请检查编号")
    return row


def finding(session: Session, who: Identity, finding_id: int) -> FindingRow:
    """Return a finding that may be seen. Raises NotFoundError."""
    row = audits.finding(session, finding_id)
    if not may_see(who, row):
        raise NotFoundError(f"判定 {finding_id}", "不存在或已删除", "请检查编号")
    return row


def staff(who: Identity, row: Staff) -> Staff:
    """Return a member of staff whose report may be seen: their own for staff; a lead's is narrowed to their windows.

    Raises NotFoundError.
    """
    if who.role == "staff" and row.id != who.staff_id:
        raise NotFoundError(f"工号 {row.number}", "没有登记", "请先登记工作人员,或检查工号")
    return row


def window(who: Identity, row: Window) -> Window:
    """Return a window whose report may be seen. Raises NotFoundError."""
    if who.role == "lead" and row.id not in who.window_ids:
        raise NotFoundError(f"窗口 {row.code}", "没有登记", "请先登记窗口,或检查代码")
    return row


def window_ids(who: Identity) -> tuple[int, ...] | None:
    """Return the ids of the windows whose roster may be seen; None: all."""
    return who.window_ids if who.role == "lead" else None
