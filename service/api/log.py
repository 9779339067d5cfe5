"""The log of who listened to, saw, changed or exported what: to look through, to take away, and to prove."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import Query, Response
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from service.api import acts, selection
from service.api.access import Who, router
from service.api.privacy import text_for
from service.api.problems import responses
from service.api.schemas import BIGGEST, Code, In, Out, StaffRef, WindowRef
from service.api.selection import When
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.errors import NotFoundError, RequestError
from service.store import accounts, centre, logbook
from service.store.accounts import User
from service.store.centre import Staff
from service.store.logbook import Followed, Kind, LogEntry, LogFilters
from service.store.recordings import RecordingRow

routes = router("操作日志")
MOST_EXPORTED: Final = 50_000
PROVED_AT_ONCE: Final = 20_000
_WHOS: Final = r"^((user|key):\d{1,18}|shell|retention|stranger)$"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = (
    *(
        "编号",
        "时间",
        "谁",
        "账号",
        "工号或用户名",
        "做了什么",
        "被拒绝",
        "录音",
        "当事人",
        "当事人工号",
        "窗口",
        "其他",
        "哈希",
    ),
)


class LogSelection(In):
    """Which entries."""

    who: Annotated[str | None, Field(pattern=_WHOS, description="谁做的", examples=["user:3"])] = None
    staff: Annotated[Code | None, Field(description="涉及的工作人员的工号", examples=["1017"])] = None
    recording: Annotated[int | None, Field(ge=1, le=BIGGEST, description="涉及的录音的编号")] = None
    kind: Annotated[
        Kind | None,
        Field(description="seen 看,heard 听,exported 导出,changed 更改,deleted 删除,entered 登录退出,refused 被拒绝"),
    ] = None
    since: Annotated[When | None, Field(description="从这一刻或这一天起", examples=["2026-03-01"])] = None
    until: Annotated[When | None, Field(description="到这一刻之前;若是日期,含这一天", examples=["2026-03-31"])] = None


class LogIn(LogSelection):
    """Which part of it."""

    before: Annotated[int | None, Field(ge=1, le=BIGGEST, description="只要编号小于它的,用来翻页")] = None
    limit: Annotated[int, Field(ge=1, le=1000, description="最多几条")] = 50


class EntryOut(Out):
    """One act."""

    id: int
    at: datetime
    who: Annotated[str, Field(description="账号", examples=["user:3"])]
    name: Annotated[str, Field(description="当时的名称")]
    account: Annotated[str, Field(description="工号,没有则用户名;不是用户的为空", examples=["1017"])]
    action: Annotated[str, Field(description="做了什么", examples=["GET /api/v1/recordings/{recording_id}/audio"])]
    told: Annotated[str, Field(description="同上,中文", examples=["听或下载整个录音"])]
    refusal: Annotated[str, Field(description="为什么被拒绝;没有被拒绝的为空", examples=["没有权限"])]
    skipped: Annotated[int, Field(description="被拒绝后一分钟内另有几次,没有逐条记")]
    what: Annotated[str, Field(description="对什么", examples=["/api/v1/recordings/7/audio"])]
    detail: Annotated[str, Field(description="其他内容,中文", examples=["格式 pdf"])]
    recording: Annotated[int | None, Field(description="涉及的录音")]
    there: Annotated[bool, Field(description="这个录音还在")]
    staff: Annotated[StaffRef | None, Field(description="录音是谁的,或涉及谁;当时不知道的为 null")]
    window: Annotated[WindowRef | None, Field(description="录音现在的窗口")]
    hash: Annotated[str, Field(description="这一条与它之前所有条目的哈希")]


@routes.get("/log", summary="操作日志", responses=responses(422))
def list_log(services: Wired, who: Who, chosen: Annotated[LogIn, Query()]) -> list[EntryOut]:
    """谁听了、看了、改了、导出了什么,新的在前;没有个人信息权限的,号码和住址显示为 *。"""
    with services.database.read() as session:
        filters = _filters(session, chosen, services.settings.zone)
        return _shown(session, who, logbook.entries(session, filters, before=chosen.before, limit=chosen.limit))


def _filters(session: Session, chosen: LogSelection, zone: ZoneInfo) -> LogFilters:
    """Return what to look for. Raises RequestError for a number that nobody has."""
    try:
        staff_id = centre.staff_member(session, chosen.staff).id if chosen.staff else None
    except NotFoundError as problem:
        raise RequestError("staff", "没有登记这个工号", problem.cure) from problem
    return LogFilters(
        who=chosen.who,
        kind=chosen.kind,
        recording_id=chosen.recording,
        staff_id=staff_id,
        since=selection.beginning(chosen.since, zone),
        until=selection.end(chosen.until, zone),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What entries point to, by number."""

    users: Mapping[str, User]
    staff: Mapping[int, Staff]
    recordings: Mapping[int, RecordingRow]


