"""From what is told of a call to window and staff, through extensions and the roster: a place, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.errors import ConflictError, NotFoundError, RequestError
from service.ingest import doubts, transfers
from service.ingest.call_facts import Origin, of_sound, settled
from service.ingest.call_record import CallRecord, masked
from service.ingest.doubts import Doubt
from service.store import centre
from service.store.base import in_utc, now
from service.store.centre import Staff, Window
from speechaudit.model import CallFacts, Direction

# A person may be wrong by a day and mend it; of a recorder whoever sat there at the wrong time would get the score.
_FAST_CLOCK_OF_PEOPLE: Final = timedelta(hours=24)
_FAST_CLOCK: Final = timedelta(minutes=5)
_RINGING: Final = "请用 fields(列的含义)写明哪一列是响铃秒数、来电和接通时间"
_NO_TIME: Final = "请用 fields(列的含义)写明哪一列是开始时间(started_at),或用文件名的写法取出时间"
_CLOCK: Final = "设备的时区不同的,写明设备的时区(timezone);补录旧文件的,调大时间最多相差几小时(clock_hours)"
_DIRECTIONS: Final[dict[Direction, str]] = {"in": "呼入", "out": "呼出"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Who and where by the centre's records, and the facts as they follow from both; with all that is in doubt."""

    staff_id: int | None
    window_id: int | None
    facts: CallFacts
    doubts: tuple[Doubt, ...]


def resolve(session: Session, record: CallRecord, origin: Origin | None = None, prefix: str = "") -> Placement:
    """Find window and staff of what a recorder (`origin`) or a request tells.

    `prefix` stands before the extensions of legs that came from a recorder before, and are told again by a person.
    """
    return _Resolver(session, of_sound(record, origin), origin, prefix).place()


def refuse(found: Sequence[Doubt]) -> None:
    """Raise RequestError for the first doubt that a request may not leave open."""
    for doubt in found:
        if not doubt.open:
            raise doubt.refusal()


