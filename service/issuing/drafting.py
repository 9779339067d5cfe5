"""Makes reports to be issued, by the settings of the centre, and what reports on request need of the database.

What is issued is read by people of several roles: numbers and addresses are masked in it, whoever issues it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.settings import Settings
from service.store import Database, Filters, audits, centre, issued, lists, recordings, today
from service.store.audits import FindingRow
from service.store.base import now
from service.store.centre import Staff, Window
from service.store.issued import Quotation, Stood, Subject
from service.store.today import ScoreSum
from speechaudit.model import Audit
from speechaudit.privacy import masked_audit, masked_name, masked_quote
from speechaudit.reports import About, ReportSettings, kept
from speechaudit.reports.about import EarlierScore
from speechaudit.reports.compare import Others, compare, main_window
from speechaudit.reports.figures import Moment, RecordingEntry, ScoreFigure, StaffOutline, StaffSummary
from speechaudit.reports.gather import moments_in
from speechaudit.reports.moments import NumberedEncounter, moments_of
from speechaudit.reports.outline import outline_of
from speechaudit.reports.overview import Overview, overview
from speechaudit.reports.paper import MOST_MOMENTS, Paper, overview_paper, shortened, staff_paper
from speechaudit.reports.sameness import contrasts, seated
from speechaudit.reports.tally import TalliedRecording, summarise
from speechaudit.served import served

MOST_COMPARED: Final = lists.MOST  # recordings, as many as a report of the centre can hold
_NOTHING: Final = NotFoundError("报告", "这段时间没有稽核结果", "请换一段时间")


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days that a report is about, both included."""

    since: date
    until: date

    @classmethod
    def of_month(cls, month: str) -> Days:
        """Return the days of a month (2026-03)."""
        first = date.fromisoformat(f"{month}-01")
        return cls(since=first, until=next_month(first) - timedelta(days=1))


