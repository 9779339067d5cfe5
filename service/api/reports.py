"""Reports per member of staff, per window and for the centre: JSON, HTML, PDF, DOCX or XLSX."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Final, Literal
from urllib.parse import quote, urlencode

from fastapi import Query, Response
from pydantic import Field, TypeAdapter

from service.api import papers, selection
from service.api.access import V1, Who, router
from service.api.imports import XLSX
from service.api.privacy import masked_for, name_for, shown_for
from service.api.problems import responses
from service.api.rules import book_of
from service.api.schemas import Code, In, Name, Out
from service.api.selection import Selection, When
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.identity import Identity
from service.errors import NotFoundError
from service.issuing.drafting import renamed
from service.store import centre, lists
from speechaudit.model import Audit
from speechaudit.reports import About, ReportSettings, StaffReport, build
from speechaudit.reports.compare import Others, main_window
from speechaudit.reports.figures import Figures, RateFigure, ScoreFigure, StaffFigures, StaffOutline, StaffSummary
from speechaudit.reports.html import Annex, outline_page, overview_page, staff_page
from speechaudit.reports.overview import Overview, is_ranked, overview
from speechaudit.reports.tally import summarise
from speechaudit.reports.xlsx import overview_book, staff_book

routes = router("报告")
Format = Literal["json", "html", "pdf", "docx", "xlsx"]
PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_STYLES_ONLY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)
_FORMATS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}, PDF: {}, DOCX: {}, XLSX: {}}, "description": "按 format"},
    **responses(404),
}


class Period(In):
    """Of what time, and how it is to be shown."""

    place: ClassVar[str] = f"{V1}/reports"
    home: ClassVar[str] = ""
    codes: ClassVar[str] = f"{V1}/findings/codes/"
    since: Annotated[When | None, Field(description="从这一刻或这一天起", examples=["2026-03-01"])] = None
    until: Annotated[When | None, Field(description="到这一刻之前;若是日期,含这一天", examples=["2026-03-31"])] = None
    format: Annotated[Format, Field(description="格式")] = "json"
    annex: Annotated[bool, Field(description="带附件:全部判定、规则、服务和录音;PDF 和 HTML")] = False

    def link(self, number: str) -> str:
        """Return the address of the same report of a member of staff."""
        return f"{self.files('staff/' + quote(number, safe=''))}format={self.format}"

    def files(self, path: str) -> str:
        """Return the address of a report of the same time, to which its format is added."""
        times = {"since": self.since, "until": self.until}
        known = urlencode({name: when.isoformat() for name, when in times.items() if when})
        return f"{self.place}/{path}?{known}{'&' if known else ''}"


Asked = Annotated[Period, Query()]


class StaffLine(Out):
    """One member of staff in the report of many; null is whoever nobody registered."""

    staff: str | None
    ranked: Annotated[bool, Field(description="样本足够,可以排名")]
    encounters: int
    score: ScoreFigure
    passed: RateFigure
    vetoed: int
    unclear: int
    link: str | None


class OverviewOut(Out):
    """The report of a window or of the centre."""

    settings: ReportSettings
    figures: Figures
    unclear: int
    cautions: list[str]
    staff: list[StaffLine]


@routes.get("/reports/staff/{number}", summary="人员报告", response_model=StaffReport, responses=_FORMATS)
def staff_report(services: Wired, who: Who, number: Code, period: Asked) -> Response:
    """一位工作人员的得分、违反和做得好的地方,每项都有原话和条款。"""
    with services.database.read() as session:
        person = rows.staff(who, centre.staff_member(session, number))
    chosen = Selection(staff=(person.number,), since=period.since, until=period.until)
    made = _outlined if period.format in {"html", "pdf"} and not period.annex else _whole
    return made(services, who, person.number, chosen, period)


def _outlined(services: Services, who: Identity, number: str, chosen: Selection, period: Period) -> Response:
    """Answer with the paper alone; on a page of few services its annex is there to be opened."""
    with services.database.read() as session:
        filters = replace(selection.filters(session, who, chosen, services.settings.zone), parts=True)
    report = papers.drafting(services).outline(filters, number, shown_for(who))
    if report is None:
        raise _NOTHING
    if period.format == "html" and len(report.encounters) <= papers.MOST_WITH_ANNEX:
        return _whole(services, who, number, chosen, period)
    about, others = _beside(services, who, chosen, period, report)
    if period.format == "pdf":
        return document_file(papers.rendered(outline_page(report, about, others)), PDF, f"{number}.pdf")
    return document_page(outline_page(report, about, others, home=period.home, annex="apart"))


def _whole(services: Services, who: Identity, number: str, chosen: Selection, period: Period) -> Response:
    """Answer with all that there is of one member of staff."""
    found = [masked_for(who, audit) for audit in _audits(services, who, chosen)]
    built = build(found, ReportSettings.of(book_of(services).policy))
    report = next((each for each in built if each.staff == number), None)
    if report is None:
        raise _NOTHING
    if period.format == "json":
        return Response(_STAFF.dump_json(report), media_type="application/json")
    if period.format == "xlsx":
        return document_file(staff_book(report), XLSX, f"{number}.xlsx")
    about, others = _beside(services, who, chosen, period, report)
    if period.format == "docx":
        from speechaudit.reports.docx import staff_document

        return document_file(staff_document(report, about, others), DOCX, f"{number}.docx")
    if period.format == "pdf":
        papers.require_room(len(report.encounters))
        return document_file(papers.rendered(staff_page(report, about, others, annex="open")), PDF, f"{number}.pdf")
    annex: Annex = "open" if period.annex else "closed"
    return document_page(staff_page(report, about, others, home=period.home, annex=annex))


def _beside(
    services: Services, who: Identity, chosen: Selection, period: Period, report: StaffReport | StaffOutline
) -> tuple[About, Others]:
    """Return what the report of one person says besides its own figures."""
    (number,) = chosen.staff
    about = papers.about(services, who, period, "staff", f"staff/{quote(number, safe='')}")
    about = papers.with_appeals(about, services, who, chosen)
    window = main_window(report.encounters)
    return about, papers.others(services, chosen, without=frozenset({number}), window=window)


_NOTHING: Final = NotFoundError("报告", "这段时间没有稽核结果", "请换一段时间")
_STAFF: Final = TypeAdapter(StaffReport)


@routes.get(
    "/reports/windows/{code}", summary="窗口报告", response_model=OverviewOut, responses=_FORMATS | responses(409)
)
def window_report(services: Wired, who: Who, code: Name, period: Asked) -> Response:
    """一个窗口的所有人员。"""
    with services.database.read() as session:
        window = rows.window(who, centre.window(session, code))
    chosen = Selection(window=(window.code,), since=period.since, until=period.until)
    reports = _build(services, who, chosen)
    path = f"windows/{quote(window.code, safe='')}"
    about = papers.about(services, who, period, "window", path, window.code)
    about = papers.with_appeals(about, services, who, chosen)
    inside = frozenset(report.staff for report in reports if report.staff)
    view = _exemplified(services, who, chosen, reports)
    return _overview(view, period, about, lambda: papers.others(services, chosen, inside, None))


@routes.get("/reports/centre", summary="中心报告", response_model=OverviewOut, responses=_FORMATS)
def centre_report(services: Wired, who: Who, period: Asked) -> Response:
    """整个中心的所有人员。"""
    chosen = Selection(since=period.since, until=period.until)
    about = papers.about(services, who, period, "centre", "centre")
    about = papers.with_appeals(about, services, who, chosen)
    return _overview(_exemplified(services, who, chosen, _build(services, who, chosen)), period, about, Others)


def _build(services: Services, who: Identity, chosen: Selection) -> tuple[StaffSummary, ...]:
    """Build the report of many. Raises NotFoundError if there is nothing to report."""
    zone = services.settings.zone
    with services.database.read() as session:
        found = lists.tallied(session, selection.filters(session, who, chosen, zone), zone)
    if not found:
        raise _NOTHING
    shown = (renamed(each, name_for(who, each.entry.file)) for each in found)
    return summarise(shown, ReportSettings.of(book_of(services).policy))


def _exemplified(services: Services, who: Identity, chosen: Selection, reports: tuple[StaffSummary, ...]) -> Overview:
    """Return the overview with what was said in the worst case of each problem, as this person may read it."""
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
    view = overview(reports, reports[0].settings)
    return papers.drafting(services).with_examples(view, filters, lambda audit: masked_for(who, audit))


def _audits(services: Services, who: Identity, chosen: Selection) -> list[Audit]:
    """Return those that count, also calls of colleagues in which the chosen staff had a part."""
    zone = services.settings.zone
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, zone)
        found = lists.current_audits(session, replace(filters, parts=True), zone)
    if not found:
        raise _NOTHING
    return found


def _overview(view: Overview, period: Period, about: About, others: Callable[[], Others]) -> Response:
    """Answer in the format that is asked for; with others is compared only where it shows."""
    name = about.window or "centre"
    if period.format == "json":
        return Response(_told(view, period).model_dump_json(), media_type="application/json")
    if period.format == "xlsx":
        return document_file(overview_book(view), XLSX, f"{name}.xlsx")
    if period.format == "docx":
        from speechaudit.reports.docx import overview_document

        return document_file(overview_document(view, about, others()), DOCX, f"{name}.docx")
    links = {r.staff: period.link(r.staff) if r.staff else "" for r in view.reports}
    if period.format == "pdf":
        page = overview_page(view, about, others(), links, annex="open" if period.annex else "none")
        return document_file(papers.rendered(page), PDF, f"{name}.pdf")
    return document_page(overview_page(view, about, others(), links))


def _told(view: Overview, period: Period) -> OverviewOut:
    return OverviewOut(
        settings=view.settings,
        figures=view.figures,
        unclear=view.unclear,
        cautions=list(view.cautions),
        staff=[_line(report, period) for report in (*view.ranked, *view.few)],
    )


def _line(report: StaffFigures, period: Period) -> StaffLine:
    figures = report.figures
    return StaffLine(
        staff=report.staff,
        ranked=is_ranked(report),
        encounters=figures.encounters,
        score=figures.score,
        passed=figures.passed,
        vetoed=figures.vetoed,
        unclear=report.doubts,
        link=period.link(report.staff) if report.staff else None,
    )


def document_page(page: str) -> Response:
    """Answer with a page that may load nothing."""
    content = page.encode("utf-8", "backslashreplace")
    return Response(content, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _STYLES_ONLY})


def document_file(content: bytes, media_type: str, name: str) -> Response:
    """Answer with a file to keep."""
    shown = quote(f"报告-{name}", safe="")
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{shown}"}
    )
