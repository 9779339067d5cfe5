"""Sums of days: what pages add up from them is always what the services say, whatever happens and whenever."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.store import Database, Filters, accounts, audits, centre, comparing, recordings, sums, today
from service.store.audits import EncounterRow, FindingRow, TallyRow
from service.store.comparing import Seat
from service.store.recordings import RecordingRow
from service.store.reviews import cases
from service.store.stale import StaleDay
from service.summing import Summing
from speechaudit.model import Audit, Verdict
from speechaudit.reviews import Statement
from tests.service import court
from tests.service.api_kit import HASH
from tests.service.service_kit import MORNING, POLICY, audited
from tests.service.test_tallies import passed_on

ZONE = ZoneInfo("Asia/Shanghai")
RULES = [each.rule for each in (court.FORBIDDEN, court.DOUBTFUL, court.GREETED)]
SINCE = MORNING - timedelta(days=1, minutes=20)  # not on the hour
DAYS: Final = list(pairwise(datetime(2026, 3, day, tzinfo=ZONE) for day in range(1, 8)))
MINUTE: Final = 1440 // 4  # four recordings a day, so that days meet


def long_day() -> Audit:
    """Two services, the second of which began three hours after the recording."""
    first = court.judged(court.FORBIDDEN, court.GREETED)
    (encounter,) = first.encounters
    return replace(first, encounters=(encounter, replace(encounter, start=10800.0, end=10803.0)))


AUDITS: Final = (
    court.judged(court.GREETED, court.DOUBTFUL),
    court.judged(court.FORBIDDEN, court.GREETED),
    passed_on(court.judged(court.FORBIDDEN)),
    long_day(),
)


def plainly(session: Session, filters: Filters) -> Any:
    """Seats, hours, windows by day, and verdicts, counted one by one."""
    numbers = {each.id: each.number for each in centre.staff(session)}
    starts = {(each.audit_id, each.number): each.start for each in session.scalars(select(EncounterRow))}
    seats: dict[Seat, list[float]] = defaultdict(list)
    hours, days = Counter[Any](), Counter[Any]()
    wanted = select(TallyRow, RecordingRow).join(RecordingRow, RecordingRow.id == TallyRow.recording_id)
    for tally, row in session.execute(wanted):
        if tally.total is None or not _inside(row.occurred_at, row.window_id, filters):
            continue
        staff = numbers.get(row.staff_id or 0) if tally.own else tally.staff
        seats[Seat(staff=staff, window=row.window_id, setting=row.facts.setting or "counter")].append(tally.total)
        begun = row.occurred_at + timedelta(seconds=starts[tally.audit_id, tally.encounter - 1])
        hours[staff, row.window_id or 0, begun.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)] += 1
        for number, (begin, end) in enumerate(DAYS):
            days[row.window_id, number] += begin <= row.occurred_at < end
    rows = session.scalars(select(FindingRow).where(FindingRow.current))
    found = Counter((f.rule, f.verdict) for f in rows if filters.since is None or f.occurred_at >= filters.since)
    return {seat: (len(each), round(sum(each), 6)) for seat, each in seats.items()}, hours, +days, found


def _inside(moment: datetime, window: int | None, filters: Filters) -> bool:
    here = filters.window_ids is None or window in filters.window_ids
    return here and (not filters.since or moment >= filters.since) and (not filters.until or moment < filters.until)


def quickly(session: Session, filters: Filters) -> Any:
    """The same as pages ask for it."""
    hours = Counter[Any]()
    for each in comparing.services(session, filters, ZONE):
        hours[each.staff, each.window, each.at] += each.n
    days = Counter({place: each.n for place, each in today.scores(session, filters, DAYS).items()})
    told = sums.verdicts(session, filters.since or datetime(1970, 1, 2, tzinfo=UTC), RULES)
    found = Counter({(rule, verdict): n for rule, each in told.items() for verdict, n in each.items() if n})
    seats = {seat: (each.n, round(each.total, 6)) for seat, each in comparing.by_seat(session, filters).items()}
    return seats, hours, days, found


def require_same(db: Database) -> None:
    for filters in (Filters(), Filters(window_ids=(2,)), Filters(since=SINCE), Filters(window_ids=())):
        with db.read() as session:
            known, plain = quickly(session, filters), plainly(session, filters)
        assert known[0] == plain[0]
        assert known[1] == plain[1]
        assert known[3] == plain[3]
        if filters.since is None:
            assert known[2] == plain[2]
    narrow = Filters(since=SINCE, until=MORNING + timedelta(days=1, minutes=40), window_ids=(1, 2))
    with db.read() as session:
        assert quickly(session, narrow)[:2] == plainly(session, narrow)[:2]


@pytest.fixture(scope="module")
def house(shared_db: Database) -> Database:
    with shared_db.write() as session:
        for number in ("1017", "1018"):
            centre.put_staff(session, number, number)
            centre.put_window(session, f"A{number[-1]}", number)
        accounts.add_user(session, "ducha", HASH, "inspector")
    return shared_db


_counts: Counter[str] = Counter()


def add(session: Session, place: int, choice: int) -> None:
    _counts["added"] += 1
    number = _counts["added"]
    started = MORNING + timedelta(days=place % 4, minutes=MINUTE * choice + number % 7)
    known = {"started_at": started, "setting": ("phone", "counter")[place % 2], "window_id": (None, 1, 2)[place % 3]}
    audited(session, 1000 + number, AUDITS[choice], staff_id=(None, 1, 2)[choice % 3], **known)


def audit_again(session: Session, place: int, choice: int) -> None:
    if row := chosen(session, place):
        _counts["audits"] += 1
        audits.save(session, row.id, AUDITS[choice], run=f"again-{_counts['audits']}", policy=POLICY)


def apply_another(session: Session, place: int, choice: int) -> None:
    """Let one of its audits count, as a proposal that is applied does."""
    if row := chosen(session, place):
        every = audits.history(session, row.id)
        audits.make_current(session, every[choice % len(every)].id)


def review(session: Session, place: int, choice: int) -> None:
    found = session.scalars(select(FindingRow).where(FindingRow.current).order_by(FindingRow.id)).all()
    if found:
        verdicts: tuple[Verdict, ...] = ("pass", "fail", "n/a", "pass")
        cases.review(
            session, found[place % len(found)], Statement(user_id=1, reason="重听过", verdict=verdicts[choice])
        )


def move(session: Session, place: int, choice: int) -> None:
    if row := chosen(session, place):
        audits.set_place(session, row.id, staff_id=(None, 1, 2, 1)[choice], window_id=(1, 2, None, 2)[choice])


def delete(session: Session, place: int, _choice: int) -> None:
    if row := chosen(session, place):
        recordings.delete(session, row.id)


def chosen(session: Session, place: int) -> RecordingRow | None:
    rows = session.scalars(select(RecordingRow).order_by(RecordingRow.id)).all()
    return rows[place % len(rows)] if rows else None


Act = Callable[[Session, int, int], None]
ACTS: Final[tuple[Act, ...]] = (add, add, add, audit_again, apply_another, review, review, move, delete)


@settings(max_examples=15)  # each is many acts, and all that there is is counted after it
@given(
    st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 30), st.integers(0, 3), st.integers(0, 3)), max_size=20)
)
def test_they_are_what_the_services_say_whatever_happened(
    house: Database, acts: list[tuple[Act, int, int, int]]
) -> None:
    for act, place, choice, summed in acts:
        with house.write() as session:
            act(session, place, choice)
        with house.read() as session:
            days = sums.out_of_date(session, 10)
        for day in days[:summed]:
            assert Summing(house).sum_up(day)
    require_same(house)


def test_what_changes_while_a_day_is_summed_stays_out_of_date(db: Database) -> None:
    with db.write() as session:
        centre.put_window(session, "A01", "一号窗")
        audited(session, 1, AUDITS[0], window_id=1)
    with db.read() as session:
        (day,) = sums.out_of_date(session, 10)
        before = sums.summed(session, day)
    with db.write() as session:
        audited(session, 2, AUDITS[1], window_id=1)
    with db.write() as session:
        assert sums.keep(session, before)
    with db.read() as session:
        assert list(sums.out_of_date(session, 10)) == [day]
    require_same(db)
    assert not Summing(db).run()
    with db.read() as session:
        assert not session.scalars(select(StaleDay)).all()
    require_same(db)


def test_older_sums_do_not_take_the_place_of_newer_ones(db: Database) -> None:
    with db.write() as session:
        audited(session, 1, AUDITS[0])
    with db.read() as session:
        (day,) = sums.out_of_date(session, 10)
        older = sums.summed(session, day)
    assert Summing(db).sum_up(day)
    with db.write() as session:
        assert not sums.keep(session, older)
    require_same(db)


def test_of_many_days_out_of_date_all_between_are_counted(db: Database) -> None:
    with db.write() as session:
        for number in range(0, 40, 2):
            audited(session, number, AUDITS[number % 4], started_at=MORNING + timedelta(days=number))
    while Summing(db).run():
        pass
    with db.write() as session:
        for number in range(0, 40, 4):
            audited(session, 100 + number, AUDITS[1], started_at=MORNING + timedelta(days=number))
            audited(session, 200 + number, AUDITS[2], started_at=MORNING + timedelta(days=number + 2))
    for day in range(0, 40, 4):
        Summing(db).sum_up(int((MORNING + timedelta(days=day)).timestamp() // 86400))
    with db.read() as session:
        wide = Filters()
        assert quickly(session, wide)[:2] == plainly(session, wide)[:2]


def test_where_days_begin_within_an_hour_they_are_counted_from_the_services(db: Database) -> None:
    with db.write() as session:
        audited(session, 1, AUDITS[0], started_at=datetime(2026, 3, 1, 18, 20, tzinfo=UTC))  # before midnight there
        audited(session, 2, AUDITS[0], started_at=datetime(2026, 3, 1, 18, 40, tzinfo=UTC))
    Summing(db).run()
    kolkata = ZoneInfo("Asia/Kolkata")
    days = list(pairwise(datetime(2026, 3, day, tzinfo=kolkata) for day in (1, 2, 3)))
    with db.read() as session:
        found = today.scores(session, Filters(), days)
    assert {place: each.n for place, each in found.items()} == {(None, 0): 1, (None, 1): 1}
