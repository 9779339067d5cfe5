"""Who of ours had which leg of a call, by extensions and the roster; and why a transferred call waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.ingest import doubts
from service.ingest.call_record import CallRecord
from service.ingest.doubts import Doubt
from service.store import centre
from speechaudit.model import Direction, Leg

_MEND: Final = "请登记分机、补排班;或由人补全,得不出的那一段不归任何人"
_LISTEN: Final = "请听一听,由人判断评谁,或放弃"


def named(
    session: Session, record: CallRecord, legs: Sequence[Leg], prefix: str
) -> tuple[tuple[Leg, ...], tuple[Doubt, ...]]:
    """Return the legs with each person's 工号; where several served, also a doubt for each whom nobody names.

    `prefix` is what the source of the recording sets before its extensions.
    """
    found = [_named(session, record, leg, prefix) for leg in legs]
    whole = tuple(leg for leg, _ in found)
    people = [leg for leg in whole if leg.kind == "person"]
    if first_of(whole) is None:
        return whole, ()
    served = "、".join(dict.fromkeys(leg.who or leg.staff or "不知道谁" for leg in people))
    problems = dict.fromkeys(problem for _, problem in found if problem)
    return whole, tuple(
        Doubt(problem=f"通话转接过,先后由 {served} 接听;{problem}", field="legs", mend=_MEND, open=True)
        for problem in problems
    )


def first_of(legs: Sequence[Leg]) -> Leg | None:
    """Return the leg of whom the citizen had first, where several people served; else None."""
    people = [leg for leg in legs if leg.kind == "person"]
    return people[0] if len({_identity(leg) for leg in people}) > 1 else None


def with_first(legs: Sequence[Leg], number: str | None) -> tuple[Leg, ...]:
    """Return the legs, those of whom the citizen had first given to this 工号."""
    if (first := first_of(legs)) is None:
        return tuple(legs)
    mine = [leg.kind == "person" and _identity(leg) == _identity(first) for leg in legs]
    return tuple(replace(leg, staff=number) if own else leg for leg, own in zip(legs, mine, strict=True))


def contradicted(legs: Sequence[Leg], number: str) -> Doubt | None:
    """Return the doubt that the staff told had no leg of the call, where all of them are named; else None."""
    names = [leg.staff for leg in legs if leg.kind == "person"]
    if None in names or number in names:
        return None
    those = "、".join(dict.fromkeys(filter(None, names)))
    return Doubt(problem=f"说是工号 {number},通话各段却由 {those} 接听", field="staff", mend=_LISTEN)


def _identity(leg: Leg) -> str:
    return leg.staff or leg.who or str(leg.start)


def untimed(served: Sequence[str], direction: Direction | None) -> Doubt:
    """Return the doubt that several people served and nobody can say from when to when."""
    why = "呼出的通话不知道各段的时间" if direction == "out" else "录音的长度与各段的时间对不上,不知道哪一段是谁的"
    return Doubt(problem=f"通话转接过,先后由 {'、'.join(served)} 接听;{why}", mend=_LISTEN)


def _named(session: Session, record: CallRecord, leg: Leg, prefix: str) -> tuple[Leg, str]:
    """Return the leg with the 工号 of its person, or why nobody knows it."""
    if leg.kind != "person":
        return leg, ""
    if leg.staff:
        return leg, _unregistered(session, leg.staff)
    if not leg.who:
        return leg, f"{leg.start:.0f} 秒起不知道是谁接的"
    if leg.who == record.staff:
        return replace(leg, staff=leg.who), ""
    return _by_roster(session, leg, prefix + leg.who, _moment(record, leg))


def _by_roster(session: Session, leg: Leg, extension: str, at: datetime | None) -> tuple[Leg, str]:
    """Return the leg with who was on duty where the extension rings, or why that is nobody or not sure."""
    try:
        window = centre.window_of_extension(session, extension)
    except NotFoundError:
        return leg, doubts.unregistered("extension", extension).problem
    people = [each.number for each in centre.all_on_duty(session, window.id, at)] if at else []
    if len(people) != 1:
        return leg, doubts.nobody(window.code, people).problem
    return replace(leg, staff=people[0]), ""


def _unregistered(session: Session, number: str) -> str:
    try:
        centre.staff_member(session, number)
    except NotFoundError:
        return doubts.unregistered("staff", number).problem
    return ""


def _moment(record: CallRecord, leg: Leg) -> datetime | None:
    """Return when this one answered: who sat there may have changed since the call began."""
    times = [party.answered_at for party in record.parties if party.who == leg.who]
    if times:
        return times[0]
    return record.started_at + timedelta(seconds=leg.start) if record.started_at else None
