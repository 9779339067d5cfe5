"""What a recorder says of one call, in one form whatever it writes; what cannot be read is a doubt, never a guess."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from speechaudit.model import CallFacts, LegKind

# Between ringing and a hand at the receiver: what answers sooner is a machine, or a log that begins with the answer.
_SOONEST_ANSWER: Final = 2.0
End = Literal["caller", "callee"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who was put through on our side of a call, by the clock; `who` as the switch names them.

    `ring_at` is when their own telephone began to ring, None if nobody says so.
    """

    kind: LegKind
    who: str | None
    answered_at: datetime
    ended_at: datetime
    ring_at: datetime | None = None

    def ring(self) -> float | None:
        """Return the seconds for which their telephone rang; None if they are unknown."""
        return _ring(self.ring_at, self.answered_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord(CallFacts):
    """One call as a recorder or a request tells it; None means unknown.

    `staff` and `window` are as they are named. `caller` and `callee` are the two ends as the switch names them,
    `extension` the end that is known to be ours, `number` the citizen's. `ring_at` is when the telephone of the staff
    began to ring: without it no ringing is judged. `file` is the name that a call log gives, `ids` are the numbers of
    the call in it. `other_party` is true for a file that holds nothing but the citizen. `parties` are who was put
    through, in order of time. `hung_up` is the end that rang off, where only that is told. `coarse` are the names of
    times that were written to the minute: no ringing follows from them. `queued`: a menu or a queue answered before a
    person. `lines` are those of the log where it stands, which may be others in a copy of it: they make no other call.
    `doubts` say in Chinese what contradicts itself or cannot be read.
    """

    staff: str | None = None
    window: str | None = None
    extension: str | None = None
    caller: str | None = None
    callee: str | None = None
    number: str | None = None
    answered: bool | None = None
    ring_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    file: str | None = None
    ids: tuple[str, ...] = ()
    other_party: bool = False
    parties: tuple[Party, ...] = ()
    hung_up: End | None = None
    coarse: tuple[str, ...] = ()
    queued: bool = False
    lines: tuple[int, ...] = field(default=(), compare=False)
    doubts: tuple[str, ...] = ()

    def ring(self) -> float | None:
        """Return the seconds of ringing before the answer, if somebody knows."""
        return self.timed_ring() if self.ring_seconds is None else self.ring_seconds

    def timed_ring(self) -> float | None:
        """Return the seconds of ringing by the times alone; None where these are inexact or mean another thing."""
        if {"ring_at", "answered_at"} & set(self.coarse):
            return None
        return _ring(self.ring_at, self.answered_at)

    def served(self) -> tuple[Party, ...]:
        """Return the people among those who were put through."""
        return tuple(party for party in self.parties if party.kind == "person")


def _ring(began: datetime | None, answered: datetime | None) -> float | None:
    """Return the seconds between two times, unless both stand on the full minute: then the seconds were left out."""
    if began is None or answered is None or began.second == answered.second == 0:
        return None
    seconds = (answered - began).total_seconds()
    return None if 0 <= seconds < _SOONEST_ANSWER else seconds


_LONGEST_EXTENSION, _KEPT_DIGITS = 6, 4
_COMPARED: Final = ("staff", "window", "extension", "direction", "setting")
_NAMES: Final = {"staff": "工号", "window": "窗口", "extension": "分机", "direction": "方向", "setting": "场景"}


def merged(name: CallRecord, log: CallRecord, tolerance: timedelta) -> CallRecord:
    """Return what file name and call log say together. The log knows more; where they disagree, that is a doubt."""
    doubts = [*name.doubts, *log.doubts]
    for key in _COMPARED:
        ours, theirs = getattr(name, key), getattr(log, key)
        if ours is not None and theirs is not None and ours != theirs:
            doubts.append(f"文件名与通话记录不一致:{_NAMES[key]} {ours} / {theirs}")
    if name.started_at and log.started_at and abs(name.started_at - log.started_at) > tolerance:
        doubts.append(f"文件名与通话记录的时间相差太大:{name.started_at.isoformat()} / {log.started_at.isoformat()}")
    gaps: dict[str, Any] = {
        each.name: getattr(name, each.name) for each in fields(CallRecord) if getattr(log, each.name) in (None, ())
    }
    gaps["coarse"] = (*log.coarse, *(each for each in name.coarse if getattr(log, each) is None))
    gaps |= {"ids": (*name.ids, *log.ids), "extras": {**name.extras, **log.extras}, "doubts": tuple(doubts)}
    return replace(log, **gaps)


def basename(path: str | None) -> str | None:
    """Return the last part of a path in either notation, as call logs write it."""
    return path.replace("\\", "/").rpartition("/")[2] or None if path else None


def masked(number: str | None) -> str | None:
    """Return a telephone number of which only the end can be read, enough to tell calls apart. Extensions stay."""
    if number is None or len(number) <= _LONGEST_EXTENSION:
        return number
    return "*" * (len(number) - _KEPT_DIGITS) + number[-_KEPT_DIGITS:]