def in_zone(stated: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return a time in UTC; without a zone it is the centre's. Raises RequestError at the ends of the calendar."""
    if stated is None:
        return None
    try:
        return in_utc(stated.replace(tzinfo=zone) if stated.tzinfo is None else stated)
    except OverflowError as problem:
        raise RequestError("时间", f"超出范围:{stated.isoformat()}", "请检查年份") from problem


def the_staff(session: Session, number: str) -> Staff:
    """Return the member of staff that a request names. Raises RequestError."""
    try:
        return _staff(session, number)
    except NotFoundError as problem:
        raise doubts.unregistered("staff", number).refusal() from problem


def the_window(session: Session, name: str) -> Window:
    """Return the window that a request names by code or name. Raises RequestError."""
    try:
        return centre.window(session, name)
    except NotFoundError as problem:
        raise doubts.unregistered("window", name).refusal() from problem
    except ConflictError as problem:
        raise doubts.ambiguous(problem).refusal() from problem


def _staff(session: Session, told: str) -> Staff:
    """Return who is registered so, or under the bare number of `工号3008`. Raises NotFoundError."""
    bare = told.removeprefix("工号").lstrip(" :\N{FULLWIDTH COLON}")
    try:
        return centre.staff_member(session, told)
    except NotFoundError:
        if bare == told:
            raise
        return centre.staff_member(session, bare)


class _Resolver:
    """One call on its way to its place; what does not fit gathers in `doubts`."""

    def __init__(self, session: Session, record: CallRecord, origin: Origin | None, prefix: str) -> None:
        self._session = session
        self._record = record
        self._origin = origin
        self._prefix = origin.source.prefix if origin else prefix
        self._window_told = record.window or (origin.source.window if origin else None)
        self._doubts = [Doubt(problem=each) for each in record.doubts]

    def place(self) -> Placement:
        record = self._record
        self._doubts += _clocks(record, self._origin)
        if record.answered is False:
            self._doubt(
                "通话记录说没有接通,却有录音", "请听一听再定;经常如此,请用 fields(列的含义)写明哪一列是接听状态"
            )
        extension, direction = self._our_end()
        at = record.answered_at or record.started_at
        person = self._named()
        window = self._window(extension, person, at)
        if person is None and not record.staff:
            person = self._on_duty(window, at)
        facts = self._facts(direction)
        person = self._first(facts, person)
        return Placement(
            staff_id=person.id if person else None,
            window_id=window.id if window else None,
            facts=facts,
            doubts=tuple(self._doubts),
        )

    def _doubt(self, problem: str, mend: str) -> None:
        self._doubts.append(Doubt(problem=problem, mend=mend))

    def _facts(self, direction: Direction | None) -> CallFacts:
        facts, problems = settled(self._record, self._origin, direction)
        self._doubts += [Doubt(problem=each, mend=_RINGING) for each in problems]
        legs, unnamed = transfers.named(self._session, self._record, facts.legs, self._prefix)
        self._doubts += unnamed
        if not legs and len(served := self._served(direction)) > 1:
            self._doubts.append(transfers.untimed(served, direction))
        return replace(facts, legs=legs)

    def _first(self, facts: CallFacts, person: Staff | None) -> Staff | None:
        """Return whom the citizen had first, where legs name several: the staff told may be any of these."""
        first = transfers.first_of(facts.legs)
        if first is None or first.staff is None:
            return person
        if person and (contradiction := transfers.contradicted(facts.legs, person.number)):
            self._doubts.append(contradiction)
            return person
        try:
            return centre.staff_member(self._session, first.staff)
        except NotFoundError:
            return person

    def _served(self, direction: Direction | None) -> list[str]:
        """Return who had the citizen on the line; on the way out the other end is nobody of ours."""
        names = [party.who or "不知道谁" for party in self._record.served()]
        if direction == "out":
            ours = [name for name in names if self._registered(self._prefix + name)]
            names = [self._record.caller or "", *ours]
        return list(dict.fromkeys(names))

    def _our_end(self) -> tuple[str | None, Direction | None]:
        """Return the staff's extension and the call's direction: as told, or by which end is registered."""
        record = self._record
        if record.extension:
            ends: dict[str | None, Direction] = {record.caller: "out", record.callee: "in"}
            if record.caller and record.callee and record.extension not in ends:
                told = f"分机 {record.extension} 不在通话记录的两端({_both(record)})"
                self._doubt(told, "请用 fields(列的含义)写明哪一列是分机")
            return self._prefix + record.extension, record.direction or ends.get(record.extension)
        ours = {
            way: self._prefix + end
            for way, end in _ends(record)
            if record.direction in {None, way} and self._registered(self._prefix + end)
        }
        if len(ours) == 2:
            self._doubt(f"两端都是登记的分机({_both(record)}),是内部通话", "内部通话不稽核:放弃,或由人判断评谁")
        elif not ours and (record.caller or record.callee) and not (self._window_told or record.staff):
            way = _DIRECTIONS[record.direction] if record.direction else "通话"
            self._doubt(
                f"{way}的两端({_both(record)})中没有登记的分机", "请登记分机;登记时带着前缀的,写明分机前缀(prefix)"
            )
        if len(ours) != 1:
            return None, record.direction
        ((way, number),) = ours.items()
        return number, way

    def _registered(self, number: str) -> bool:
        try:
            centre.window_of_extension(self._session, number)
        except NotFoundError:
            return False
        return True

    def _named(self) -> Staff | None:
        """Return the member of staff whose 工号 is told."""
        if (number := self._record.staff) is None:
            return None
        try:
            return _staff(self._session, number)
        except NotFoundError:
            self._doubts.append(doubts.unregistered("staff", number))
            return None

    def _window(self, extension: str | None, person: Staff | None, at: datetime | None) -> Window | None:
        """Return the window that is named, where the extension rings, or where the person sits."""
        try:
            found = [*self._told_window(), *self._rung_window(extension, person)]
        except doubts.Doubted as problem:
            self._doubts.append(problem.doubt)
            return None
        if len({window.id for window in found}) > 1:
            self._doubts.append(doubts.contradicted(found[0].code, extension or "", found[1].code))
            return None
        if found:
            return found[0]
        places = centre.places_on_duty(self._session, person.id, at) if person and at else []
        if len(places) == 1:
            return places[0]
        self._doubts.append(doubts.nowhere(person.number if person and at else None, len(places)))
        return None

    def _told_window(self) -> Iterator[Window]:
        if self._window_told is None:
            return
        try:
            yield centre.window(self._session, self._window_told)
        except NotFoundError as problem:
            raise doubts.Doubted(doubts.unregistered("window", self._window_told)) from problem
        except ConflictError as problem:
            raise doubts.Doubted(doubts.ambiguous(problem)) from problem

    def _rung_window(self, extension: str | None, person: Staff | None) -> Iterator[Window]:
        """Yield where the extension rings. Raises Doubted if unknown, unless a recorder names the person."""
        if extension is None:
            return
        try:
            yield centre.window_of_extension(self._session, extension)
        except NotFoundError as problem:
            if person is None or self._origin is None:
                raise doubts.Doubted(doubts.unregistered("extension", extension)) from problem

    def _on_duty(self, window: Window | None, at: datetime | None) -> Staff | None:
        """Return whom the roster names; None, with a doubt, where that is nobody or several."""
        if window is None or at is None:
            return None
        people = centre.all_on_duty(self._session, window.id, at)
        if len(people) == 1:
            return people[0]
        self._doubts.append(doubts.nobody(window.code, [person.number for person in people]))
        return None


def _clocks(record: CallRecord, origin: Origin | None) -> Iterator[Doubt]:
    """Yield the doubts about times that cannot all be true."""
    if record.started_at is None:
        yield Doubt(problem="不知道开始时间", mend=_NO_TIME, open=True)
        return
    if record.started_at > now() + (_FAST_CLOCK if origin else _FAST_CLOCK_OF_PEOPLE):
        yield doubts.future(record.started_at)
        return
    if origin is None:
        return
    apart = abs(origin.file_time - (record.ended_at or record.started_at))
    if apart > origin.source.clock:
        hours = apart.total_seconds() / 3600
        limit = f"(上限 {origin.source.clock_hours:g})"
        yield Doubt(problem=f"通话时间与文件时间相差 {hours:.1f} 小时{limit},请检查时钟和时区", mend=_CLOCK)


def _ends(record: CallRecord) -> Iterator[tuple[Direction, str]]:
    if record.callee:
        yield "in", record.callee
    if record.caller:
        yield "out", record.caller


def _both(record: CallRecord) -> str:
    return f"{masked(record.caller)} / {masked(record.callee)}"
