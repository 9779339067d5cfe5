"""Keyset pages: newest first by (occurred_at, id); a page further down costs no more than the first."""

from __future__ import annotations

import base64
import binascii
import json
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, SQLColumnExpression, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.errors import RequestError

MOST = 200
_LARGEST = 2**63 - 1  # of the ids that both databases can hold
T = TypeVar("T")
Conditions = tuple[SQLColumnExpression[bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items, and the cursor of those after them; None at the end."""

    items: tuple[T, ...]
    next: str | None

    def map(self, change: Callable[[T], Any]) -> Page[Any]:
        """Return the same page of other items."""
        return Page(items=tuple(map(change, self.items)), next=self.next)


def encode(moment: datetime, number: int) -> str:
    """Return an opaque cursor that stands after this item."""
    return base64.urlsafe_b64encode(json.dumps([moment.astimezone(UTC).isoformat(), number]).encode()).decode()


def decode(cursor: str) -> tuple[datetime, int]:
    """Return the moment and number of a cursor. Raises RequestError if it is not one of ours."""
    try:
        moment, number = json.loads(base64.urlsafe_b64decode(cursor.encode("ascii")))
        found = datetime.fromisoformat(moment).astimezone(UTC), operator.index(number)
    except (ValueError, TypeError, binascii.Error, OverflowError) as problem:
        raise RequestError("cursor", "不是本系统给出的翻页标记", "请从第一页重新开始") from problem
    if not 0 <= found[1] <= _LARGEST:
        raise RequestError("cursor", "超出范围", "请从第一页重新开始")
    return found


def bounds(cursor: str | None, limit: int) -> tuple[datetime, int] | None:
    """Return after what a page begins, None at the first one. Raises RequestError for a wrong cursor or limit."""
    if not 1 <= limit <= MOST:
        raise RequestError("limit", f"应在 1 到 {MOST} 之间,实为 {limit}", "请改用允许的值")
    return decode(cursor) if cursor else None


def fetch(
    session: Session,
    statement: Select[T],
    key: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[int]],
    cursor: str | None,
    limit: int,
) -> Page[T]:
    """Return one page of rows with these two columns, newest first. Raises RequestError for a wrong cursor or limit."""
    if after := bounds(cursor, limit):
        statement = statement.where(tuple_(*key) < after)
    ordered = statement.order_by(*(column.desc() for column in key)).limit(limit + 1)
    found: Sequence[Any] = session.scalars(ordered).all()
    return Page(items=tuple(found[:limit]), next=_after(found[limit - 1], key) if len(found) > limit else None)


def _after(row: Any, key: tuple[InstrumentedAttribute[datetime], InstrumentedAttribute[int]]) -> str:
    moment, number = key
    return encode(getattr(row, moment.key), getattr(row, number.key))


def true_of(*conditions: SQLColumnExpression[bool] | None) -> Conditions:
    """Return the conditions that are there."""
    return tuple(condition for condition in conditions if condition is not None)
