"""Rows of a table, checked against each other and against what is registered, and kept in one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ValidationError
from sqlalchemy.orm import Session

from service.api.centre import RosterIn, turn_of
from service.api.schemas import Code, In, Name
from service.api.tables import Row
from service.errors import ServiceError
from service.ingest import placing
from service.store import centre
from service.store.centre import Extension, Roster, Staff, Window
from speechaudit.text import identity_form

Named = Literal["staff", "windows"]
Kind = Named | Literal["extensions", "rosters"]
Complaint = dict[str, Any]
Values = dict[str, Any]
Rows = Sequence[tuple[int, Row]]
_FLAGS: Final = dict.fromkeys(("是", "在岗", "在用", "有效", "y"), True) | dict.fromkeys(
    ("否", "离岗", "离职", "停用", "无效", "n"), False
)
KEYS: Final[Mapping[Kind, str]] = {"staff": "number", "windows": "code", "extensions": "extension"}


def _flag(stated: Any) -> Any:
    return _FLAGS.get(stated.casefold(), stated) if isinstance(stated, str) else stated


Flag = Annotated[bool, BeforeValidator(_flag)]


class StaffRow(In):
    """工号、姓名、在岗."""

    number: Code
    name: Name
    active: Flag = True


class WindowRow(In):
    """代码、名称、在用."""

    code: Code
    name: Name
    active: Flag = True


_NAMED: Final[Mapping[Named, type[StaffRow | WindowRow]]] = {"staff": StaffRow, "windows": WindowRow}


class ExtensionRow(In):
    """分机、窗口."""

    extension: Code
    window: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What is registered when a table comes, by code and number: nothing is looked up row by row."""

    windows: dict[str, Window]
    staff: dict[str, Staff]
    extensions: Mapping[str, Extension]

    def identities(self, kind: Kind) -> tuple[str, ...]:
        """Return the codes or numbers of a kind; a turn of the roster has none."""
        found = {"staff": (*self.staff,), "windows": (*self.windows,), "extensions": (*self.extensions,)}
        return found.get(kind, ())

    def window(self, session: Session, name: str) -> Window:
        """Return the window of this code or name. Raises RequestError."""
        if name not in self.windows:
            self.windows[name] = placing.the_window(session, name)
        return self.windows[name]

    def person(self, session: Session, number: str) -> Staff:
        """Return the member of staff of this number. Raises RequestError."""
        return self.staff[number] if number in self.staff else placing.the_staff(session, number)


def registered(session: Session) -> Registered:
    """Return the windows, staff and extensions that are registered now."""
    return Registered(
        windows={each.code: each for each in centre.windows(session)},
        staff={each.number: each for each in centre.staff(session)},
        extensions={each.number: each for each in centre.extensions(session)},
    )


def named(kind: Named, row: Row) -> Values:
    """Return what a row says of a window or a member of staff. Raises ValidationError."""
    return _NAMED[kind].model_validate(row).model_dump()


def _extension(session: Session, known: Registered, row: Row, _zone: ZoneInfo) -> Values:
    told = ExtensionRow.model_validate(row)
    return {"number": told.extension, "window_id": known.window(session, told.window).id}


def _roster(session: Session, known: Registered, row: Row, zone: ZoneInfo) -> Values:
    """Return what a row says of a turn; the 工号 stands under that title or under 人员. Raises as `named`."""
    named = {"staff" if title == "number" else title: cell for title, cell in row.items()}
    told = RosterIn.model_validate(named)
    starts, ends = turn_of(told, zone)
    centre.check_order(starts, ends)
    window, person = known.window(session, told.window), known.person(session, told.staff)
    return {"window_id": window.id, "staff_id": person.id, "starts_at": starts, "ends_at": ends}


_READ: Final[Mapping[Kind, Callable[[Session, Registered, Row, ZoneInfo], Values]]] = {
    "staff": lambda _session, _known, row, _zone: named("staff", row),
    "windows": lambda _session, _known, row, _zone: named("windows", row),
    "extensions": _extension,
    "rosters": _roster,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """A row of a table by its number in it: what it says, or pydantic's complaints and the `cure` of a row refused."""

    number: int
    cells: Row
    values: Values | None = None
    wrong: tuple[Complaint, ...] = ()
    cure: str = ""


def checked_rows(session: Session, kind: Kind, rows: Rows, zone: ZoneInfo) -> tuple[CheckedRow, ...]:
    """Return each row with what it says, or why it cannot be taken."""
    known = registered(session)
    unclear = {number: (where, problem) for number, where, problem in alike(kind, rows, known)}
    found = (_checked(session, kind, number, row, known, zone) for number, row in rows)
    return tuple(
        replace(each, values=None, wrong=(*each.wrong, _complaint(each.number, *unclear[each.number])))
        if each.number in unclear
        else each
        for each in found
    )


def _checked(session: Session, kind: Kind, number: int, row: Row, known: Registered, zone: ZoneInfo) -> CheckedRow:
    try:
        return CheckedRow(number=number, cells=row, values=_READ[kind](session, known, row, zone))
    except ValidationError as problem:
        wrong = tuple({**error, "loc": (f"第{number}行", *error["loc"])} for error in problem.errors())
        return CheckedRow(number=number, cells=row, wrong=wrong)
    except ServiceError as problem:
        told = _complaint(number, problem.where, problem.problem)
        return CheckedRow(number=number, cells=row, wrong=(told,), cure=problem.cure)


def checked(session: Session, kind: Kind, rows: Rows, zone: ZoneInfo) -> tuple[list[Values], list[Complaint]]:
    """Return what the rows say, and pydantic's complaints of those that cannot be taken, by row."""
    found = checked_rows(session, kind, rows, zone)
    values = [each.values for each in found if each.values is not None]
    return values, [complaint for each in found for complaint in each.wrong]


def _complaint(number: int, where: str, problem: str) -> Complaint:
    told = {"type": "value_error", "ctx": {"error": problem}, "msg": problem, "input": ""}
    return {**told, "loc": (f"第{number}行", where)}


def alike(kind: Kind, rows: Rows, known: Registered) -> Iterator[tuple[int, str, str]]:
    """Yield rows of one identity, and identities that only differ by what Excel takes away: (row, field, problem).

    Noughts before a number, width and case are such.
    """
    if (key := KEYS.get(kind)) is None:
        return
    seen: dict[str, tuple[str, str]] = {_bare(name): (name, "已登记") for name in known.identities(kind)}
    numbers: dict[str, int] = {}
    for number, row in rows:
        if not (name := identity_form(row.get(key, ""))):
            continue
        if (before := numbers.setdefault(name, number)) != number:
            yield number, key, f"“{name}”与第 {before} 行重复;请只留一行"
            continue
        other, where = seen.setdefault(_bare(name), (name, f"第 {number} 行"))
        if other != name:
            cure = "请在 Excel 里把这一列设为“文本”,写成一样"
            yield number, key, f"“{name}”与{where}的“{other}”只差开头的零或大小写,分不清是不是同一个;{cure}"


def _bare(name: str) -> str:
    return identity_form(name).casefold().lstrip("0")


_TABLES: Final[Mapping[Kind, type[Staff | Window | Extension | Roster]]] = {
    "staff": Staff,
    "windows": Window,
    "extensions": Extension,
    "rosters": Roster,
}


def keep(session: Session, kind: Kind, found: Sequence[Values]) -> None:
    """Add or change all of them."""
    centre.put_all(session, _TABLES[kind], found)
