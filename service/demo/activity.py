"""What people did in the demo centre: reviews, appeals with their ends, issued reports, what waits, and what was told.

All goes the ways that the pages go, so that the inbox of each role has what these lead to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sqlalchemy import select

from service.audio import AudioStore
from service.errors import NotFoundError
from service.ingest import doubts
from service.issuing import monthly
from service.issuing.drafting import Days, Drafting
from service.settings import Settings
from service.store import Database, Filters, accounts, centre, intake, lists, reaudits, telling
from service.store.audits import TallyRow
from service.store.base import now
from service.store.intake import NewPending
from service.store.issued import Subject
from service.store.recordings import RecordingRow
from service.store.reviews import cases, queues
from speechaudit.model import CallFacts
from speechaudit.reports import ReportSettings
from speechaudit.reviews import Statement

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.audits import FindingRow
    from service.store.reviews.tables import ReviewCase
    from speechaudit.rules.rulebook import Rulebook

INSPECTOR, LEAD, MEMBER, ADMIN = "ducha", "fuzeren", "yuangong", "guanli"
WAITING: Final = 3  # sounds that wait for facts
_DOUBTS: Final = 3
_VETOES: Final = 4
_NUMBER: Final = "1001"
_OTHER_PROFILE: Final = "fuwu-yaoqiu-four-rings"
_HEARD = "请结合前后的对话再听一遍:这句话是把群众的话重复了一遍,好确认没有听错。"
_UNHEARD = "这句话我说了,当时离话筒远,录音里听不清,请再听一遍。"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who acts in the demo centre, by user id; `member` is also the id of who serves, at `window`."""

    inspector: int
    lead: int
    member: int
    staff: int
    window: int

    @classmethod
    def of(cls, session: Session) -> People:
        """Return them. Raises NotFoundError where the centre is none of the demo's."""
        found = {name: accounts.user_named(session, name) for name in (INSPECTOR, LEAD, MEMBER)}
        inspector, lead, member = (found[name] for name in (INSPECTOR, LEAD, MEMBER))
        if inspector is None or lead is None or member is None or member.staff_id is None:
            raise NotFoundError("演示用户", "不存在", "请放进空的数据库")
        return cls(
            inspector=inspector.id,
            lead=lead.id,
            member=member.id,
            staff=member.staff_id,
            window=centre.window(session, "01").id,
        )


def act(settings: Settings, database: Database, book: Rulebook, sounds: Sequence[Path], days: Days) -> None:
    """Let people review, issue reports and appeal, and leave something waiting, in a centre that was just filled."""
    _wait(settings, database, sounds, days)
    with database.write() as session:
        who = People.of(session)
        _review(session, who)
        _tell_vetoes(session, who)
    _issue(settings, database, book, who, days)
    with database.write() as session:
        _contest(session, who, settings.appeal_days)
        telling.waiting(session, now().astimezone(settings.zone))
        telling.source_gone(session, "dating-2", "文件夹不在了", now())
    _judge_again(settings, database, who, days)


def _wait(settings: Settings, database: Database, sounds: Sequence[Path], days: Days) -> None:
    """Let sounds of a recorder wait, each for what is most often missing."""
    store = AudioStore(settings)
    began = datetime(days.until.year, days.until.month, days.until.day, 9, 20, tzinfo=settings.zone)
    told: Iterable[tuple[dict[str, str], str]] = (
        ({"window": "03", "setting": "counter"}, doubts.nobody("03", ()).problem),
        ({"extension": "8009", "setting": "phone"}, doubts.unregistered("extension", "8009").problem),
        ({"setting": "counter"}, doubts.nowhere(None, 0).problem),
    )
    for number, (sound, (known, reason)) in enumerate(zip(sounds, told, strict=False)):
        at = began + timedelta(minutes=17 * number)
        kept = store.put([sound.read_bytes()])
        new = NewPending(
            sha256=kept.sha256,
            size=kept.size,
            file_name=f"{at:%Y%m%d-%H%M%S}-{number + 1:03}.opus",
            media_type="audio/ogg",
            source="dating-1",
            reasons=[reason],
            known={**known, "started_at": at.isoformat()},
            facts=CallFacts(setting="phone" if known["setting"] == "phone" else "counter", started_at=at),
        )
        with database.write() as session:
            intake.add(session, new)


