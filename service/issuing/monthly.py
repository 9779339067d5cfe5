"""Keeps reports as they are issued: those of each month by themselves, any on request."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from service.errors import NotFoundError, ServiceError
from service.issuing.drafting import Days, Drafting, ReportDraft, next_month
from service.store import Database, centre, issued, lists, telling
from service.store.base import now
from service.store.issued import IssuedReport, Subject
from speechaudit.reports import kept
from speechaudit.reports.about import chinese_day

log = logging.getLogger(__name__)
BY_ITSELF: Final = "每月自动签发"
_AT_ONCE: Final = 20  # reports in a round, so that none takes long
_PATIENCE: Final = timedelta(days=5)  # for recordings of the month that are still being worked on


def keep(
    database: Database, draft: ReportDraft, *, occasion: str | None = None, replaces: int | None = None
) -> int | None:
    """Keep a report and tell whom it is about; give its number, None if its occasion was reported already."""
    row = IssuedReport(
        kind=draft.subject.kind,
        staff_id=draft.subject.staff_id,
        window_id=draft.subject.window_id,
        since=draft.days.since,
        until=draft.days.until,
        occasion=occasion,
        made_at=draft.paper.about.made_at,
        made_by=draft.made_by,
        rulebook_version="、".join(draft.versions)[:200],
        model="、".join(draft.models)[:200],
        replaces=replaces,
    )
    content = kept.dump(draft.paper)
    with database.write() as session:
        if issued.add(session, row, content, draft.basis, draft.quotations) is None:
            return None
        span = f"{chinese_day(draft.days.since)}至{chinese_day(draft.days.until)}"
        telling.report_issued(session, row, span)
        return row.id


class Monthly:
    """Issues the reports of each month that is over. Several may run: none is issued twice, and none is lost."""

    def __init__(self, drafting: Drafting) -> None:
        self._drafting, self._database = drafting, drafting.database

    def run(self) -> int:
        """Issue some reports that are due, and give how many. Raises UnavailableError."""
        with self._drafting.comparing_all():
            return self._some()

    def _some(self) -> int:
        today = now().astimezone(self._drafting.settings.zone).date()
        made = 0
        for month in self._months(today):
            for occasion, subject in self._due(month):
                made += self._issue(month, occasion, subject, today)
                if made >= _AT_ONCE:
                    return made
        return made

    def _months(self, today: date) -> list[str]:
        """Return the months that are over, from the last of which anything was issued; at first only the last one."""
        last = today.replace(day=1) - timedelta(days=1)
        with self._database.read() as session:
            known = issued.latest_month(session) or f"{last:%Y-%m}"
        first, months = date.fromisoformat(f"{known}-01"), []
        while first <= last:
            months.append(f"{first:%Y-%m}")
            first = next_month(first)
        return months

    def _due(self, month: str) -> list[tuple[str, Subject]]:
        with self._database.read() as session:
            subjects = [
                *((f"staff {each.id}", Subject(staff_id=each.id)) for each in centre.staff(session)),
                *((f"window {each.id}", Subject(window_id=each.id)) for each in centre.windows(session)),
                ("centre", Subject()),
            ]
            done = issued.occasions(session, month)
        return [(f"{month} {name}", subject) for name, subject in subjects if f"{month} {name}" not in done]

    def _issue(self, month: str, occasion: str, subject: Subject, today: date) -> bool:
        """Issue one, and give whether it was; what cannot be made keeps no other back."""
        days = Days.of_month(month)
        if today < days.until + _PATIENCE and self._unfinished(subject, days):
            return False
        try:
            draft = self._drafting.draft(subject, days, BY_ITSELF)
        except NotFoundError:
            return False
        except ServiceError as problem:
            log.warning("the report %s cannot be issued: %s", occasion, problem)
            return False
        return keep(self._database, draft, occasion=occasion) is not None

    def _unfinished(self, subject: Subject, days: Days) -> bool:
        filters = self._drafting.filters(subject, days)
        with self._database.read() as session:
            waiting = replace(filters, status="queued"), replace(filters, status="running")
            return any(lists.count(session, each, 1) for each in waiting)
