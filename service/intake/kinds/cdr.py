"""Tables of switches, of which several rows can be one call: read whole, or on from where they ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from service.errors import RequestError
from service.ingest.call_record import CallRecord
from service.spreadsheets import numbered
from service.spreadsheets.tables import MOST_ROWS
from speechaudit.text import file_name_form

Record = Mapping[str, str]
Row = tuple[int, Record]
Records = dict[str, list[CallRecord]]
# The legs of a call are written within minutes; so many rows are those of an hour at a busy switch.
MOST_KEPT: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchTable:
    """What a table of a switch looks like, and how its rows are calls.

    `titles` are its columns where it has no heading, which is known by the `needed` ones. `usable` tells whether
    a record, from so many cells under so many titles, is whole. `keys` are what rows of one call share.
    """

    titles: Sequence[str]
    needed: set[str]
    usable: Callable[[Record, int, int], bool]
    keys: Callable[[Record], tuple[str, ...]]
    calls: Callable[[Sequence[Row], ZoneInfo], Iterator[CallRecord]]
    problem: str
    cure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableEnd:
    """Where a table ended: after so many `lines`, with the last of its rows and the titles they stood under."""

    lines: int
    titles: Sequence[str]
    rows: tuple[Row, ...]


def read(content: bytes, form: SwitchTable, zone: ZoneInfo) -> tuple[tuple[CallRecord, ...], TableEnd]:
    """Return the calls of a table and where it ended. Raises RequestError where the columns are not those of a CDR."""
    found = _Rows(form, form.titles)
    rows = tuple(found.read(content))
    if found.others and not rows:
        raise RequestError("通话记录", form.problem, form.cure)
    return tuple(form.calls(rows, zone)), TableEnd(lines=found.lines, titles=found.titles, rows=rows[-MOST_KEPT:])


def read_on(
    more: bytes, form: SwitchTable, zone: ZoneInfo, place: TableEnd, known: Records
) -> tuple[Records, tuple[CallRecord, ...], TableEnd] | None:
    """Return the calls that stay, those that are new or have more rows by now, and where the table ends.

    `more` is the heading with what was added, `known` are the calls so far. None where it must be read whole: rows
    were added to a call whose first ones are not at hand. Raises RequestError.
    """
    found = _Rows(form, place.titles)
    added = [(place.lines + number - 1, record) for number, record in found.read(more) if number > 1]
    touched, mine = _belonging(added, place.rows, form)
    lines = {number for number, _ in mine}
    older = [call for key in touched for call in known.get(file_name_form(key), ())]
    ended = place.lines + found.lines - 1
    if ended > MOST_ROWS or any(not lines.issuperset(call.lines) for call in older):
        return None
    fresh = tuple(form.calls([*mine, *added], zone))
    rows = (*place.rows, *added)[-MOST_KEPT:]
    ends = TableEnd(lines=ended, titles=found.titles, rows=rows)
    return _without(known, older), fresh, ends


class _Rows:
    """The usable rows of a table; `titles` are the last ones, `lines` counts all lines, `others` those without use."""

    def __init__(self, form: SwitchTable, titles: Sequence[str]) -> None:
        self._form, self.titles = form, titles
        self.lines = self.others = 0

    def read(self, content: bytes) -> Iterator[Row]:
        """Yield them with their numbers from 1."""
        for number, cells in numbered(content):
            self.lines = number
            if not any(cells):
                continue
            if {cell.casefold() for cell in cells} >= self._form.needed:
                self.titles = [cell.casefold() for cell in cells]
                continue
            record = {title: cell for title, cell in zip(self.titles, cells, strict=False) if cell}
            if self._form.usable(record, len(cells), len(self.titles)):
                yield number, record
            else:
                self.others += 1


def _belonging(added: Iterable[Row], rows: Sequence[Row], form: SwitchTable) -> tuple[set[str], list[Row]]:
    """Return the keys of the calls that have added rows, and their rows so far."""
    touched = {key for _, record in added for key in form.keys(record)}
    mine: dict[int, Record] = {}
    size = -1
    while len(mine) > size:
        size = len(mine)
        mine = {number: record for number, record in rows if touched.intersection(form.keys(record))}
        touched.update(key for record in mine.values() for key in form.keys(record))
    return touched, list(mine.items())


def _without(known: Records, calls: Iterable[CallRecord]) -> Records:
    """Return calls by their numbers without some of them."""
    gone = {id(call) for call in calls}
    numbers = {file_name_form(number) for call in calls for number in call.ids}
    left = {number: [call for call in known.get(number, ()) if id(call) not in gone] for number in numbers}
    return {**known, **left}
