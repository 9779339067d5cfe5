"""Findings: lists, one finding, the sound of one finding, and search in what was said."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path, Query, Response
from pydantic import Field
from sqlalchemy.orm import Session

from service.api import selection
from service.api.access import Who, router
from service.api.clips import clip
from service.api.privacy import beeps_for, finding_for, recording_for, transcript_for
from service.api.problems import responses
from service.api.schemas import Beep, FindingOut, Name, Number, Out, Paged, RecordingOut
from service.api.selection import Listing, Selection
from service.api.services import Wired
from service.auth import rows
from service.auth.identity import Identity
from service.errors import NotFoundError
from service.store import audits, lists, recordings, search
from service.store.recordings import RecordingRow
from service.store.search import Sought
from speechaudit.model import Role, Segment, Span
from speechaudit.reasons import Code as ReasonCode
from speechaudit.reasons import outline

routes = router("判定")
PrintedCode = Annotated[str, Path(pattern=r"^[0-9A-Fa-f]{8}$", description="报告上的编号", examples=["1A2B3C4D"])]
_AROUND: Final = 2.0
_LONGEST: Final = 60.0


@routes.get("/findings", summary="判定列表", responses=responses(422))
def list_findings(services: Wired, who: Who, chosen: Annotated[Listing, Query()]) -> Paged[FindingOut]:
    """现行的判定,按录音时间从新到旧;筛选同录音列表。"""
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
        page = lists.findings(session, filters, cursor=chosen.cursor, limit=chosen.limit)
        return Paged(items=[finding_for(who, row) for row in page.items], next=page.next)


class ReasonCount(Out):
    """How often a reason decided."""

    code: Annotated[ReasonCode | None, Field(description="原因代码;没有留下原因的为 null", examples=["not-said"])]
    text: Annotated[str, Field(description="这个代码的中文说法,其中的数值和原话写作“…”", examples=["没有听到应说的话"])]
    count: Annotated[int, Field(description="有几个判定")]


@routes.get("/findings/reasons", summary="判定按原因计数", responses=responses(422))
def count_reasons(services: Wired, who: Who, chosen: Annotated[Selection, Query()]) -> list[ReasonCount]:
    """各原因有多少现行的判定,从多到少;筛选同判定列表。"""
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
        found = lists.reasons(session, filters)
    return [ReasonCount(code=code, text=outline(code) if code else "没有留下原因", count=n) for code, n in found]


@routes.get("/findings/{finding_id}", summary="一个判定", responses=responses(404))
def get_finding(services: Wired, who: Who, finding_id: Number) -> FindingOut:
    """一个判定及其首个证据;全部证据在稽核结果里。"""
    with services.database.read() as session:
        return finding_for(who, rows.finding(session, who, finding_id))


@routes.get("/findings/codes/{code}", summary="按报告上的编号找判定", responses=responses(404))
def find_by_code(services: Wired, who: Who, code: PrintedCode) -> list[FindingOut]:
    """报告中每项后面印着的 8 位编号,对应现行稽核结果中的哪个判定。"""
    with services.database.read() as session:
        found = [row for row in audits.coded(session, code.upper()) if rows.may_see(who, row)]
        if not found:
            raise NotFoundError(f"编号 {code}", "没有这个判定", "请检查编号;重新稽核后编号可能改变")
        return [finding_for(who, row) for row in found]


@routes.get(
    "/findings/{finding_id}/clip",
    summary="一个判定的声音",
    response_class=Response,
    responses={200: {"content": {"audio/wav": {}}, "description": "WAV"}, **responses(404, 409, 422)},
)
def get_clip(services: Wired, who: Who, finding_id: Number, beep: Beep = False) -> Response:
    """首个证据前后各 2 秒的声音(WAV),最长 60 秒;没有查看个人信息权限的,个人信息以提示音遮盖。"""
    with services.database.read() as session:
        found = rows.finding(session, who, finding_id)
        row = recordings.get(session, found.recording_id)
        beeps = beeps_for(session, who, row.id, beep)
    if found.start is None or found.end is None:
        raise NotFoundError(f"判定 {finding_id}", "没有可以听的证据", "它的依据是没有听到某句话,请听整个录音")
    start = max(0.0, found.start - _AROUND)
    end = min(found.end + _AROUND, start + _LONGEST)
    return clip(services, row, Span(start=start, end=end), beeps)


class SearchIn(Listing):
    """What to look for, and in which recordings."""

    text: Annotated[Name, Field(description="要找的文字,一个字也可以;标点和空格不计", examples=["不归我管"])]
    said_by: Annotated[Role | None, Field(description="只要谁说的:staff 工作人员,citizen 群众")] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class Passage(Out):
    """Where it was said."""

    start: float
    end: float
    role: Role
    text: str
    places: Annotated[list[tuple[int, int]], Field(description="text 中说到的地方:从第几个字到第几个字之前,从 0 数起")]


class SearchHit(Out):
    """A recording in which it was said."""

    recording: RecordingOut
    passages: list[Passage]


@routes.get("/search", summary="全文搜索", responses=responses(422))
def search_text(services: Wired, who: Who, chosen: Annotated[SearchIn, Query()]) -> Paged[SearchHit]:
    """在转写中找一段话,从新到旧,并给出它出现的位置;筛选同录音列表。"""
    what = search.sought(chosen.text, sounds_like=chosen.sounds_like)
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
        page = lists.recordings(session, filters, cursor=chosen.cursor, limit=chosen.limit)
        hits = (_hit(session, who, row, what, chosen.said_by) for row in page.items)
        return Paged(items=[hit for hit in hits if hit.passages or chosen.said_by is None], next=page.next)


def _hit(session: Session, who: Identity, row: RecordingRow, what: Sought, said_by: Role | None) -> SearchHit:
    heard = audits.spoken(audits.current(session, row.id))
    every = (segment for each in heard for segment in transcript_for(who, each).segments)
    said = (each for each in every if said_by in {None, each.role} and what.places_in(each.text))
    return SearchHit(recording=recording_for(who, row), passages=[_passage(segment, what) for segment in said])


def _passage(segment: Segment, what: Sought) -> Passage:
    places = list(what.places_in(segment.text))
    return Passage(start=segment.start, end=segment.end, role=segment.role, text=segment.text, places=places)
