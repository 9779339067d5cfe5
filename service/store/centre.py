"""The centre: windows, staff, extensions, and who sat where. What is not known is not guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, insert, select, update
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from service.errors import ConflictError, NotFoundError, RequestError
from service.store.base import TABLE, Base, Code, Id, Name, Ref
from speechaudit.text import identity_form


class Window(Base):
    """A service window or a hotline desk. `code` is what recorders and rosters call it."""

    __tablename__ = "windows"

    id: Mapped[Id]
    code: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)


class Staff(Base):
    """A member of staff. `number` is the 工号; one who left stays, inactive, because audits point here."""

    __tablename__ = "staff"

    id: Mapped[Id]
    number: Mapped[Code] = mapped_column(unique=True)
    name: Mapped[Name]
    active: Mapped[bool] = mapped_column(default=True)


class Extension(Base):
    """A telephone extension and the window where it rings."""

    __tablename__ = "extensions"

    id: Mapped[Id]
    number: Mapped[Code] = mapped_column(unique=True)
    window_id: Mapped[int] = mapped_column(Ref, ForeignKey("windows.id"), index=True)
    window: Mapped[Window] = relationship()


class Roster(Base):
    """Who sat where, and when: from `starts_at` until just before `ends_at`."""

    __tablename__ = "rosters"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        UniqueConstraint("window_id", "staff_id", "starts_at"),
        Index(None, "window_id", "starts_at"),
        Index(None, "staff_id", "starts_at"),
        TABLE,
    )

    id: Mapped[Id]
    window_id: Mapped[int] = mapped_column(Ref, ForeignKey("windows.id"))
    staff_id: Mapped[int] = mapped_column(Ref, ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    window: Mapped[Window] = relationship()
    staff: Mapped[Staff] = relationship()


Row = TypeVar("Row", Window, Staff, Extension, Roster)
IDENTITY: Final[Mapping[type[Base], tuple[str, ...]]] = {
    Window: ("code",),
    Staff: ("number",),
    Extension: ("number",),
    Roster: ("window_id", "staff_id", "starts_at"),
}


def windows(session: Session) -> Sequence[Window]:
    """Return all windows, by code."""
    return session.scalars(select(Window).order_by(Window.code)).all()


def staff(session: Session) -> Sequence[Staff]:
    """Return all members of staff, by number."""
    return session.scalars(select(Staff).order_by(Staff.number)).all()


def extensions(session: Session) -> Sequence[Extension]:
    """Return all extensions with their windows, by number."""
    return session.scalars(select(Extension).options(joinedload(Extension.window)).order_by(Extension.number)).all()


def rosters(
    session: Session, since: datetime, until: datetime, window_ids: tuple[int, ...] | None = None
) -> Sequence[Roster]:
    """Return who sat where between two moments, by time; only at these windows if they are given."""
    both = joinedload(Roster.window), joinedload(Roster.staff)
    wanted = select(Roster).where(Roster.starts_at < until, Roster.ends_at > since).options(*both)
    if window_ids is not None:
        wanted = wanted.where(Roster.window_id.in_(window_ids))
    return session.scalars(wanted.order_by(Roster.starts_at, Roster.id)).all()


def pairs_on_duty(
    session: Session, since: datetime, until: datetime, window_ids: tuple[int, ...] | None = None
) -> Sequence[tuple[Staff, Window]]:
    """Return who sat where at any time between two moments, each once; only at these windows if they are given."""
    within = Roster.starts_at < until, Roster.ends_at > since
    turns = select(Roster.staff_id, Roster.window_id).where(*within).distinct()
    if window_ids is not None:
        turns = turns.where(Roster.window_id.in_(window_ids))
    pairs = turns.subquery()
    wanted = (
        select(Staff, Window).join(pairs, pairs.c.staff_id == Staff.id).join(Window, Window.id == pairs.c.window_id)
    )
    return [(person, window) for person, window in session.execute(wanted.order_by(Staff.number, Window.code))]


def get(session: Session, table: type[Row], row_id: int) -> Row:
    """Return a window, member of staff, extension or roster entry by id. Raises NotFoundError."""
    if (row := session.get(table, row_id)) is None:
        raise NotFoundError(f"编号 {row_id}", "不存在或已删除", "请检查编号")
    return row


def window(session: Session, name: str) -> Window:
    """Return the window of this code, or of this name if only one has it. Raises NotFoundError, ConflictError."""
    codes = select(Window).where(Window.code.in_((name, identity_form(name))))
    if (row := session.scalar(codes.order_by(Window.code != name))) is not None:
        return row
    named = session.scalars(select(Window).where(Window.name == name)).all()
    if len(named) > 1:
        raise ConflictError(f"窗口 {name}", f"有 {len(named)} 个窗口叫这个名称", "请改用窗口代码")
    if not named:
        raise NotFoundError(f"窗口 {name}", "没有登记", "请先登记窗口,或检查代码")
    return named[0]


def staff_member(session: Session, number: str) -> Staff:
    """Return the member of staff of this number. Raises NotFoundError."""
    if (row := session.scalar(select(Staff).where(Staff.number == number))) is None:
        raise NotFoundError(f"工号 {number}", "没有登记", "请先登记工作人员,或检查工号")
    return row


def window_of_extension(session: Session, number: str) -> Window:
    """Return the window where an extension rings. Raises NotFoundError."""
    row = session.scalar(select(Extension).where(Extension.number == number).options(joinedload(Extension.window)))
    if row is None:
        raise NotFoundError(f"分机 {number}", "没有登记", "请先登记分机,或检查号码")
    return row.window


def all_on_duty(session: Session, window_id: int, at: datetime) -> Sequence[Staff]:
    """Return everybody whom the roster names at a window at a moment, by number."""
    mine = Roster.window_id == window_id, Roster.starts_at <= at, Roster.ends_at > at
    found = select(Staff).join(Roster, Roster.staff_id == Staff.id).where(*mine).distinct()
    return session.scalars(found.order_by(Staff.number)).all()


def places_on_duty(session: Session, staff_id: int, at: datetime) -> Sequence[Window]:
    """Return all windows where the roster has somebody at a moment, by code."""
    mine = Roster.staff_id == staff_id, Roster.starts_at <= at, Roster.ends_at > at
    found = select(Window).join(Roster, Roster.window_id == Window.id).where(*mine).distinct()
    return session.scalars(found.order_by(Window.code)).all()


def put_window(session: Session, code: str, name: str, *, active: bool = True) -> Window:
    """Add the window of this code, or change it."""
    return _put(session, Window, Window.code == code, code=code, name=name, active=active)


def put_staff(session: Session, number: str, name: str, *, active: bool = True) -> Staff:
    """Add the member of staff of this number, or change them."""
    return _put(session, Staff, Staff.number == number, number=number, name=name, active=active)


def put_extension(session: Session, number: str, window_id: int) -> Extension:
    """Add an extension, or let it ring elsewhere. Raises NotFoundError."""
    get(session, Window, window_id)
    return _put(session, Extension, Extension.number == number, number=number, window_id=window_id)


def put_roster(session: Session, window_id: int, staff_id: int, starts_at: datetime, ends_at: datetime) -> Roster:
    """Note who sits where from `starts_at` until before `ends_at`; the same start again changes the end.

    Raises NotFoundError, RequestError.
    """
    check_order(starts_at, ends_at)
    get(session, Window, window_id)
    get(session, Staff, staff_id)
    same = (Roster.window_id == window_id) & (Roster.staff_id == staff_id) & (Roster.starts_at == starts_at)
    return _put(session, Roster, same, window_id=window_id, staff_id=staff_id, starts_at=starts_at, ends_at=ends_at)


def check_order(starts_at: datetime, ends_at: datetime) -> None:
    """Raise RequestError for a turn that does not end after it begins."""
    if starts_at >= ends_at:
        raise RequestError("排班", "结束时间不晚于开始时间", "请检查起止时间")


def put_all(
    session: Session, table: type[Window | Staff | Extension | Roster], found: Sequence[Mapping[str, Any]]
) -> None:
    """Add or change all of these at once, by the columns that make one of a kind: `IDENTITY`."""
    names = IDENTITY[table]
    columns = [getattr(table, name) for name in names]
    known = {tuple(row)[1:]: row[0] for row in session.execute(select(table.id, *columns))}
    new: dict[tuple[Any, ...], dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    for values in found:
        identity = tuple(values[name] for name in names)
        if identity in known:
            changed[known[identity]] = {"id": known[identity], **values}
        else:
            new[identity] = dict(values)
    if new:
        session.execute(insert(table), list(new.values()))
    if changed:
        session.execute(update(table), list(changed.values()))


def _put(session: Session, table: type[Row], same: Any, **values: Any) -> Row:
    row = session.scalar(select(table).where(same))
    if row is None:
        row = table(**values)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return row


def remove(session: Session, row: Extension | Roster) -> None:
    """Delete an extension or a roster entry. Windows and staff stay, inactive: audits point at them."""
    session.delete(row)
    session.flush()
