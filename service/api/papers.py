"""What reports say besides the figures of their own services: by whom they were made, and how others did."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, datetime
from typing import ClassVar, Final, Protocol
from zoneinfo import ZoneInfo

from service.api import selection
from service.api.rules import book_of
from service.api.selection import Selection
from service.api.services import Services
from service.auth.identity import Identity
from service.errors import TooLargeError, UnavailableError
from service.issuing.drafting import Drafting
from service.store import centre, issued
from service.store.base import now
from service.store.lists import Filters
from speechaudit.errors import InputError
from speechaudit.reports import About, ReportSettings
from speechaudit.reports.about import Kind
from speechaudit.reports.compare import Others
from speechaudit.reports.pdf import pdf

_WAITING: Final = threading.BoundedSemaphore(4)
MOST_WITH_ANNEX: Final = 30  # services whose annex is on the page of the report: of more it is a page of its own
MOST_IN_ANNEX: Final = 300  # services that a PDF lists: it is laid out in memory, a page a second


class ReportAsked(Protocol):
    """A time that was asked for, and where its reports are found."""

    since: date | datetime | None
    until: date | datetime | None
    codes: ClassVar[str]

    def files(self, path: str) -> str:
        """Return the address of a report of this time."""
        ...


def about(services: Services, who: Identity, asked: ReportAsked, kind: Kind, path: str, window: str = "") -> About:
    """Return what a report says of itself: `path` is where it is found under the reports."""
    with services.database.read() as session:
        names = {person.number: person.name for person in centre.staff(session)}
        windows = {each.code: each.name for each in centre.windows(session)}
    settings = services.settings
    return About(
        kind=kind,
        centre=settings.centre_name.strip(),
        names=names,
        windows=windows,
        window=window,
        since=_day(asked.since, settings.zone),
        until=_day(asked.until, settings.zone),
        made_at=now().astimezone(settings.zone),
        made_by=who.name,
        appeal_days=settings.appeal_days,
        files=asked.files(path),
        codes=asked.codes,
    )


def _day(when: date | datetime | None, zone: ZoneInfo) -> date | None:
    """Return the day of a moment by the clock of the centre, a day as it is."""
    if not isinstance(when, datetime):
        return when
    return (when.astimezone(zone) if when.tzinfo else when).date()


def with_appeals(about: About, services: Services, who: Identity, chosen: Selection) -> About:
    """Return the same with how many appeals wait for a decision, and how the time before was."""
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
        earlier = drafting(services).earlier(session, filters)
        return replace(about, appeals=issued.appeals(session, filters), earlier=earlier)


def drafting(services: Services) -> Drafting:
    """Return what makes reports, by the rules as they are now."""
    return Drafting(services.settings, services.database, lambda: ReportSettings.of(book_of(services).policy))


def others(services: Services, chosen: Selection, without: frozenset[str], window: str | None) -> Others:
    """Return how others of the centre did in the same time, whoever asks: a mean tells of nobody alone."""
    zone = services.settings.zone
    filters = Filters(since=selection.beginning(chosen.since, zone), until=selection.end(chosen.until, zone))
    return drafting(services).others(filters, without, window)


def rendered(page: str) -> bytes:
    """Return a page as PDF.

    Raises UnavailableError while others wait already, for each holds a thread of the requests, and TooLargeError for
    more text than can be laid out.
    """
    if not _WAITING.acquire(blocking=False):
        raise UnavailableError("PDF", "正在生成的太多", "请过一会儿再下载")
    try:
        return pdf(page)
    except InputError as problem:
        raise TooLargeError(problem.where, problem.problem, problem.cure) from problem
    finally:
        _WAITING.release()


def require_room(services_in_annex: int) -> None:
    """Check that an annex can be laid out. Raises TooLargeError otherwise."""
    if services_in_annex > MOST_IN_ANNEX:
        problem = f"附件有 {services_in_annex} 次服务,超过 PDF 的上限 {MOST_IN_ANNEX} 次"
        raise TooLargeError("annex", problem, "请缩小时间范围,或下载不带附件的 PDF、Excel")
