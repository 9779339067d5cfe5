"""Pages of rows that fit costly conditions, in bounded time, however rarely these are met and wherever.

Neither planner knows whether a word or a rule is rare. So the newest rows are asked first. If they do not fill the
page, the conditions that few of them met are looked up as sets of recordings, and the walk goes on within these.
It ends after a fixed effort: then the page is short, and its cursor tells where to go on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Select, SQLColumnExpression, Text, any_, cast, func, literal, select, text, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.types import UserDefinedType

from service.store import search
from service.store.base import is_sqlite
from service.store.pages import Conditions

# Rows asked before anything is looked up; what less than COMMON of them fit is looked up, if at most RARE fit it, or
# WIDE where an index holds all that is asked.
PROBE, COMMON, RARE, WIDE = 200, 0.1, 10_000, 50_000
# What the first rows let expect more often than that is not looked up: it would be given up late.
# Beyond so many it is quicker to walk in order and compare than to fetch and sort.
SORTED = 2000
# How many rows a walk takes at most and in what pieces, and how much effort (see `CostlyCondition`) it makes.
MOST, PIECE, EFFORT = 6000, 250, 9000
Row = tuple[datetime, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostlyCondition:
    """A condition on recordings that another table answers.

    `statement` selects the recordings that fit and can be restricted by `column`. `lookup` gives all that fit, or may
    fit where it is not `exact`, of all recordings or of those given to it; None if they are many. `effort` is what
    asking about one recording costs, 1 being a look into an index. `most` is how many `lookup` gives.
    """

    statement: Select[int]
    column: SQLColumnExpression[int]
    lookup: Callable[[Session, Collection[int] | None], Sequence[int] | None]
    exact: bool
    effort: int
    most: int = RARE

    def fitting(self, session: Session, ids: Collection[int]) -> set[int]:
        """Return the recordings among `ids` that fit."""
        return set(session.scalars(self.statement.where(among(session, self.column, ids)))) if ids else set()


@dataclass(frozen=True, slots=True)
class Keys:
    """What is walked: rows with a moment and an id, which are their order, and the id of their recording.

    `within` means the same as `wanted`, for when few recordings are given: by these the rows shall be looked up. With
    `few` it is `wanted` that names the rows which there may be.
    """

    moment: SQLColumnExpression[datetime]
    id: SQLColumnExpression[int]
    recording: SQLColumnExpression[int]
    wanted: Conditions
    within: Conditions
    few: bool = False

    def rows(self, session: Session, after: tuple[datetime, int] | None, limit: int) -> Sequence[Row]:
        """Return the next rows, newest first; at most `limit`."""
        return session.execute(self._next(select(*self._columns).where(*self.wanted), after, limit)).all()

    def pieces(
        self, session: Session, after: tuple[datetime, int], limit: int, known: Collection[int] | None
    ) -> Generator[Sequence[Row]]:
        """Yield the next rows in pieces, read as far as they are taken; of recordings in `known` if that is given."""
        statement = select(*self._columns)
        if known is None:
            statement = statement.where(*self.wanted)
        elif len(known) <= SORTED:
            statement = self._looked_up(session, known)
        else:
            statement = statement.where(*self.wanted, among(session, self.recording + 0, known))
        streamed = self._next(statement, after, limit).execution_options(yield_per=PIECE)
        with _in_order(session, forced=known is None and not self.few):
            found = session.execute(streamed)
        with found as result:
            yield from result.partitions()

    def _looked_up(self, session: Session, known: Collection[int]) -> Select[datetime, int, int]:
        """Return the rows of these recordings, all looked up first: PostgreSQL would go through all by time."""
        moment, number, recording = self._columns
        few: Select[datetime, int, int]
        few = select(moment.label("moment"), number.label("number"), recording.label("recording"))
        whole = few.where(*self.within, among(session, self.recording, known)).cte("few").prefix_with("MATERIALIZED")
        return select(whole.c.moment, whole.c.number, whole.c.recording)

    @property
    def _columns(self) -> tuple[SQLColumnExpression[datetime], SQLColumnExpression[int], SQLColumnExpression[int]]:
        return self.moment, self.id, self.recording

    def _next(
        self, statement: Select[datetime, int, int], after: tuple[datetime, int] | None, limit: int
    ) -> Select[datetime, int, int]:
        moment, number, _ = statement.selected_columns
        if after:
            statement = statement.where(tuple_(moment, number) < after)
        return statement.order_by(moment.desc(), number.desc()).limit(limit)


@contextmanager
def _in_order(session: Session, *, forced: bool) -> Iterator[None]:
    """Let PostgreSQL read by time what mostly ends early: to sort it first, all that fit would be read."""
    if forced and not is_sqlite(session):
        session.execute(text("SET LOCAL enable_sort = off"))
        yield
        session.execute(text("SET LOCAL enable_sort = on"))
    else:
        yield


class _Ids(UserDefinedType[Collection[int]]):
    """Ids as PostgreSQL writes an array: the driver takes twenty times as long to make one of a list."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """Return its name in SQL."""
        return "BIGINT[]"

    def bind_processor(self, dialect: Dialect) -> Callable[[Collection[int] | None], str]:  # noqa: ARG002
        """Return what turns ids into what is sent."""
        return lambda ids: f"{{{','.join(map(str, ids or ()))}}}"


def among(session: Session, column: SQLColumnExpression[int], ids: Iterable[int]) -> SQLColumnExpression[bool]:
    """Return the condition that a column has one of these values, which travel as one: a thousand cost more."""
    if is_sqlite(session):
        values: Any = func.json_each(json.dumps(list(ids))).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(cast(list(ids), _Ids()))


def gathered(session: Session, wanted: Select[int]) -> list[int]:
    """Return what a statement gives, which travels as one."""
    column = wanted.subquery().c[0]
    if is_sqlite(session):
        return list(json.loads(session.scalar(select(func.json_group_array(column))) or "[]"))
    found = session.scalar(select(func.string_agg(cast(column, Text), literal(","))))
    return list(map(int, found.split(","))) if found else []


def few(
    session: Session,
    wanted: Select[int],
    known: Collection[int] | None = None,
    *,
    most: int = RARE,
    without: Sequence[str] = (),
) -> Sequence[int] | None:
    """Return at most `most` ids, of the `known` if given; None if there are more. See `search.by_index`."""
    if known is not None:
        wanted = wanted.where(among(session, wanted.selected_columns[0], known))
    with search.by_index(session, *without):
        ids = gathered(session, wanted.limit(most + 1))
    return ids if len(ids) <= most else None


def walk(
    session: Session,
    keys: Keys,
    conditions: Sequence[CostlyCondition],
    after: tuple[datetime, int] | None,
    wanted: int,
    everything: Callable[[], int],
) -> tuple[list[Row], Row | None]:
    """Return the next rows that meet all conditions, at most `wanted`; and if it ended early, its last row.

    `everything` says how many recordings there are, about.
    """
    if not conditions:
        return list(keys.rows(session, after, wanted)), None
    first = keys.rows(session, after, PROBE)
    recordings = {row[2] for row in first}
    fitting = [condition.fitting(session, recordings) for condition in conditions]
    passed = [row for row in first if all(row[2] in fits for fits in fitting)]
    if len(passed) >= wanted or len(first) < PROBE:
        return passed[:wanted], None
    shares = [len(fits) / len(recordings) for fits in fitting]
    rare = [each for each in zip(conditions, shares, strict=True) if each[1] < COMMON]
    known, exact = _known(session, rare, everything() if rare else 0)
    left = [condition for condition in conditions if condition not in exact]
    wanted -= len(passed)
    with closing(keys.pieces(session, first[-1][:2], MOST if left else wanted, known)) as pieces:
        more, last = _tested(session, pieces, left, wanted)
    return passed + more, last


def _known(
    session: Session, conditions: Sequence[tuple[CostlyCondition, float]], everything: int
) -> tuple[set[int] | None, list[CostlyCondition]]:
    """Return the recordings the rare conditions leave, None if none is rare; and which need not be asked again.

    Each comes with the share of the first rows that fit it.
    """
    known: set[int] | None = None
    exact = []
    for condition, share in conditions:
        if known is None and share * everything > condition.most:
            continue
        if (found := condition.lookup(session, known)) is not None:
            known = set(found) if known is None else known & set(found)
            exact += [condition] if condition.exact else []
    return known, exact


def _tested(
    session: Session, pieces: Iterator[Sequence[Row]], conditions: Sequence[CostlyCondition], wanted: int
) -> tuple[list[Row], Row | None]:
    """Return those that pass, `wanted` at most; and the last one asked, if the effort ended before."""
    passed: list[Row] = []
    effort = asked = 0
    for piece in pieces:
        asked += len(piece)
        left = piece
        for condition in conditions:
            effort += condition.effort * len(left)
            fits = condition.fitting(session, {row[2] for row in left})
            left = [row for row in left if row[2] in fits]
        passed += left
        if len(passed) >= wanted:
            return passed[:wanted], None
        if asked >= MOST or (effort >= EFFORT and next(pieces, None)):
            return passed, piece[-1]
    return passed, None
