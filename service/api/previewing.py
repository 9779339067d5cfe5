"""What a table would change of what is registered, row by row, before anything is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.api import overlapping, registry
from service.api.overlapping import RosterTurn
from service.api.registry import CheckedRow, Kind, Rows, Values
from service.api.tables import HEADS, TITLES
from service.store import centre
from speechaudit.validation import meaning

Outcome = Literal["wrong", "changed", "new", "same"]
_ORDER: Final[tuple[Outcome, ...]] = ("wrong", "changed", "new", "same")
MOST_SHOWN: Final = 300
# What tells entries apart, and what may change of them, by the titles of their columns.
_COLUMNS: Final[Mapping[Kind, tuple[Mapping[str, str], Mapping[str, str]]]] = {
    "staff": ({"number": "工号"}, {"name": "姓名", "active": "在岗"}),
    "windows": ({"code": "代码"}, {"name": "名称", "active": "在用"}),
    "extensions": ({"number": "分机"}, {"window_id": "窗口"}),
    "rosters": ({"window_id": "窗口", "staff_id": "工号", "starts_at": "开始"}, {"ends_at": "结束"}),
}


class CellChange(NamedTuple):
    """A cell that would be another, by the title of its column."""

    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """A row: its number, its cells as they were understood, what would become of it.

    `wrong` and `cure` tell why it is refused and what to do, `note` what to mind.
    """

    number: int
    cells: tuple[str, ...]
    outcome: Outcome
    changes: tuple[CellChange, ...] = ()
    wrong: tuple[str, ...] = ()
    cure: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """All rows counted, and the first of them, what asks for attention before the rest."""

    titles: tuple[str, ...]
    counts: Mapping[Outcome, int]
    shown: tuple[PreviewRow, ...]

    @property
    def total(self) -> int:
        """How many rows there are."""
        return sum(self.counts.values())


def preview(session: Session, kind: Kind, rows: Rows, zone: ZoneInfo) -> Preview:
    """Return what would become of each row."""
    checked = registry.checked_rows(session, kind, rows, zone)
    reading = _Reading(session, kind, zone, {each.number: each.values for each in checked if each.values is not None})
    found = [reading.row(each) for each in checked]
    found.sort(key=lambda row: (_ORDER.index(row.outcome), row.number))
    counts = Counter(row.outcome for row in found)
    identity, others = _COLUMNS[kind]
    titles = (*identity.values(), *others.values())
    return Preview(titles=titles, counts={each: counts[each] for each in _ORDER}, shown=tuple(found[:MOST_SHOWN]))


class _Reading:
    """Compares the rows of one kind with what is there, and tells both as people read them."""

    def __init__(self, session: Session, kind: Kind, zone: ZoneInfo, values: Mapping[int, Values]) -> None:
        self._kind, self._zone = kind, zone
        self._identity, self._others = _COLUMNS[kind]
        self._windows = {each.id: f"{each.name}({each.code})" for each in centre.windows(session)}
        self._staff = {each.id: f"{each.name}({each.number})" for each in centre.staff(session)}
        columns = (*self._identity, *self._others)
        there = [{name: getattr(row, name) for name in columns} for row in _existing(session, kind, values.values())]
        self._there = {self._key(each): each for each in there}
        self._beside = self._overlaps(values) if kind == "rosters" else {}

    def row(self, checked: CheckedRow) -> PreviewRow:
        """Return what would become of this row."""
        if (values := checked.values) is None:
            wrong = tuple(f"{_called(self._kind, error)}:{meaning(error)}" for error in checked.wrong)
            cells = tuple(self._typed(checked, title) for title in (*self._identity.values(), *self._others.values()))
            return PreviewRow(number=checked.number, cells=cells, outcome="wrong", wrong=wrong, cure=checked.cure)
        cells = tuple(self._text(name, values[name]) for name in (*self._identity, *self._others))
        before = self._there.get(self._key(values))
        changes = () if before is None else tuple(self._changes(before, values))
        outcome: Outcome = "new" if before is None else "changed" if changes else "same"
        note = self._note(values, checked.number)
        return PreviewRow(number=checked.number, cells=cells, outcome=outcome, changes=changes, note=note)

    def _overlaps(self, values: Mapping[int, Values]) -> Mapping[int, RosterTurn]:
        """Return which turns of the table overlap others of it, or registered ones that it does not change."""
        mine = {self._key(each) for each in values.values()}
        kept = (RosterTurn(number=None, **each) for key, each in self._there.items() if key not in mine)
        return overlapping.beside((*(RosterTurn(number=number, **each) for number, each in values.items()), *kept))

    def _note(self, values: Values, number: int) -> str:
        """Tell of another turn at the same time; empty where there is none."""
        if (other := self._beside.get(number)) is None:
            return ""
        if other.window_id == values["window_id"]:
            return f"同一窗口同时还有{self._staff[other.staff_id]},没有写明工号的录音就不知道是谁"
        return f"同时还在{self._windows[other.window_id]},没有写明窗口的录音就不知道是哪里"

    def _changes(self, before: Mapping[str, Any], after: Values) -> Iterable[CellChange]:
        for name, title in self._others.items():
            if before[name] != after[name]:
                yield CellChange(title, self._text(name, before[name]), self._text(name, after[name]))

    def _key(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(values[name] for name in self._identity)

    def _typed(self, checked: CheckedRow, title: str) -> str:
        name = TITLES[title]
        return checked.cells.get(name) or checked.cells.get("staff" if name == "number" else "", "")

    def _text(self, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, datetime):
            return value.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")
        known = {"window_id": self._windows, "staff_id": self._staff}.get(name)
        return known.get(value, "") if known is not None else str(value)


def _existing(session: Session, kind: Kind, values: Iterable[Values]) -> Iterable[Any]:
    """Return what is registered of this kind; of the roster, the days that the table is about."""
    if kind == "rosters":
        moments = [moment for each in values for moment in (each["starts_at"], each["ends_at"])]
        return centre.rosters(session, min(moments), max(moments)) if moments else ()
    if kind == "extensions":
        return centre.extensions(session)
    return centre.staff(session) if kind == "staff" else centre.windows(session)


def _called(kind: Kind, error: Mapping[str, Any]) -> str:
    """Return the title of the column that is wrong; what is wrong elsewhere is called as it is told."""
    field = str(error["loc"][-1])
    mine = {TITLES[title]: title for title in HEADS[kind]} | {"active": "在岗或在用", "staff": "工号"}
    return mine.get(field, field)
