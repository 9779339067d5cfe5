"""Where another member of staff takes over, as far as words tell: announced, and then heard.

One sign alone happens with one person too: a transfer that nobody answered, a second greeting after a wait. What is
announced and then neither heard nor taken back stays in doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from speechaudit.encounters.passing import (
    Way,
    any_says_passing,
    is_offer,
    offered_way,
    says_passing,
    unit_named,
    way_of,
)
from speechaudit.model import PartKind, Segment
from speechaudit.reasons import Reason, because

OPENING = 2  # staff segments in which a person opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Takeover:
    """From `at` seconds on `person` serves: 0 is who was first, None that nobody can say."""

    at: float
    person: int | None
    kind: PartKind
    reasons: tuple[Reason, ...]
    staff: str | None = None
    ring_seconds: float | None = None


@dataclass(slots=True)
class _Passing:
    """Something was announced in `said`, and what the other side and the line said since."""

    way: Way
    said: Segment
    citizen: list[str] = field(default_factory=list)
    rang: bool = False


class TakeoversByWords:
    """Goes through a service once, in order of time."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._segments = segments
        # Pauses that are all alike were never measured.
        self._measured = len({round(b.start - a.end, 3) for a, b in pairwise(segments)}) > 1
        self._person = self._last = 0
        self._doubted = False
        self._passing: _Passing | None = None
        self._offered: Segment | None = None
        self._unit = ""
        self._spoken = self._asked = 0

    def found(self) -> Iterator[Takeover]:
        """Yield each change of who serves."""
        for at, segment in enumerate(self._segments):
            if segment.role == "citizen":
                self._answered(segment)
            elif segment.role == "machine":
                self._announced(segment)
            elif segment.role == "staff":
                yield from self._served(at, segment)

    def _answered(self, segment: Segment) -> None:
        self._asked += bool(self._spoken)
        if self._passing:
            self._passing.citizen.append(segment.text)
        elif self._offered and says_passing("agrees", segment.text):
            way = offered_way(self._offered.text) or "transfer"
            self._passing = _Passing(way=way, said=self._offered, citizen=[segment.text])

    def _announced(self, segment: Segment) -> None:
        """An exchange that rings, or says that it passes on, behind the words of a person."""
        if self._passing:
            self._passing.rang = True
        elif self._spoken and way_of(segment.text) == "transfer":
            self._passing = _Passing(way="transfer", said=segment, rang=True)

    def _served(self, at: int, segment: Segment) -> Iterator[Takeover]:
        if self._passing and self._passing.way == "consult":
            yield from self._consulted(at, segment, self._passing)
        elif self._passing:
            yield from self._weighed(segment, self._passing)
        elif self._is_other_unit(segment):
            yield self._another(segment, because("names-another-unit", quote=segment.text), "put-through")
        self._note(segment)

    def _note(self, segment: Segment) -> None:
        self._spoken += 1
        unit = unit_named(segment.text)
        if unit and (self._spoken <= OPENING or not self._unit):
            self._unit = unit
        if (way := way_of(segment.text)) and (self._passing is None or self._passing.way == "consult"):
            self._passing = _Passing(way=way, said=segment)
        self._offered = segment if is_offer(segment.text) else None

    def _is_other_unit(self, segment: Segment) -> bool:
        """Return whether somebody answers by another name than the first, after the other side has spoken."""
        unit = unit_named(segment.text)
        if not (unit and self._unit and self._asked):
            return False
        return unit not in self._unit and self._unit not in unit

    def _weighed(self, segment: Segment, passing: _Passing) -> Iterator[Takeover]:
        """Yield the change of who speaks that the next words of the staff tell."""
        text = segment.text
        begins, stays = says_passing("begins", text), says_passing("stays", text)
        waiting = says_passing("waiting", text)
        if passing.way == "conference":
            yield from () if waiting else self._doubtful(segment, passing)
        elif says_passing("another", text) or (begins and not stays and (passing.rang or not waiting)):
            yield self._another(segment, because("passed-on", quote=passing.said.text, words=text), _kind(passing))
        elif stays and not begins:
            yield from self._back(segment)
        elif self._in_doubt(segment, passing):
            yield from self._doubtful(segment, passing)

    def _in_doubt(self, segment: Segment, passing: _Passing) -> bool:
        if says_passing("stays", segment.text):
            return True
        if says_passing("waiting", segment.text) or way_of(segment.text):
            return False
        if passing.rang or passing.way == "hand-over" or any_says_passing("anew", passing.citizen):
            return True
        return bool(passing.citizen) and not self._measured

    def _consulted(self, at: int, segment: Segment, passing: _Passing) -> Iterator[Takeover]:
        """Words among colleagues: where several stand in a row, nobody can say whose they are."""
        if says_passing("stays", segment.text):
            yield from self._back(segment)
        elif self._doubted or says_passing("waiting", segment.text):
            return
        elif self._staff_go_on(at):
            yield from self._doubtful(segment, passing)
        else:
            self._passing = None

    def _staff_go_on(self, at: int) -> bool:
        """Return whether the next of the people who speak is staff again."""
        following = (self._segments[n].role for n in range(at + 1, len(self._segments)))
        return next((role == "staff" for role in following if role in ("staff", "citizen")), False)

    def _another(self, segment: Segment, reason: Reason, kind: PartKind) -> Takeover:
        self._last += 1
        self._person, self._passing, self._doubted = self._last, None, False
        self._unit, self._spoken, self._asked = unit_named(segment.text), 0, 0
        return Takeover(at=segment.start, person=self._person, kind=kind, reasons=(reason,))

    def _back(self, segment: Segment) -> Iterator[Takeover]:
        if self._doubted:
            again = because("same-again", quote=segment.text)
            yield Takeover(at=segment.start, person=self._person, kind="first", reasons=(again,))
        self._passing, self._doubted = None, False

    def _doubtful(self, segment: Segment, passing: _Passing) -> Iterator[Takeover]:
        if not self._doubted:
            doubt = because("may-be-another", quote=passing.said.text)
            yield Takeover(at=segment.start, person=None, kind="doubtful", reasons=(doubt,))
        self._doubted = True


def _kind(passing: _Passing) -> PartKind:
    return "put-through" if passing.way == "transfer" else "joined"
