"""Staff, windows, extensions and rosters from a table: all rows or none, and every wrong row is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import Body
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError
from sqlalchemy.orm import Session

from service.api.access import router
from service.api.centre import RosterIn, put_roster
from service.api.schemas import Code, In, Name, Out
from service.api.services import Wired
from service.api.tables import Row, read_table
from service.errors import ServiceError
from service.ingest import placing
from service.store import centre

routes = router("中心")
_MOST_TOLD: Final = 200
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "工号,姓名,在岗\n1017,甲,是\n"},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
Kind = Literal["staff", "windows", "extensions", "rosters"]


class StaffRow(In):
    """工号、姓名、在岗."""

    number: Code
    name: Name
    active: bool = True


class WindowRow(In):
    """代码、名称、在用."""

    code: Code
    name: Name
    active: bool = True


class ExtensionRow(In):
    """分机、窗口."""

    extension: Code
    window: Name


Add = Callable[[Session, Row, ZoneInfo], object]


def _staff(session: Session, row: Row, _: ZoneInfo) -> object:
    known = StaffRow.model_validate(row)
    return centre.put_staff(session, known.number, known.name, active=known.active)


def _window(session: Session, row: Row, _: ZoneInfo) -> object:
    known = WindowRow.model_validate(row)
    return centre.put_window(session, known.code, known.name, active=known.active)


def _extension(session: Session, row: Row, _: ZoneInfo) -> object:
    known = ExtensionRow.model_validate(row)
    return centre.put_extension(session, known.extension, placing.the_window(session, known.window).id)


def _roster(session: Session, row: Row, zone: ZoneInfo) -> object:
    """The 工号 stands under that title or under 人员."""
    named = {"staff" if title == "number" else title: cell for title, cell in row.items()}
    return put_roster(session, RosterIn.model_validate(named), zone)


_ADD: Final[Mapping[Kind, Add]] = {"staff": _staff, "windows": _window, "extensions": _extension, "rosters": _roster}


class ImportOut(Out):
    """How many rows were taken."""

    rows: Annotated[int, Field(description="导入的行数")]


@routes.post("/imports/{kind}", summary="导入 CSV 或 XLSX", openapi_extra=_BODY)
def import_table(services: Wired, kind: Kind, content: Annotated[bytes, Body(media_type="text/csv")]) -> ImportOut:
    """导入人员(工号、姓名)、窗口(代码、名称)、分机(分机、窗口)或排班(窗口、工号、开始、结束)。

    已登记的按新内容更改。有任何一行不对,则全部不导入,并逐行说明。
    """
    rows = tuple(read_table(content))
    with services.database.write() as session:
        if wrong := taken(session, kind, rows, services.settings.zone):
            raise RequestValidationError(wrong[:_MOST_TOLD])
    return ImportOut(rows=len(rows))


def taken(session: Session, kind: Kind, rows: Iterable[tuple[int, Row]], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Take all rows in, and give what is wrong with those that could not be: pydantic's complaints, by row."""
    wrong: list[dict[str, Any]] = []
    for number, row in rows:
        try:
            _ADD[kind](session, row, zone)
        except ValidationError as problem:
            wrong += [{**error, "loc": (f"第{number}行", *error["loc"])} for error in problem.errors()]
        except ServiceError as problem:
            told = {"type": "value_error", "ctx": {"error": problem.problem}}
            wrong.append({**told, "loc": (f"第{number}行", problem.where)})
    return wrong
