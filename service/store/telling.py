"""Who is told what: everybody whom something concerns, but not who did it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from service.store import audits, intake, issued, notices
from service.store.accounts import User, UserRole, UserWindow
from service.store.audits import FindingRow
from service.store.base import clock
from service.store.centre import Staff, Window
from service.store.issued import IssuedReport
from service.store.reviews import queues
from service.store.reviews.tables import ReviewCase
from service.store.workers import Worker
from speechaudit.fingerprints import key_of
from speechaudit.model import Audit, Encounter
from speechaudit.served import served


def vetoed(session: Session, recording_id: int) -> None:
    """Tell of the vetoes in the audit that counts: inspectors, the leads of the window, and whom it is about."""
    row = audits.current(session, recording_id)
    audit: Audit = audits.counting(session, row)
    vetoes = {key for encounter in audit.encounters for key in _vetoes(encounter)}
    for finding in audits.findings_of(session, row.id):
        if finding.key in vetoes and not finding.review:
            people = {*_role(session, "inspector"), *_leads(session, finding), *_concerned(session, finding)}
            key = f"veto-{finding.recording_id}-{finding.key}"
            notices.tell(session, "finding.veto", key, _values(session, finding), people)


def _vetoes(encounter: Encounter) -> Iterable[str]:
    """Yield the keys of findings that cap the score, each in the part of the service that it is about."""
    for _, own in served(encounter):
        vetoing = own.score.vetoed_by if own.score else ()
        yield from (key_of(each) for each in own.findings if each.verdict == "fail" and each.rule in vetoing)


def happened(session: Session, row: FindingRow, case: ReviewCase, by: int) -> None:
    """Tell of the last thing that was done in a case: whom it is about, the leads, and who has to do with it."""
    event = case.events[-1]
    kinds = {"appeal": "appeal.received", "decide": "appeal.decided", "comment": "case.commented"}
    kinds |= {"review": "finding.reviewed", "mark": "finding.reviewed", "undo": "finding.reviewed"}
    if (kind := kinds.get(event.action)) is None or (kind == "finding.reviewed" and not _is_news(case, event.action)):
        return
    people = {*_leads(session, row), *_concerned(session, row)}
    if event.action in {"decide", "comment"}:
        people |= _taking_part(session, row, case)
    if event.action in {"appeal", "comment"}:
        people |= _deciders(session, case)
    values = _values(session, row) | {"case_state": case.state, "reason_given": bool(event.reason)}
    notices.tell(session, kind, f"event-{event.id}", values, people - {by})


def _is_news(case: ReviewCase, action: str) -> bool:
    """Return whether it changes anything for anybody: a confirmed verdict, or a doubt that is cleared, does not."""
    if action in {"mark", "undo"}:
        return True
    return case.verdict != case.machine and "fail" in {case.verdict, case.machine}


def report_issued(session: Session, row: IssuedReport, span: str) -> None:
    """Tell who may read a report that was issued and is concerned: of a person also the leads of all their windows.

    A window's goes to its leads, the centre's to the inspectors.
    """
    if row.kind == "centre":
        people = _role(session, "inspector")
    elif row.kind == "window":
        people = set(_leads_of(session, row.window_id))
    else:
        own = User.staff_id == row.staff_id, User.role == "staff", User.active
        people = set(session.scalars(select(User.id).where(*own))) | set(_leads_of_report(session, row))
    values = {"issued_id": row.id, "kind": row.kind, "span": span}
    notices.tell(session, "report.issued", f"issued-{row.id}", values, people)


def deadlines(session: Session, days: int, before: timedelta, zone: ZoneInfo) -> None:
    """Tell staff, by the clock of this zone, what they can contest for a short while only."""
    for row, until in queues.ending(session, days, before):
        key = f"deadline-{row.recording_id}-{row.key}-{until:%Y%m%d}"
        values = _values(session, row) | {"until": f"{until.astimezone(zone):%Y-%m-%d %H:%M}", "zone": ""}
        notices.tell(session, "appeal.deadline", key, values, _concerned(session, row))


def waiting(session: Session, day: datetime) -> None:
    """Tell inspectors, once a day, how many recordings wait for facts."""
    if count := intake.count(session):
        notices.tell(session, "intake.waiting", f"waiting-{day:%Y%m%d}", {"count": count}, _role(session, "inspector"))


def workers_gone(session: Session, seconds: float) -> None:
    """Tell administrators of workers that were silent for so many seconds without having ended in order."""
    silent = Worker.seen_at < clock(session) - timedelta(seconds=seconds), Worker.stopped_at.is_(None)
    for worker in session.scalars(select(Worker).where(*silent)):
        key = f"worker-{worker.id[:60]}-{worker.started_at:%Y%m%d%H%M%S}"
        notices.tell(session, "worker.gone", key, {"worker": worker.id}, _role(session, "admin"))


def source_gone(session: Session, name: str, problem: str, day: datetime) -> None:
    """Tell administrators, once a day, that nothing comes from a recorder because its folder is away."""
    values = {"source": name, "problem": problem[:500]}
    notices.tell(session, "source.gone", f"source-{name}-{day:%Y%m%d}", values, _role(session, "admin"))


def _values(session: Session, row: FindingRow) -> dict[str, Any]:
    """Return what a receiver needs to act: where to look, and what it is about; no words of anybody."""
    person = session.get(Staff, row.staff_id) if row.staff_id else None
    window = session.get(Window, row.window_id) if row.window_id else None
    return {
        "finding_id": row.id,
        "recording_id": row.recording_id,
        "rule": row.rule,
        "title": row.title,
        "level": row.level,
        "staff": person.number if person else None,
        "window": window.code if window else None,
        "verdict": row.verdict,
        "machine": row.machine,
        "points": row.points,
    }


def _role(session: Session, role: UserRole) -> set[int]:
    return set(session.scalars(select(User.id).where(User.role == role, User.active)))


def _leads(session: Session, row: FindingRow) -> Iterable[int]:
    return _leads_of(session, row.window_id)


def _leads_of(session: Session, window_id: int | None) -> Iterable[int]:
    mine = select(User.id).join(UserWindow, UserWindow.user_id == User.id)
    return session.scalars(mine.where(User.role == "lead", User.active, UserWindow.window_id == window_id)).all()


def _leads_of_report(session: Session, row: IssuedReport) -> Iterator[int]:
    """Yield the leads who may read a person's report: it tells of their windows alone."""
    leads = select(UserWindow.user_id, UserWindow.window_id).join(User, User.id == UserWindow.user_id)
    windows: dict[int, list[int]] = {}
    for user_id, window_id in session.execute(leads.where(User.role == "lead", User.active)):
        windows.setdefault(user_id, []).append(window_id)
    for user_id, theirs in windows.items():
        if issued.is_of_windows(session, row.id, theirs):
            yield user_id


def _concerned(session: Session, row: FindingRow) -> Iterable[int]:
    """Return the ids of the users who are the member of staff whom it is about."""
    if row.staff_id is None:
        return ()
    return session.scalars(select(User.id).where(User.staff_id == row.staff_id, User.active)).all()


def _taking_part(session: Session, row: FindingRow, case: ReviewCase) -> set[int]:
    """Return the ids of who did something in a case and may still see it: people leave, or lead other windows."""
    here = exists().where(UserWindow.user_id == User.id, UserWindow.window_id == row.window_id)
    theirs = or_(
        User.role.in_(("admin", "inspector")),
        and_(User.role == "lead", here),
        and_(User.role == "staff", User.staff_id == row.staff_id),
    )
    took_part = {each.user_id for each in case.events}
    return set(session.scalars(select(User.id).where(User.id.in_(took_part), User.active, theirs)))


def _deciders(session: Session, case: ReviewCase) -> set[int]:
    """Return the ids of who may decide: inspectors who did not take part, or else administrators."""
    took_part = {each.user_id for each in case.events if each.action not in {"comment", "withdraw"}}
    return (_role(session, "inspector") - took_part) or (_role(session, "admin") - took_part)
