"""Reports as they were issued: kept as they were, whatever is decided later; a correction is another one."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, undefer

from service.errors import ConflictError, NotFoundError
from service.store.audits import FindingCode, FindingRow
from service.store.base import TABLE, Base, Id, Name, Ref, is_sqlite, now, one_at_a_time
from service.store.centre import Staff, Window
from service.store.lists import Filters, place_and_time
from service.store.pages import Page, fetch
from service.store.recordings import RecordingRow
from service.store.reviews.tables import ReviewCase
from speechaudit.model import Verdict

Kind = Literal["staff", "window", "centre"]


class IssuedReport(Base):
    """A report of one member of staff, a window or the centre, of the days `since` to `until`, both included.

    `occasion` names a month that is reported by itself, once. `replaces` is the number of the one that this corrects.
    `content` is the paper without its words, `basis` the verdicts that it stood on, both zlib JSON; `digest` is the
    SHA-256 of the paper's JSON.
    """

    __tablename__ = "issued_reports"
    __table_args__ = (
        Index("ix_issued_time", "made_at", "id"),
        Index("ix_issued_staff", "staff_id", "made_at", "id"),
        Index("ix_issued_window", "window_id", "made_at", "id"),
        Index("ix_issued_replaces", "replaces"),
        TABLE,
    )

    id: Mapped[Id]
    kind: Mapped[Kind] = mapped_column(String(8))
    staff_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("staff.id", ondelete="CASCADE"))
    window_id: Mapped[int | None] = mapped_column(Ref, ForeignKey("windows.id", ondelete="CASCADE"))
    since: Mapped[date]
    until: Mapped[date]
    occasion: Mapped[str | None] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=now)
    made_by: Mapped[Name]
    rulebook_version: Mapped[Name]
    model: Mapped[Name]
    replaces: Mapped[int | None] = mapped_column(Ref)
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    basis: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    staff: Mapped[Staff | None] = relationship()
    window: Mapped[Window | None] = relationship()


class IssuedWords(Base):
    """What a report quotes from a recording, gone with it. `place` is where it stands in the paper."""

    __tablename__ = "issued_words"
    __table_args__ = (Index("ix_issued_words_recording", "recording_id"),)

    issued_id: Mapped[int] = mapped_column(Ref, ForeignKey("issued_reports.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(String(32), primary_key=True)
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"))
    content: Mapped[str] = mapped_column(Text)


class Stood(NamedTuple):
    """A verdict as it stood: of which recording, under which key."""

    recording_id: int
    key: str
    rule: str
    title: str
    verdict: Verdict
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose reports: of a member of staff, of a window, or, without either, of the centre."""

    staff_id: int | None = None
    window_id: int | None = None

    @property
    def kind(self) -> Kind:
        """The kind of its reports."""
        return "staff" if self.staff_id is not None else "window" if self.window_id is not None else "centre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotation:
    """Words with their place in a paper and the recording they come from."""

    place: str
    recording_id: int
    content: str


def add(
    session: Session, row: IssuedReport, content: bytes, basis: Sequence[Stood], quotations: Sequence[Quotation]
) -> IssuedReport | None:
    """Keep a report; None if its occasion was reported already. Words of recordings that just went are left out.

    Raises ConflictError for a correction of what was corrected already: only the last of them counts.
    """
    _require_last(session, row.replaces)
    if row.occasion and session.scalar(select(IssuedReport.id).where(IssuedReport.occasion == row.occasion)):
        return None
    row.digest = hashlib.sha256(content).hexdigest()
    row.content = zlib.compress(content)
    row.basis = zlib.compress(json.dumps(basis, ensure_ascii=False).encode())
    session.add(row)
    session.flush()
    ids = {each.recording_id for each in quotations}
    there = set(session.scalars(select(RecordingRow.id).where(RecordingRow.id.in_(ids)).with_for_update(read=True)))
    for each in quotations:
        if each.recording_id in there:
            known = {"issued_id": row.id, "recording_id": each.recording_id}
            session.add(IssuedWords(place=each.place, content=each.content, **known))
    session.flush()
    return row


def _require_last(session: Session, number: int | None) -> None:
    if number is None:
        return
    one_at_a_time(session, f"correction-{number}")
    if newer := replaced(session, [number]).get(number):
        raise ConflictError("replaces", f"第 {number} 号已由第 {newer} 号代替", f"请看第 {newer} 号,要改就更正它")


