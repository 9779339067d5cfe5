"""Who, where and when: what requests say of it, checked against what the centre knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.errors import ConflictError, NotFoundError, RequestError
from service.store import centre
from service.store.base import now
from service.store.centre import Staff, Window

_FAST_CLOCK: Final = timedelta(hours=24)


def moment(stated: datetime | None, zone: ZoneInfo) -> datetime | None:
    """A time in UTC; where no zone is stated, it is the centre's. Raises RequestError at the ends of the calendar."""
    if stated is None:
        return None
    try:
        return (stated.replace(tzinfo=zone) if stated.tzinfo is None else stated).astimezone(UTC)
    except OverflowError as problem:
        raise RequestError("时间", f"超出范围:{stated.isoformat()}", "请检查年份") from problem


def refuse_future(began: datetime | None) -> None:
    """Raises RequestError if a recorder's clock is more than a day ahead."""
    if began is not None and began > now() + _FAST_CLOCK:
        raise RequestError("started_at", f"在将来:{began.isoformat()}", "请校准录音设备的时钟,或去掉这一项")


def who_and_where(
    session: Session, staff: str | None, window: str | None, at: datetime | None, extension: str | None = None
) -> tuple[int | None, int | None]:
    """The ids of staff and window. Raises RequestError for what is not known.

    Where no window is named, it is the one where the extension rings; where nobody is named, the one whom the roster
    names at that window and time.
    """
    place = _where(session, window, extension)
    if staff:
        person: Staff | None = the_staff(session, staff)
    else:
        person = centre.on_duty(session, place.id, at) if place and at else None
    return person.id if person else None, place.id if place else None


def _where(session: Session, window: str | None, extension: str | None) -> Window | None:
    named = the_window(session, window) if window else None
    rings = the_window_of(session, extension) if extension else None
    if named and rings and named.id != rings.id:
        problem = f"分机“{extension}”属于窗口 {rings.code},与所写的窗口 {named.code} 不符"
        raise RequestError("extension", problem, "请改正或去掉其中一项;分机在哪个窗口见 GET /api/v1/extensions")
    return named or rings


def the_staff(session: Session, number: str) -> Staff:
    """The member of staff that a request names. Raises RequestError."""
    try:
        return centre.staff_member(session, number)
    except NotFoundError as problem:
        raise _unknown("staff", "工号", number, "staff") from problem


def the_window(session: Session, name: str) -> Window:
    """The window that a request names by code or name. Raises RequestError."""
    try:
        return centre.window(session, name)
    except NotFoundError as problem:
        raise _unknown("window", "窗口", name, "windows") from problem
    except ConflictError as problem:
        raise RequestError("window", problem.problem, problem.cure) from problem


def the_window_of(session: Session, extension: str) -> Window:
    """Where the extension rings that a request names. Raises RequestError."""
    try:
        return centre.window_of_extension(session, extension)
    except NotFoundError as problem:
        raise _unknown("extension", "分机", extension, "extensions") from problem


def _unknown(field: str, kind: str, name: str, route: str) -> RequestError:
    cure = f"请检查{kind};没有登记的,请先登记:PUT /api/v1/{route}/{name},或成批导入:POST /api/v1/imports/{route}"
    return RequestError(field, f"没有登记{kind}“{name}”", cure)