def next_month(first: date) -> date:
    """Return the first day of the month after that of `first`."""
    return (first + timedelta(days=31)).replace(day=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDraft:
    """A report that is made and not kept yet."""

    subject: Subject
    days: Days
    paper: Paper
    basis: tuple[Stood, ...]
    quotations: tuple[Quotation, ...]
    made_by: str
    versions: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTo:
    """How audits, what is quoted of them and names of files are shown to whom a report is for."""

    audit: Callable[[Audit], Audit]
    quote: Callable[[str], str]
    name: Callable[[str], str]


AS_IT_IS: Final = ShownTo(audit=lambda audit: audit, quote=str, name=str)
MASKED: Final = ShownTo(audit=masked_audit, quote=masked_quote, name=masked_name)


class Drafting:
    """Makes reports of what is in the database, by the settings of the centre."""

    def __init__(self, settings: Settings, database: Database, policy: Callable[[], ReportSettings]) -> None:
        self.settings, self.database, self._policy = settings, database, policy
        self._kept: dict[Filters, tuple[StaffSummary, ...]] | None = None

    @contextmanager
    def comparing_all(self) -> Iterator[None]:
        """Compare within this block with everybody, however many: those of one time are read once for all reports."""
        self._kept = {}
        try:
            yield
        finally:
            self._kept = None

    def draft(self, subject: Subject, days: Days, made_by: str, replaces: int | None = None) -> ReportDraft:
        """Make a report. Raises NotFoundError without anything to report, RequestError with too much of it."""
        filters = self.filters(subject, days)
        with self.database.read() as session:
            about = self._about(session, subject, days, made_by, filters)
            stood = tuple(issued.basis(session, filters))
        made = self._of_staff if subject.kind == "staff" else self._of_several
        paper, recordings = made(filters, about)
        if replaces is not None:
            paper = replace(paper, facts=(*paper.facts, ("更正", f"代替第 {replaces} 号报告")))
        with self.database.read() as session:
            quotations = tuple(_quotations(session, paper, filters))
        return ReportDraft(
            subject=subject,
            days=days,
            paper=paper,
            basis=stood,
            quotations=quotations,
            made_by=made_by,
            versions=tuple(dict.fromkeys(f"{each.rulebook_version}({each.profile})" for each in recordings)),
            models=tuple(dict.fromkeys(each.model for each in recordings)),
        )

    def filters(self, subject: Subject, days: Days) -> Filters:
        """Return what the report of a subject is about."""
        return Filters(
            staff_ids=None if subject.staff_id is None else (subject.staff_id,),
            window_ids=None if subject.window_id is None else (subject.window_id,),
            since=self._midnight(days.since),
            until=self._midnight(days.until + timedelta(days=1)),
        )

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.settings.zone)

    def _about(self, session: Session, subject: Subject, days: Days, made_by: str, filters: Filters) -> About:
        window = session.get(Window, subject.window_id) if subject.window_id else None
        return About(
            kind=subject.kind,
            centre=self.settings.centre_name.strip(),
            names={person.number: person.name for person in centre.staff(session)},
            windows={each.code: each.name for each in centre.windows(session)},
            window=window.code if window else "",
            since=days.since,
            until=days.until,
            made_at=now().astimezone(self.settings.zone),
            made_by=made_by,
            appeal_days=self.settings.appeal_days,
            appeals=issued.appeals(session, filters),
            earlier=self.earlier(session, filters),
        )

    def earlier(self, session: Session, filters: Filters) -> EarlierScore | None:
        """Return the score of the same window or centre in the days before; None for a person, or without whole days.

        Before a whole month that is the month before, else as many days.
        """
        zone = self.settings.zone
        if filters.staff_ids is not None or filters.since is None or filters.until is None:
            return None
        first, after = filters.since.astimezone(zone).date(), filters.until.astimezone(zone).date()
        if (filters.since, filters.until) != (self._midnight(first), self._midnight(after)):
            return None
        whole_month = first.day == 1 and after == next_month(first)
        begin = (first - timedelta(days=1)).replace(day=1) if whole_month else first - (after - first)
        span = self._midnight(begin), filters.since
        sums = sum(today.scores(session, Filters(window_ids=filters.window_ids), [span]).values(), ScoreSum())
        score = ScoreFigure.of_sums(sums.n, sums.total, sums.squares, self._policy())
        return EarlierScore(since=begin, until=first - timedelta(days=1), score=score)

    def _of_staff(self, filters: Filters, about: About) -> tuple[Paper, Sequence[RecordingEntry]]:
        with self.database.read() as session:
            number = session.get_one(Staff, (filters.staff_ids or (0,))[0]).number
        if (report := self.outline(filters, number, MASKED)) is None:
            raise _NOTHING
        others = self.others(filters, frozenset({number}), main_window(report.encounters))
        about = replace(about, names={number: about.names[number]})
        return staff_paper(report, about, others), report.recordings

    def outline(self, filters: Filters, number: str, shown: ShownTo) -> StaffOutline | None:
        """Return what the paper of one member of staff says of a time, as it is `shown`; None without any recording.

        Only the audits of the moments that it shows are read whole. Raises RequestError for too much.
        """
        zone = self.settings.zone
        with self.database.read() as session:
            found = lists.tallied(session, filters, zone, told=True)
            return outline_of(
                number,
                [renamed(each, shown.name(each.entry.file)) for each in found],
                self._policy(),
                quote=shown.quote,
                moments=lambda ids: moments_in(
                    [shown.audit(each) for each in lists.audits_of(session, ids, zone)], number
                ),
            )

    def _of_several(self, filters: Filters, about: About) -> tuple[Paper, Sequence[RecordingEntry]]:
        with self.database.read() as session:
            found = lists.tallied(session, filters, self.settings.zone, most=None)
        if not found:
            raise _NOTHING
        shown = (renamed(each, masked_name(each.entry.file)) for each in found)
        reports = summarise(shown, self._policy())
        inside = frozenset(report.staff for report in reports if report.staff)
        about = replace(about, names={number: name for number, name in about.names.items() if number in inside})
        others = self.others(filters, inside, None) if about.kind == "window" else Others()
        view = self.with_examples(overview(reports, self._policy()), filters, masked_audit)
        return overview_paper(view, about, others), [row for report in reports for row in report.recordings]

    def others(self, filters: Filters, without: frozenset[str], window: str | None) -> Others:
        """Return how others of the centre did in the same time: a mean tells of nobody alone."""
        if (people := self._people(Filters(since=filters.since, until=filters.until))) is None:
            return Others(too_many=True)
        others = compare({each.staff: each.encounters for each in people if each.staff}, without=without, window=window)
        if len(without) != 1:
            return others
        own = contrasts(seated(people), self._policy().minimum_encounters)
        return replace(others, alike=own.get(next(iter(without)), ()))

    def _people(self, everybody: Filters) -> tuple[StaffSummary, ...] | None:
        """Return the figures of all people of a time; None if these are too many to be read for one report."""
        if self._kept is None:
            with self.database.read() as session:
                if lists.count(session, everybody, MOST_COMPARED + 1) > MOST_COMPARED:
                    return None
            return self._summaries(everybody)
        if everybody not in self._kept:
            self._kept.clear()  # one month at a time
            self._kept[everybody] = self._summaries(everybody)
        return self._kept[everybody]

    def _summaries(self, everybody: Filters) -> tuple[StaffSummary, ...]:
        with self.database.read() as session:
            found = lists.tallied(session, everybody, self.settings.zone, most=None)
        return summarise(found, self._policy())

    def with_examples(self, view: Overview, filters: Filters, shown: Callable[[Audit], Audit]) -> Overview:
        """Return the overview with one example for each of the problems that its paper names, as `shown`."""
        named = view.problems[:MOST_MOMENTS]
        with self.database.read() as session:
            told = tuple(
                replace(each, example=self._example(session, each.rule.rule, filters, shown)) for each in named
            )
        return replace(view, problems=told + view.problems[len(named) :])

    def _example(self, session: Session, rule: str, filters: Filters, shown: Callable[[Audit], Audit]) -> Moment | None:
        """Return the moment of a failed rule that cost most."""
        row = issued.example(session, rule, filters)
        if row is None:
            return None
        known = recordings.known(row.recording)
        here = known.started_at.astimezone(self.settings.zone) if known.started_at else None
        audit = audits.counting(session, audits.current(session, row.recording_id))
        audit = shown(replace(audit, recording=replace(known, started_at=here)))
        return next((each for each in moments_of(list(_part(audit, row)), "fail") if each.rule == rule), None)


