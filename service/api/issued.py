"""Reports that were issued: the list, each as it was issued, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from fastapi import Query, Response
from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from service.api import papers
from service.api.access import V1, Who, router
from service.api.imports import XLSX
from service.api.problems import responses
from service.api.reports import DOCX, PDF, document_file, document_page
from service.api.schemas import Code, In, Name, Number, Out, Paged
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import NotFoundError, RequestError
from service.issuing import difference, monthly
from service.issuing.difference import StoodChange
from service.issuing.drafting import Days
from service.store import centre, issued
from service.store.issued import IssuedReport, Kind, Stood, Subject
from service.store.pages import MOST
from speechaudit.model import Verdict
from speechaudit.reports.about import TITLES
from speechaudit.reports.html import paper_page
from speechaudit.reports.paper import Paper
from speechaudit.reports.xlsx import paper_book

routes = router("报告")
_NEEDS: Final[dict[Kind, Permission]] = {
    "staff": Permission.REPORTS_STAFF,
    "window": Permission.REPORTS_WINDOWS,
    "centre": Permission.REPORTS_CENTRE,
}
_FORMATS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}, PDF: {}, DOCX: {}, XLSX: {}}, "description": "按 format"},
    **responses(404),
}


class IssuedOut(Out):
    """An issued report, without its content."""

    id: int
    kind: Kind
    title: Annotated[str, Field(description="人员、窗口或中心语音报告")]
    code: Annotated[str | None, Field(description="工号或窗口代码;中心为 null")]
    name: str | None
    since: date
    until: date
    made_at: datetime
    made_by: str
    rulebook_version: str
    model: str
    digest: Annotated[str, Field(description="内容(JSON)的 SHA-256;签发以后不变")]
    replaces: Annotated[int | None, Field(description="代替哪一份")]
    replaced_by: Annotated[int | None, Field(description="被哪一份代替")]


class IssuedListing(In):
    """Which page of the list."""

    cursor: Annotated[str | None, Field(max_length=500, description="上一页给出的 next")] = None
    limit: Annotated[int, Field(ge=1, le=MOST, description="每页几项")] = 50


class IssueIn(In):
    """What is to be issued: of a member of staff, a window, or, without either, of the centre."""

    staff: Annotated[Code | None, Field(description="工号")] = None
    window: Annotated[Name | None, Field(description="窗口代码")] = None
    since: Annotated[date, Field(description="从这一天起", examples=["2026-03-01"])]
    until: Annotated[date, Field(description="到这一天,含这一天", examples=["2026-03-31"])]
    replaces: Annotated[int | None, Field(ge=1, le=2**63 - 1, description="更正:代替第几号报告")] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.staff is not None and self.window is not None:
            raise ValueError("staff 和 window 只能填一个")
        if self.since > self.until:
            raise ValueError("since 在 until 之后")
        if not 1970 <= self.since.year <= self.until.year <= 9998:
            raise ValueError("日期应在 1970 年到 9998 年之间")
        return self


class IssuedAsked(In):
    """In which format."""

    home: ClassVar[str] = ""
    place: ClassVar[str] = f"{V1}/reports/issued"
    codes: ClassVar[str] = f"{V1}/findings/codes/"
    format: Annotated[Literal["json", "html", "pdf", "docx", "xlsx"], Field(description="格式")] = "json"


class StoodOut(Out):
    """A verdict and what it cost."""

    verdict: Verdict
    points: float


class StoodChangeOut(Out):
    """A verdict that stands otherwise; null where it did not stand, or stands no more."""

    recording_id: int
    title: str
    before: StoodOut | None
    after: StoodOut | None
    deleted: Annotated[bool, Field(description="录音已经删除")]


class FigureChangeOut(Out):
    """A figure then and now."""

    name: str
    before: float | None
    after: float | None


class IssuedDifferenceOut(Out):
    """What changed since a report was issued."""

    figures: list[FigureChangeOut]
    changes: list[StoodChangeOut]


@routes.get("/reports/issued", summary="已签发的报告")
def list_issued(services: Wired, who: Who, listing: Annotated[IssuedListing, Query()]) -> Paged[IssuedOut]:
    """新的在前:工作人员只有自己的;窗口负责人有本窗口的,和那段时间只在本窗口服务的人的。"""
    with services.database.read() as session:
        found = issued.page(
            session,
            [kind for kind in _NEEDS if _kind_allowed(who, kind)],
            staff_id=(who.staff_id or 0) if who.role == "staff" else None,
            window_ids=who.window_ids if who.role == "lead" else None,
            cursor=listing.cursor,
            limit=listing.limit,
        )
        newer = issued.replaced(session, [row.id for row in found.items])
    return Paged[IssuedOut].model_validate(found.map(lambda row: told(row, newer.get(row.id))))


def _kind_allowed(who: Identity, kind: Kind) -> bool:
    return _NEEDS[kind] in who.permissions


def _may_read(session: Session, who: Identity, row: IssuedReport) -> bool:
    """Return whether somebody reads a report: of a lead's people none that tells of windows of others."""
    own = who.role != "staff" or row.staff_id == who.staff_id
    here = who.role != "lead" or issued.is_of_windows(session, row.id, who.window_ids)
    return _kind_allowed(who, row.kind) and own and here


