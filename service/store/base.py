"""What all tables share: column types that mean the same on SQLite and PostgreSQL, and steady constraint names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import TypeAdapter
from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    SQLColumnExpression,
    String,
    TypeDecorator,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.types import TypeEngine

from speechaudit.model import CallFacts


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Takes aware datetimes only and gives them back in UTC; SQLite keeps no zone of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn a moment into UTC on its way to the database. Raises ValueError without a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn a moment from the database into one in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class FactsJson(TypeDecorator[CallFacts]):
    """What is known of a call, as one JSON value: a fact more needs no column. What is sorted by has its own."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose JSONB on PostgreSQL, JSON elsewhere."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())

    def process_bind_param(self, value: CallFacts | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Turn facts into JSON on their way to the database. Raises ValueError without a time zone."""
        if value is not None and value.started_at is not None and value.started_at.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return None if value is None else _FACTS.dump_python(value, mode="json", exclude_defaults=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> CallFacts | None:  # noqa: ARG002
        """Turn JSON from the database into facts; what a newer program wrote beside is passed over."""
        return None if value is None else _FACTS.validate_python(value)


def fact(column: SQLColumnExpression[CallFacts], name: str) -> SQLColumnExpression[str]:
    """Return one of the facts of a call that are text, to compare with."""
    found: SQLColumnExpression[str] = type_coerce(column, Json)[name].as_string()
    return found


_FACTS = TypeAdapter(CallFacts)


def now() -> datetime:
    """Return the moment in UTC, as the tables keep it."""
    return datetime.now(UTC)


_A_DAY: Final = timedelta(days=1)


def in_utc(moment: datetime) -> datetime:
    """Return a moment with a zone in UTC.

    Raises OverflowError within a day of either end of the calendar: no page could show it by another clock.
    """
    found = moment.astimezone(UTC)
    _ = found - _A_DAY, found + _A_DAY
    return found


def is_sqlite(session: Session) -> bool:
    """Return whether the database is SQLite, and not PostgreSQL, where a statement must differ."""
    return session.get_bind().dialect.name == "sqlite"


def clock(session: Session) -> datetime:
    """Return the moment by the database's clock: what machines whose clocks disagree agree upon."""
    if is_sqlite(session):
        return now()
    return session.execute(select(func.clock_timestamp(type_=UtcDateTime()))).scalar_one()


def one_at_a_time(session: Session, *names: str) -> None:
    """Wait until no other transaction works under one of these names. On SQLite writers stand in line anyway."""
    if not is_sqlite(session):
        for name in names:
            session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


Id = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)]
Ref = BigInteger().with_variant(Integer, "sqlite")
Name = Annotated[str, mapped_column(String(200))]
Code = Annotated[str, mapped_column(String(64))]
Json = JSON().with_variant(JSONB(), "postgresql")
# For columns that may have nothing: that is NULL then, and no JSON of it.
JsonOrNull = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# Ids are never used twice: what is deleted stays distinguishable in links and logs.
TABLE = {"sqlite_autoincrement": True}


def by_time(name: str, filters: tuple[str, ...], others: tuple[str, ...], **where: Any) -> Iterator[Index]:
    """Yield an index by time, and one for each filter by its value and time, with all that lists ask of a row."""
    for first in ((), *((each,) for each in filters)):
        rest = (each for each in filters if each not in first)
        suffix = first[0].removesuffix("_id") if first else "time"
        yield Index(f"{name}_{suffix}", *first, "occurred_at", "id", *rest, *others, **where)


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy
        datetime: UtcDateTime(),
        dict[str, Any]: Json,
        dict[str, str]: Json,
        list[str]: Json,
        CallFacts: FactsJson(),
    }
    __table_args__: Any = TABLE