def _review(session: Session, who: People) -> None:
    """Let the inspector clear doubts, confirm one of them, and overrule a charge of another window."""
    for number, row in enumerate(queues.queue(session, Filters(), 0.0, _DOUBTS)):
        said = Statement(user_id=who.inspector, verdict="pass", reason="已复听:说得合适。")
        if number == 0:
            said = replace(said, verdict="fail", reason="已复听:原话清楚,确属此条。")
        _do(session, row, cases.review, said)
    there = Filters(window_ids=(who.window + 1,))
    for row, _ in queues.contestable(session, there, 1, 1).items:
        said = Statement(user_id=who.inspector, verdict="pass", reason="已复听:是在转述群众的话,不算违反。")
        _do(session, row, cases.review, said)


def _do(
    session: Session,
    row: FindingRow,
    act: Callable[[Session, FindingRow, Statement], ReviewCase],
    said: Statement,
) -> None:
    """Let somebody do something with a finding, and tell the others, as routes do."""
    telling.happened(session, row, act(session, row, said), said.user_id)


def _tell_vetoes(session: Session, who: People) -> None:
    """Tell of the last services that were vetoed, at the lead's window as elsewhere."""
    wanted = select(RecordingRow.id).join(TallyRow, TallyRow.recording_id == RecordingRow.id).where(TallyRow.vetoed)
    newest = wanted.order_by(RecordingRow.occurred_at.desc(), RecordingRow.id).limit(_VETOES)
    here = newest.where(RecordingRow.window_id == who.window)
    for recording_id in dict.fromkeys((*session.scalars(newest), *session.scalars(here))):
        telling.vetoed(session, recording_id)


def _issue(settings: Settings, database: Database, book: Rulebook, who: People, days: Days) -> None:
    """Issue a report of the person, of their window and of the centre, if there is anything to report."""
    drafting = Drafting(settings, database, lambda: ReportSettings.of(book.policy))
    with drafting.comparing_all():  # everybody's figures are read once
        for subject in (Subject(staff_id=who.staff), Subject(window_id=who.window), Subject()):
            try:
                monthly.keep(database, drafting.draft(subject, days, ADMIN))
            except NotFoundError:
                continue


def _contest(session: Session, who: People, days: int) -> None:
    """Let the member of staff appeal: one waits, one was right, one was not, one was taken back."""
    page = queues.contestable(session, Filters(staff_ids=(who.staff,)), days, 200)
    found = list({row.recording_id: row for row, _ in page.items}.values())[:4]
    for row in found:
        said = Statement(user_id=who.member, staff_id=who.staff, reason=_HEARD if row.quote else _UNHEARD)
        _do(session, row, lambda session, row, said: cases.appeal(session, row, said, days), said)
    for row in found[:1]:
        text = "当天叫号机出了故障,现场比较乱,供裁定时参考。"
        _do(session, row, cases.comment, Statement(user_id=who.lead, reason=text))
    right = Statement(user_id=who.inspector, verdict="pass", reason="已复听全程:申诉属实,不算违反。")
    wrong = replace(right, verdict="fail", reason="已复听前后文:原话清楚,维持原判定。")
    for row, end in zip(found[1:3], (right, wrong), strict=False):
        _do(session, row, cases.decide, end)
    for row in found[3:]:
        _do(session, row, cases.withdraw, Statement(user_id=who.member, staff_id=who.staff, reason=""))


def _judge_again(settings: Settings, database: Database, who: People, days: Days) -> None:
    """Judge a week of the person's calls by other choices of the rulebook: what that would change waits for a look."""
    from service.jobs.work import Work
    from speechaudit.rules import rulebook

    book = rulebook.load(settings.lexicons, _OTHER_PROFILE, settings.ring_limit)
    first = days.until - timedelta(days=6)
    since = datetime.combine(first, time(), settings.zone)
    chosen: dict[str, Any] = {"staff": [_NUMBER], "setting": "phone", "since": first.isoformat()}
    with database.write() as session:
        wanted = Filters(staff_ids=(who.staff,), setting="phone", status="done", since=since)
        ids = session.scalars(lists.recording_ids(session, wanted)).all()
        known: dict[str, Any] = {"profile": book.profile, "rulebook_version": book.version, "selection": chosen}
        number = reaudits.add(session, ids, **known).id
    work = Work(database, AudioStore(settings), _unheard, lambda: book, "demo")
    while work.reaudit(number):
        pass


def _unheard(*_: object) -> NoReturn:
    raise AssertionError("what is judged again was heard before")