def renamed(recording: TalliedRecording, file: str) -> TalliedRecording:
    """Return the recording under the name of its file that a reader may see."""
    entry = recording.entry
    return recording if file == entry.file else replace(recording, entry=replace(entry, file=file))


def _part(audit: Audit, row: FindingRow) -> Iterator[NumberedEncounter]:
    """Yield the part of a service that a finding is about."""
    encounter, begun = audit.encounters[row.encounter], audit.recording.started_at
    for part, own in served(encounter):
        if part == row.part:
            yield NumberedEncounter(
                recording=audit.recording,
                number=row.encounter + 1,
                encounter=own,
                begun_at=begun + timedelta(seconds=own.start) if begun else None,
            )


def _quotations(session: Session, paper: Paper, filters: Filters) -> Iterator[Quotation]:
    """Yield the words of a paper with the recordings they come from; those of which nobody knows are not kept."""
    pieces = list(kept.words_in(paper))
    coded = issued.coded(session, [each.code for each in pieces if each.code], filters)
    uncoded = list({each.rule for each in pieces if each.code and each.code not in coded})
    charged = {
        (masked_name(file), number + 1, rule): recording_id
        for file, number, rule, recording_id in (issued.charged(session, uncoded, filters) if uncoded else ())
    }
    merits = [each.rule for each in paper.good if each.quotes]
    said: dict[tuple[str, str], int] = {}
    for rule, quote, recording_id in issued.well_said(session, merits, filters) if merits else ():
        said.setdefault((rule, shortened(masked_quote(quote))), recording_id)
    for each in pieces:
        if each.code:  # rows from before there were codes have none
            whence = coded.get(each.code) or charged.get((each.file, each.service, each.rule))
        else:
            whence = said.get((each.rule, each.content))
        if whence is not None:
            yield Quotation(place=each.place, recording_id=whence, content=each.content)
