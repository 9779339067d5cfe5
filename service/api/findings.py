"""Findings: lists, one finding, the sound of one finding, and search in what was said."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response
from sqlalchemy.orm import Session

from service.api import selection
from service.api.access import Who, router
from service.api.clips import clip
from service.api.privacy import audit_for, beeps_for, finding_for, recording_for
from service.api.problems import responses
from service.api.schemas import Beep, FindingOut, In, Name, Number, Out, Paged, RecordingOut
from service.api.selection import Listing
from service.api.services import Wired
from service.auth import rows
from service.auth.identity import Identity
from service.errors import NotFoundError
from service.store import Filters, audits, lists, recordings, search
from service.store.recordings import RecordingRow
from speechaudit.model import Role, Segment, Span
from speechaudit.text import search_form

routes = router("判定")
_AROUND: Final = 2.0
_LONGEST: Final = 60.0


@routes.get("/findings", summary="判定列表", responses=responses(422))
def list_findings(services: Wired, who: Who, chosen: Annotated[Listing, Query()]) -> Paged[FindingOut]:
    """现行的判定,按录音时间从新到旧;筛选同录音列表。"""
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
        page = lists.findings(session, filters, cursor=chosen.cursor, limit=chosen.limit)
        return Paged(items=[finding_for(who, row) for row in page.items], next=page.next)


@routes.get("/findings/{finding_id}", summary="一个判定", responses=responses(404))
def get_finding(services: Wired, who: Who, finding_id: Number) -> FindingOut:
    """一个判定及其首个证据;全部证据在稽核结果里。"""
    with services.database.read() as session:
        return finding_for(who, rows.finding(session, who, finding_id))


@routes.get(
    "/findings/{finding_id}/clip",
    summary="一个判定的声音",
    response_class=Response,
    responses={200: {"content": {"audio/wav": {}}, "description": "WAV"}, **responses(404, 422)},
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


class SearchIn(In):
    """What to look for."""

    text: Annotated[Name, Query(description="要找的文字,一个字也可以;标点和空格不计", examples=["不归我管"])]
    cursor: Annotated[str | None, Query(max_length=500)] = None
    limit: Annotated[int, Query(ge=1, le=50)] = 20


class Passage(Out):
    """Where it was said."""

    start: float
    end: float
    role: Role
    text: str


class SearchHit(Out):
    """A recording in which it was said."""

    recording: RecordingOut
    passages: list[Passage]


@routes.get("/search", summary="全文搜索", responses=responses(422))
def search_text(services: Wired, who: Who, chosen: Annotated[SearchIn, Query()]) -> Paged[SearchHit]:
    """在所有转写中找一段话,从新到旧,并给出它出现的位置。"""
    term = search.term(chosen.text)
    with services.database.read() as session:
        filters = rows.narrow(who, Filters(text=chosen.text))
        page = lists.recordings(session, filters, cursor=chosen.cursor, limit=chosen.limit)
        return Paged(items=[_hit(session, who, row, term) for row in page.items], next=page.next)


def _hit(session: Session, who: Identity, row: RecordingRow, term: str) -> SearchHit:
    audit = audit_for(who, audits.content(audits.current(session, row.id)))
    said = (s for encounter in audit.encounters for s in encounter.transcript.segments if term in search_form(s.text))
    return SearchHit(recording=recording_for(who, row), passages=[_passage(segment) for segment in said])


def _passage(segment: Segment) -> Passage:
    return Passage(start=segment.start, end=segment.end, role=segment.role, text=segment.text)
