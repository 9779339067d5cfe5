"""What changed since a report was issued: the verdicts that it stood on and its figures, beside those of today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.issuing.drafting import Days, Drafting
from service.store import issued
from service.store.issued import IssuedReport, Stood, Subject
from speechaudit.reports import kept
from speechaudit.reports.paper import Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodChange:
    """A verdict that stands otherwise than when a report was issued; None where it did not stand, or stands no more."""

    recording_id: int
    title: str
    before: Stood | None
    after: Stood | None
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """A figure when a report was issued, and now; None where there is none."""

    name: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedDifference:
    """What changed since a report was issued."""

    figures: tuple[FigureChange, ...]
    changes: tuple[StoodChange, ...]


def paper_of(session: Session, row: IssuedReport) -> Paper:
    """Return the paper of an issued report."""
    return kept.load(issued.content_of(row), issued.words_of(session, row.id))


def difference(drafting: Drafting, issued_id: int) -> IssuedDifference:
    """Compare an issued report with one of the same days as it would be made now. Raises NotFoundError."""
    with drafting.database.read() as session:
        row = issued.get(session, issued_id)
        subject = Subject(staff_id=row.staff_id, window_id=row.window_id)
        days, before = Days(since=row.since, until=row.until), issued.basis_of(row)
        paper = paper_of(session, row)
    try:
        present = drafting.draft(subject, days, "")
    except NotFoundError:  # all of its recordings went
        present = None
    with drafting.database.read() as session:
        gone = issued.missing(session, {each.recording_id for each in before})
    figures = tuple(_figures(paper, present.paper if present else None))
    return IssuedDifference(figures=figures, changes=tuple(_changes(before, present.basis if present else (), gone)))


def _changes(before: Sequence[Stood], after: Sequence[Stood], gone: set[int]) -> Iterator[StoodChange]:
    old = {(each.recording_id, each.key): each for each in before}
    new = {(each.recording_id, each.key): each for each in after}
    for key in sorted({*old, *new}):
        was, stands = old.get(key), new.get(key)
        told = was or stands
        if told is None or (was and stands and (was.verdict, was.points) == (stands.verdict, stands.points)):
            continue
        yield StoodChange(recording_id=key[0], title=told.title, before=was, after=stands, deleted=key[0] in gone)


def _figures(before: Paper, after: Paper | None) -> Iterator[FigureChange]:
    values: tuple[tuple[str, Callable[[Paper], float | None]], ...] = (
        ("均分", lambda paper: paper.figures.score.mean),
        ("服务", lambda paper: paper.figures.encounters),
        ("已评服务", lambda paper: paper.figures.score.n),
        ("合格", lambda paper: paper.figures.passed.hits),
        ("一票否决", lambda paper: paper.figures.vetoed),
        ("复核后改变的判定", lambda paper: paper.figures.decisions.changed),
        ("等待裁定的申诉", lambda paper: paper.about.appeals),
    )
    for name, value in values:
        yield FigureChange(name=name, before=value(before), after=value(after) if after else None)
