"""Recorders: where recordings come from, how each fares, and setting them without starting the service again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from fastapi import Path as InPath
from pydantic import Field
from sqlalchemy.orm import Session

from service.api import condition
from service.api.access import Who, router
from service.api.condition import SourceOut
from service.api.problems import responses
from service.api.schemas import In, Out
from service.api.services import Services, Wired
from service.errors import ConflictError, RequestError
from service.sources import FieldName, Kind, Source, of_values, placed
from service.store import intake, sources
from service.store.base import now
from service.store.sources import StoredSource
from speechaudit.model import Setting

routes = router("录音设备")
SourceName = Annotated[str, InPath(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$", description="来源的名称")]
_TEXT: Final = Field(max_length=500)
_IN_SETTINGS: Final = "写在设置文件里,网页上不能更改"


class RecorderIn(In):
    """How a recorder is set; what is left out is as usual. docs/recorders.md explains it all."""

    kind: Annotated[Kind, Field(description="种类")]
    setting: Annotated[Setting, Field(description="场景:phone 电话,counter 柜台")]
    folder: Annotated[str | None, _TEXT] = Field(
        default=None, description="监视的文件夹,须在设置 intake_folders 允许的里面;null 只收推送", examples=[None]
    )
    log: Annotated[str | None, _TEXT] = Field(default=None, description="通话记录,例如 *.csv", examples=[None])
    names: Annotated[str | None, _TEXT] = Field(
        default=None, description="文件名的写法", examples=["{分机}-{日期}-{时间}"]
    )
    fields: dict[Annotated[str, _TEXT], FieldName] = Field(
        default_factory=dict, max_length=100, description="设备的列名 → 本系统的名称", examples=[{"本机": "extension"}]
    )
    window: Annotated[str | None, _TEXT] = Field(default=None, description="固定的窗口代码", examples=[None])
    prefix: Annotated[str, _TEXT] = Field(default="", description="加在分机号前面", examples=[""])
    timezone: Annotated[str | None, _TEXT] = Field(
        default=None, description="设备的时区", examples=["Asia/Shanghai", None]
    )
    caller_channel: Literal[0, 1] | None = Field(default=None, description="双声道时主叫在哪一边:0 左,1 右")
    settle_seconds: float = Field(default=10, ge=0, le=3600, description="多少秒不再变化才收")
    wait_minutes: float = Field(default=10, ge=0, le=1440, description="等通话记录或说明文件多少分钟")
    clock_hours: float = Field(default=6, gt=0, le=1e6, description="通话时间与文件时间最多相差几小时")
    active: bool = Field(default=True, description="false 停用:不再监视,推送被拒绝")


class RecorderOut(Out):
    """A recorder, how it is set, and how it fares."""

    name: str
    source: Annotated[dict[str, Any], Field(description="设置,名称与设置文件的 [[intake]] 相同")]
    where: Annotated[Literal["settings", "page"], Field(description="settings 写在设置文件里,page 在网页上设置")]
    active: bool
    changed_by: str | None
    changed_at: datetime | None
    last: Annotated[datetime | None, Field(description="最近一次收到录音,待处理的也算")]
    today: Annotated[int, Field(description="今天收到几个录音")]
    silent: Annotated[bool, Field(description="最近两小时没有收到,而以前各周这两小时都有")]
    waiting: Annotated[int, Field(description="几个待处理")]
    problem: Annotated[str, Field(description="为什么收不了;空的为正常")]


@routes.get("/recorders", summary="录音设备列表")
def list_recorders(services: Wired) -> list[RecorderOut]:
    """设置文件里的和网页上设置的,以及各自最近收到、待处理和故障。"""
    with services.database.read() as session:
        moment = now().astimezone(services.settings.zone)
        counts = {each.name: each for each in condition.sources(session, services, moment)}
        waiting = intake.waiting_by_source(session)
        found = [
            _shown(services, each, row, counts.get(each.name), waiting.get(each.name, 0))
            for each, row in _all(services, session)
        ]
    return sorted(found, key=lambda each: each.name)


def _all(services: Services, session: Session) -> Iterator[tuple[Source, StoredSource | None]]:
    """Yield all sources; one of the page that the settings name too is not used, and not shown."""
    yield from ((each, None) for each in services.settings.intake)
    named = {each.name for each in services.settings.intake}
    for row in sources.rows(session):
        source = sources.read(row)
        if source is not None and row.name not in named:
            yield source, row


def _shown(
    services: Services, source: Source, row: StoredSource | None, count: SourceOut | None, waiting: int
) -> RecorderOut:
    return RecorderOut(
        name=source.name,
        source=source.model_dump(mode="json", exclude={"name"}, exclude_defaults=True),
        where="page" if row else "settings",
        active=row is None or row.active,
        changed_by=row.changed_by if row else None,
        changed_at=row.changed_at if row else None,
        last=count.last if count else None,
        today=count.today if count else 0,
        silent=bool(count and count.silent),
        waiting=waiting,
        problem=next((each.problem for each in services.parts if each.name == f"intake {source.name}"), ""),
    )


@routes.put("/recorders/{name}", summary="设置录音设备", responses=responses(409, 422))
def put_recorder(services: Wired, who: Who, name: SourceName, given: RecorderIn) -> RecorderOut:
    """新增一个来源或更改它,几秒之内生效,不用重新启动。写在设置文件里的不能在这里更改。"""
    told = given.model_dump(exclude={"active"}, exclude_defaults=True) | {"kind": given.kind, "setting": given.setting}
    source = of_values(told | {"name": name})
    if given.active:
        source = placed(source, services.settings.intake_folders, services.settings.data)
    with services.database.write() as session:
        _refuse_taken(services, session, source)
        sources.put(session, source, who.name, active=given.active)
    return next(each for each in list_recorders(services) if each.name == name)


def _refuse_taken(services: Services, session: Session, source: Source) -> None:
    """Raise ConflictError for what the settings name, RequestError for a folder that another source looks through."""
    if any(each.name == source.name for each in services.settings.intake):
        raise ConflictError(f"来源 {source.name}", _IN_SETTINGS, "请另取名称,或改设置文件后重新启动服务")
    for other in services.sources(session):
        if source.folder and other.folder and other.name != source.name and _overlap(source.folder, other.folder):
            raise RequestError("folder", f"与来源 {other.name} 的文件夹重叠({other.folder})", "一个文件夹只给一个来源")


def _overlap(one: Path, other: Path) -> bool:
    there = other.resolve()
    return one.is_relative_to(there) or there.is_relative_to(one)


@routes.delete("/recorders/{name}", status_code=204, summary="删除录音设备", responses=responses(404, 409))
def delete_recorder(services: Wired, name: SourceName) -> None:
    """不再收取;收过的录音和待处理都保留。"""
    if any(each.name == name for each in services.settings.intake):
        raise ConflictError(f"来源 {name}", _IN_SETTINGS, "请改设置文件后重新启动服务")
    with services.database.write() as session:
        sources.delete(session, name)