def _shown(session: Session, who: Identity, found: Sequence[LogEntry]) -> list[EntryOut]:
    around = _Around(
        users={f"user:{row.id}": row for row in _users(session, {each.who for each in found})},
        staff={row.id: row for row in _staff(session, {each.staff_id for each in found})},
        recordings={row.id: row for row in _recordings(session, {each.recording_id for each in found})},
    )
    return [_entry(who, row, around) for row in found]


def _users(session: Session, whos: set[str]) -> Sequence[User]:
    ids = [int(each.removeprefix("user:")) for each in whos if each.startswith("user:")]
    return session.scalars(select(User).where(User.id.in_(ids)).options(joinedload(User.staff))).all()


def _staff(session: Session, ids: set[int | None]) -> Sequence[Staff]:
    return session.scalars(select(Staff).where(Staff.id.in_(ids - {None}))).all()


def _recordings(session: Session, ids: set[int | None]) -> Sequence[RecordingRow]:
    there = select(RecordingRow).where(RecordingRow.id.in_(ids - {None}))
    return session.scalars(there.options(joinedload(RecordingRow.window))).all()


def _entry(who: Identity, row: LogEntry, around: _Around) -> EntryOut:
    act, user = acts.told(row.action), around.users.get(row.who)
    recording = around.recordings.get(row.recording_id or 0)
    person = around.staff.get(row.staff_id or 0)
    what = text_for(who, row.what)
    return EntryOut(
        id=row.id,
        at=row.at,
        who=row.who,
        name=row.name,
        account=(user.staff.number if user.staff else user.name) if user else "",
        action=row.action,
        told=act.words,
        refusal=act.refusal,
        skipped=act.skipped,
        what=what,
        detail=acts.detail(row.action, what),
        recording=row.recording_id,
        there=recording is not None,
        staff=StaffRef.model_validate(person) if person else None,
        window=WindowRef.model_validate(recording.window) if recording and recording.window else None,
        hash=row.hash,
    )


@routes.get(
    "/log/export",
    summary="导出操作日志",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}, "description": "CSV"}, **responses(422)},
)
def export_log(services: Wired, who: Who, chosen: Annotated[LogSelection, Query()]) -> Response:
    """同样的筛选,作为一张表(CSV,时间带时区);超过五万条的请分段导出。"""
    zone, table = services.settings.zone, io.StringIO()
    write = csv.writer(table)
    write.writerow(_COLUMNS)
    with services.database.read() as session:
        for some in _pieces(session, _filters(session, chosen, zone)):
            write.writerows([_safe(cell) for cell in _line(each, zone)] for each in _shown(session, who, some))
            session.expunge_all()
    headers = {"Content-Disposition": 'attachment; filename="log.csv"'}
    return Response(table.getvalue().encode("utf-8-sig"), media_type="text/csv", headers=headers)


