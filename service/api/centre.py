"""The centre: staff, windows, extensions and who sat where; one by one or as a table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import Field

from service.api import selection
from service.api.access import Who, router
from service.api.problems import responses
from service.api.schemas import Code, In, Name, Number, Out, StaffOut, StaffRef, WindowOut, WindowRef
from service.api.selection import When
from service.api.services import Wired
from service.auth import rows
from service.errors import NotFoundError, RequestError
from service.ingest import placing
from service.store import centre
from service.store.centre import Roster

routes = router("中心")
_LONGEST_VIEW: Final = timedelta(days=366)


class NamedIn(In):
    """What a window or a member of staff is called; whoever left is inactive and stays."""

    name: Annotated[Name, Field(description="名称", examples=["社保综合窗口"])]
    active: Annotated[bool, Field(description="是否在用")] = True


@routes.get("/staff", summary="人员列表")
def list_staff(services: Wired) -> list[StaffOut]:
    """所有工作人员,按工号。"""
    with services.database.read() as session:
        return [StaffOut.model_validate(row) for row in centre.staff(session)]


@routes.put("/staff/{number}", summary="登记或更改人员")
def put_staff(services: Wired, number: Code, known: NamedIn) -> StaffOut:
    """按工号登记或更改一位工作人员。"""
    with services.database.write() as session:
        return StaffOut.model_validate(centre.put_staff(session, number, known.name, active=known.active))


@routes.get("/windows", summary="窗口列表")
def list_windows(services: Wired) -> list[WindowOut]:
    """所有窗口,按代码。"""
    with services.database.read() as session:
        return [WindowOut.model_validate(row) for row in centre.windows(session)]


@routes.put("/windows/{code}", summary="登记或更改窗口")
def put_window(services: Wired, code: Code, known: NamedIn) -> WindowOut:
    """按代码登记或更改一个窗口。"""
    with services.database.write() as session:
        return WindowOut.model_validate(centre.put_window(session, code, known.name, active=known.active))


class ExtensionIn(In):
    """Where it rings."""

    window: Annotated[Name, Field(description="窗口代码或名称", examples=["A01"])]


class ExtensionOut(Out):
    """An extension and where it rings."""

    number: Annotated[str, Field(examples=["8021"])]
    window: WindowRef


@routes.get("/extensions", summary="分机列表")
def list_extensions(services: Wired) -> list[ExtensionOut]:
    """所有分机,按号码。"""
    with services.database.read() as session:
        return [ExtensionOut.model_validate(row) for row in centre.extensions(session)]


@routes.put("/extensions/{number}", summary="登记或更改分机")
def put_extension(services: Wired, number: Code, known: ExtensionIn) -> ExtensionOut:
    """按号码登记或更改一部分机。"""
    with services.database.write() as session:
        window = placing.the_window(session, known.window)
        centre.put_extension(session, number, window.id)
        return ExtensionOut(number=number, window=WindowRef.model_validate(window))


@routes.delete("/extensions/{number}", status_code=204, summary="删除分机", responses=responses(404))
def delete_extension(services: Wired, number: Code) -> None:
    """删除一部分机。"""
    with services.database.write() as session:
        found = next((row for row in centre.extensions(session) if row.number == number), None)
        if found is None:
            raise NotFoundError(f"分机 {number}", "没有登记", "请检查号码")
        centre.remove(session, found)


class RosterIn(In):
    """Who sits where, from `starts_at` until just before `ends_at`."""

    window: Annotated[Name, Field(description="窗口代码或名称", examples=["A01"])]
    staff: Annotated[Code, Field(description="工号", examples=["1017"])]
    starts_at: Annotated[datetime, Field(description="开始", examples=["2026-03-02T08:30:00+08:00"])]
    ends_at: Annotated[datetime, Field(description="结束", examples=["2026-03-02T12:00:00+08:00"])]


class RosterOut(Out):
    """Who sits where, and when."""

    id: int
    window: WindowRef
    staff: StaffRef
    starts_at: datetime
    ends_at: datetime


@routes.get("/rosters", summary="排班")
def list_rosters(
    services: Wired, who: Who, since: Annotated[When, Query()], until: Annotated[When, Query()]
) -> list[RosterOut]:
    """一段时间(至多一年)内谁坐在哪个窗口。"""
    zone = services.settings.zone
    first, last = selection.beginning(since, zone), selection.end(until, zone)
    if first is None or last is None or last - first > _LONGEST_VIEW:
        raise RequestError("until", "时间范围超过一年", "请缩小范围")
    with services.database.read() as session:
        found = centre.rosters(session, first, last, rows.window_ids(who))
        return [RosterOut.model_validate(row) for row in found]


@routes.post("/rosters", status_code=201, summary="新增排班")
def add_roster(services: Wired, known: RosterIn) -> RosterOut:
    """登记谁在什么时候坐在哪个窗口;同一窗口、人员和开始时间再次登记,即更改结束时间。"""
    with services.database.write() as session:
        window, staff = placing.the_window(session, known.window), placing.the_staff(session, known.staff)
        turn = turn_of(known, services.settings.zone)
        return RosterOut.model_validate(centre.put_roster(session, window.id, staff.id, *turn))


def turn_of(known: RosterIn, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a turn begins and ends, in UTC. Raises RequestError for times beyond the calendar."""
    starts, ends = placing.in_zone(known.starts_at, zone), placing.in_zone(known.ends_at, zone)
    assert starts is not None
    assert ends is not None
    return starts, ends


@routes.delete("/rosters/{roster_id}", status_code=204, summary="删除排班", responses=responses(404))
def delete_roster(services: Wired, roster_id: Number) -> None:
    """删除一条排班。"""
    with services.database.write() as session:
        centre.remove(session, centre.get(session, Roster, roster_id))