def get(session: Session, issued_id: int) -> IssuedReport:
    """Return a report with its content. Raises NotFoundError."""
    whole = (undefer(IssuedReport.content), undefer(IssuedReport.basis), *_NAMED)
    row = session.get(IssuedReport, issued_id, options=whole)
    if row is None:
        raise NotFoundError(f"报告 {issued_id}", "没有签发,或已过保存期限", "请看已签发报告的列表")
    return row


_NAMED: Any = joinedload(IssuedReport.staff), joinedload(IssuedReport.window)


def content_of(row: IssuedReport) -> bytes:
    """Return the JSON of the paper."""
    return zlib.decompress(row.content)


def basis_of(row: IssuedReport) -> list[Stood]:
    """Return the verdicts that a report stood on."""
    return [Stood(*each) for each in json.loads(zlib.decompress(row.basis))]


def words_of(session: Session, issued_id: int) -> dict[str, str]:
    """Return the words of a report that are still there, by place."""
    rows = session.scalars(select(IssuedWords).where(IssuedWords.issued_id == issued_id))
    return {row.place: row.content for row in rows}


def page(
    session: Session,
    kinds: Sequence[Kind],
    *,
    staff_id: int | None = None,
    window_ids: Sequence[int] | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[IssuedReport]:
    """Return a page of reports of these kinds, newest first, if need be only of this person, or of these windows.

    With windows come the people who in the days of their report served there alone.
    """
    wanted = select(IssuedReport).where(IssuedReport.kind.in_(kinds)).options(*_NAMED)
    if staff_id is not None:
        wanted = wanted.where(IssuedReport.staff_id == staff_id)
    if window_ids is not None:
        wanted = wanted.where(_of_windows(session, window_ids))
    return fetch(session, wanted, (IssuedReport.made_at, IssuedReport.id), cursor, limit)


def is_of_windows(session: Session, issued_id: int, window_ids: Sequence[int]) -> bool:
    """Return whether a report is of one of these windows, or of somebody who in its days served there alone."""
    mine = IssuedReport.id == issued_id, _of_windows(session, window_ids)
    return session.scalar(select(IssuedReport.id).where(*mine)) is not None


def _of_windows(session: Session, window_ids: Sequence[int]) -> Any:
    """Return the condition for that; the day before counts too, since days begin elsewhere at another hour."""
    since: Any = IssuedReport.since
    begun = func.date(since, "-1 day") if is_sqlite(session) else since - 1

    def served(row: Any, *where: Any) -> Any:
        within = row.staff_id == IssuedReport.staff_id, row.occurred_at >= begun, row.occurred_at < IssuedReport.made_at
        return exists().where(*within, *where).correlate(IssuedReport)

    def elsewhere(row: Any) -> Any:
        return or_(row.window_id.is_(None), row.window_id.not_in(window_ids))

    here = served(RecordingRow, RecordingRow.window_id.in_(window_ids))
    away = or_(
        served(RecordingRow, elsewhere(RecordingRow)), served(FindingRow, FindingRow.current, elsewhere(FindingRow))
    )
    person = and_(IssuedReport.kind == "staff", here, ~away)
    return or_(and_(IssuedReport.kind == "window", IssuedReport.window_id.in_(window_ids)), person)


def replaced(session: Session, ids: Sequence[int]) -> Mapping[int, int]:
    """Return which of these reports were replaced, and the number of the latest that did."""
    wanted = select(IssuedReport.replaces, func.max(IssuedReport.id)).where(IssuedReport.replaces.in_(ids))
    return {old: new for old, new in session.execute(wanted.group_by(IssuedReport.replaces)) if old is not None}


def occasions(session: Session, month: str) -> set[str]:
    """Return what was issued by itself for this month (2026-03)."""
    mine = IssuedReport.occasion.startswith(f"{month} ")
    return {each for each in session.scalars(select(IssuedReport.occasion).where(mine)) if each}


def of_occasion(session: Session, occasion: str) -> int | None:
    """Return the number of the report that was issued by itself on this occasion, or of what replaced it last."""
    number = session.scalar(select(IssuedReport.id).where(IssuedReport.occasion == occasion))
    while number and (newer := replaced(session, [number]).get(number)):
        number = newer
    return number


def latest_month(session: Session) -> str | None:
    """Return the last month (2026-03) of which anything was issued by itself."""
    last = session.scalar(select(func.max(IssuedReport.occasion)))
    return last[:7] if last else None


def basis(session: Session, filters: Filters) -> list[Stood]:
    """Return the verdicts that count and cost something, wait for a person, or were given by one, in a fixed order."""
    row = FindingRow
    told = or_(row.verdict.in_(("fail", "unclear")), row.review != "")
    columns: tuple[Any, ...] = row.recording_id, row.key, row.rule, row.title, row.verdict, row.points
    mine = row.current, row.status == "active", told, *place_and_time(row, filters)
    found: Any = session.execute(select(*columns).where(*mine).order_by(row.recording_id, row.id))
    return [Stood(*each) for each in found]


def appeals(session: Session, filters: Filters) -> int:
    """Count the appeals about current findings that wait for a decision."""
    case = ReviewCase
    same = and_(case.recording_id == FindingRow.recording_id, case.key == FindingRow.key)
    counted = select(func.count()).select_from(FindingRow).join(case, same)
    mine = FindingRow.current, case.state == "appealed", *place_and_time(FindingRow, filters)
    return session.scalar(counted.where(*mine)) or 0


def coded(session: Session, codes: Sequence[str], filters: Filters) -> Mapping[str, int]:
    """Return from which recording the finding with each of these codes is."""
    wanted = select(FindingCode.code, FindingRow.recording_id).join(FindingRow, FindingRow.id == FindingCode.finding_id)
    mine = FindingCode.code.in_(codes), FindingRow.current, *place_and_time(FindingRow, filters)
    return {code: recording_id for code, recording_id in session.execute(wanted.where(*mine))}  # noqa: C416


def charged(session: Session, rules: Sequence[str], filters: Filters) -> list[tuple[str, int, str, int]]:
    """Return (file, service from 0, rule, recording) of what failed under these rules."""
    row = FindingRow
    mine = row.current, row.verdict == "fail", row.rule.in_(rules), *place_and_time(row, filters)
    wanted = select(RecordingRow.file_name, row.encounter, row.rule, row.recording_id)
    found: Any = session.execute(wanted.join(RecordingRow, RecordingRow.id == row.recording_id).where(*mine))
    return [(file, number, rule, recording_id) for file, number, rule, recording_id in found]


def well_said(session: Session, rules: Sequence[str], filters: Filters) -> list[tuple[str, str, int]]:
    """Return (rule, quote, recording) of what was passed by what somebody said under these rules."""
    row = FindingRow
    mine = row.current, row.verdict == "pass", row.rule.in_(rules), row.quote != "", *place_and_time(row, filters)
    wanted = select(row.rule, row.quote, row.recording_id).where(*mine).order_by(row.recording_id, row.id)
    return [(rule, quote, recording_id) for rule, quote, recording_id in session.execute(wanted)]


def example(session: Session, rule: str, filters: Filters) -> FindingRow | None:
    """Return the failed finding of a rule that cost most, those with words first."""
    row = FindingRow
    mine = row.current, row.verdict == "fail", row.rule == rule, *place_and_time(row, filters)
    ordered = (row.quote == "").asc(), row.points.desc(), row.recording_id, row.id
    return session.scalar(select(row).where(*mine).order_by(*ordered).limit(1))


def missing(session: Session, ids: set[int]) -> set[int]:
    """Return which of these recordings are not there any more."""
    listed = sorted(ids)
    steps = (listed[at : at + 500] for at in range(0, len(listed), 500))
    there = {
        each for some in steps for each in session.scalars(select(RecordingRow.id).where(RecordingRow.id.in_(some)))
    }
    return ids - there


def drop_old(session: Session, before: datetime, limit: int) -> list[int]:
    """Delete some reports that were issued before this moment, and return their numbers."""
    old = select(IssuedReport.id).where(IssuedReport.made_at < before).order_by(IssuedReport.id).limit(limit)
    ids = list(session.scalars(old))
    session.execute(delete(IssuedReport).where(IssuedReport.id.in_(ids)))
    return ids