def _pieces(session: Session, filters: LogFilters) -> Iterator[Sequence[LogEntry]]:
    """Yield entries, some at a time, newest first. Raises RequestError where there are too many for one table."""
    before, count = None, 0
    while some := logbook.entries(session, filters, before=before, limit=1000):
        before, count = some[-1].id, count + len(some)
        if count > MOST_EXPORTED:
            raise RequestError("since", f"超过 {MOST_EXPORTED} 条", "请缩短时间,分几次导出")
        yield some


def _line(entry: EntryOut, zone: ZoneInfo) -> Iterator[str]:
    yield str(entry.id)
    yield entry.at.astimezone(zone).isoformat(sep=" ", timespec="seconds")
    yield from (entry.name, acts.SYSTEM.get(entry.who, entry.who), entry.account)
    yield entry.told
    yield entry.refusal + (f"（另有 {entry.skipped} 次）" if entry.skipped else "")
    yield str(entry.recording or "")
    yield from (entry.staff.name, entry.staff.number) if entry.staff else ("", "")
    yield f"{entry.window.name}（{entry.window.code}）" if entry.window else ""
    yield from (entry.detail, entry.hash)


def _safe(cell: str) -> str:
    """Return a cell that no program takes for a formula: somebody else chose what stands in it."""
    first = unicodedata.normalize("NFKC", cell.lstrip(" \n")[:1])  # wide signs and blanks before are overlooked
    return f"'{cell}" if first and first in _FORMULA else cell


class ProofIn(In):
    """Where to go on, as the step before said; empty: at the beginning."""

    entries: Annotated[int, Field(ge=0, le=BIGGEST)] = 0
    first_at: datetime | None = None
    last: Annotated[int, Field(ge=0, le=BIGGEST)] = 0
    last_at: datetime | None = None
    head: Annotated[str, Field(max_length=64)] = ""
    form: Annotated[int, Field(ge=0, le=2)] = 0
    noted: Annotated[str, Field(max_length=64, description="以前记下的最新哈希:必须还在其中")] = ""
    met: Annotated[bool, Field(description="已经遇到它")] = False


class ProofOut(ProofIn):
    """How far the log is sound."""

    state: Annotated[
        Literal["more", "whole", "broken", "cut"],
        Field(description="more 还没有完,以同样的内容再问;whole 完好;broken 被改动;cut 没有以前记下的那一条"),
    ]
    broken: Annotated[int | None, Field(description="第一条不对的编号")] = None


@routes.post("/log/proof", summary="核对操作日志", responses=responses(422))
def prove_log(services: Wired, so_far: ProofIn) -> ProofOut:
    """从第一条起核对有没有被改动、删除或截断,一次两万条;state 为 more 时,把得到的内容送回来继续。"""
    at = Followed(**so_far.model_dump(exclude={"noted", "met"}))
    with services.database.read() as session:
        found, broken, met = logbook.follow(session, at, PROVED_AT_ONCE, so_far.noted)
    met = met or so_far.met
    state: Literal["more", "whole", "broken", "cut"] = "cut" if so_far.noted and not met else "whole"
    if broken is not None:
        state = "broken"
    elif found.entries - at.entries == PROVED_AT_ONCE:
        state = "more"
    known = {name: getattr(found, name) for name in ("entries", "first_at", "last", "last_at", "head", "form")}
    return ProofOut(**known, noted=so_far.noted, met=met, state=state, broken=broken)


def actors(services: Services) -> list[tuple[str, str]]:
    """Return whom the log can be looked through for: accounts with names, and those who are none."""
    with services.database.read() as session:
        people = [(f"user:{each.id}", _called(each)) for each in accounts.users(session)]
        keys = [(f"key:{each.id}", f"密钥 {each.name}") for each in accounts.api_keys(session)]
    return [*people, *keys, *acts.SYSTEM.items()]


def _called(user: User) -> str:
    number = user.staff.number if user.staff else user.name
    return f"{user.display_name}（{number}）" if user.display_name else number