def told(row: IssuedReport, replaced_by: int | None) -> IssuedOut:
    """Return what a list says of a report."""
    place = row.staff or row.window
    return IssuedOut(
        id=row.id,
        kind=row.kind,
        title=TITLES[row.kind],
        code=row.staff.number if row.staff else row.window.code if row.window else None,
        name=place.name if place else None,
        since=row.since,
        until=row.until,
        made_at=row.made_at,
        made_by=row.made_by,
        rulebook_version=row.rulebook_version,
        model=row.model,
        digest=row.digest,
        replaces=row.replaces,
        replaced_by=replaced_by,
    )


@routes.post("/reports/issued", summary="签发报告", status_code=201, responses=responses(404, 409))
def issue(services: Wired, who: Who, asked: IssueIn) -> IssuedOut:
    """按现在的判定签发一份,以后不再改变。更正是另一份,写明代替哪一份。"""
    subject = _subject(services, asked)
    days = Days(since=asked.since, until=asked.until)
    if asked.replaces is not None:
        _require_same(services, asked.replaces, subject)
    draft = papers.drafting(services).draft(subject, days, who.name, asked.replaces)
    number = monthly.keep(services.database, draft, replaces=asked.replaces)
    assert number is not None  # only an occasion can be taken
    return get_issued(services, who, number)


def _subject(services: Services, asked: IssueIn) -> Subject:
    with services.database.read() as session:
        if asked.staff is not None:
            return Subject(staff_id=centre.staff_member(session, asked.staff).id)
        if asked.window is not None:
            return Subject(window_id=centre.window(session, asked.window).id)
    return Subject()


def _require_same(services: Services, number: int, subject: Subject) -> None:
    """Check that a correction is about the same. Raises NotFoundError, RequestError."""
    with services.database.read() as session:
        row = issued.get(session, number)
        if Subject(staff_id=row.staff_id, window_id=row.window_id) != subject:
            raise RequestError("replaces", f"第 {number} 号不是同一对象的报告", "请检查编号")


def seen(services: Services, who: Identity, number: int) -> tuple[IssuedReport, Paper]:
    """Return a report that may be seen. Raises NotFoundError."""
    with services.database.read() as session:
        row = issued.get(session, number)
        if not _may_read(session, who, row):
            raise NotFoundError(f"报告 {number}", "没有签发,或已过保存期限", "请看已签发报告的列表")
        return row, difference.paper_of(session, row)


def get_issued(services: Services, who: Identity, number: int) -> IssuedOut:
    """Return what the list says of one report."""
    row, _ = seen(services, who, number)
    with services.database.read() as session:
        return told(row, issued.replaced(session, [number]).get(number))


@routes.get(
    "/reports/issued/{issued_id}", summary="签发的报告", response_model=IssuedOut, responses=_FORMATS | responses(409)
)
def show_issued(services: Wired, who: Who, issued_id: Number, asked: Annotated[IssuedAsked, Query()]) -> Response:
    """照签发时的样子;录音已删除的,引用它的原话不再有。"""
    row, paper = seen(services, who, issued_id)
    if asked.format == "json":
        return Response(get_issued(services, who, issued_id).model_dump_json(), media_type="application/json")
    stamped = replace(paper, facts=(*paper.facts, ("签发编号", f"第 {row.id} 号"), ("内容校验", row.digest[:16])))
    name = f"第{row.id}号"
    if asked.format == "docx":
        from speechaudit.reports.docx import paper_document

        return document_file(paper_document(stamped), DOCX, f"{name}.docx")
    if asked.format == "xlsx":
        return document_file(paper_book(stamped), XLSX, f"{name}.xlsx")
    if asked.format == "pdf":
        return document_file(papers.rendered(paper_page(stamped)), PDF, f"{name}.pdf")
    linked = replace(stamped.about, files="", codes=asked.codes)
    return document_page(paper_page(replace(stamped, about=linked), home=asked.home))


@routes.get("/reports/issued/{issued_id}/difference", summary="签发以后的变化", responses=responses(404, 409))
def show_difference(services: Wired, who: Who, issued_id: Number) -> IssuedDifferenceOut:
    """同一时段按现在的判定再算一遍,与签发时比较:改变了的判定、得分和次数。"""
    seen(services, who, issued_id)
    found = difference.difference(papers.drafting(services), issued_id)
    return IssuedDifferenceOut(
        figures=[FigureChangeOut.model_validate(each) for each in found.figures], changes=_changes(found.changes)
    )


def _changes(found: Sequence[StoodChange]) -> list[StoodChangeOut]:
    return [
        StoodChangeOut(
            recording_id=each.recording_id,
            title=each.title,
            before=_stood(each.before),
            after=_stood(each.after),
            deleted=each.deleted,
        )
        for each in found
    ]


def _stood(found: Stood | None) -> StoodOut | None:
    return found and StoodOut(verdict=found.verdict, points=found.points)
