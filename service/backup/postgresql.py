"""The tables of a PostgreSQL database as its COPY writes them: as they were at one moment, in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from psycopg import Error, sql
from sqlalchemy import Connection, MetaData, inspect

from service.backup import folder
from service.backup.folder import Advance, Table
from service.errors import ConflictError, UnavailableError
from service.store import Database

_VERSION: Final = "alembic_version"


def size(connection: Connection) -> int:
    """Return about how many bytes the tables will have."""
    return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


def dump(connection: Connection, target: Path, advance: Advance) -> tuple[Table, ...]:
    """Write each table into a file; the connection's transaction must be REPEATABLE READ. Raises UnavailableError."""
    tables = _tables(connection)
    for table in tables:
        folder.write(_file(target, table), _rows(connection, table), advance)
    return tables


def _file(place: Path, table: Table) -> Path:
    return place / "database" / f"{table.name}.copy"


def _tables(connection: Connection) -> tuple[Table, ...]:
    """All of ours, each behind those that it refers to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return tuple(
        Table(
            name=table.name,
            columns=tuple(column.name for column in table.columns if column.computed is None),
        )
        for table in metadata.sorted_tables
        if table.name != _VERSION
    )


def _rows(connection: Connection, table: Table) -> Iterator[bytes]:
    try:
        with _cursor(connection) as cursor, cursor.copy(_command("COPY {} ({}) TO STDOUT", table)) as copy:
            yield from map(bytes, copy)
    except Error as problem:
        raise UnavailableError("数据库", f"不能读({problem})", "请检查数据库,然后重试") from problem


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()


def _command(text: Any, table: Table) -> sql.Composed:
    return sql.SQL(text).format(sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, table.columns)))


def load(database: Database, place: Path, tables: Sequence[Table], advance: Advance) -> None:
    """Fill the tables, which are as new, all or none. Raises UnavailableError, ConflictError."""
    with database.engine.begin() as connection, _cursor(connection) as cursor:
        require_ours(connection, tables)
        try:
            for table in reversed(tables):  # what a migration filled in itself
                cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
            for table in tables:
                with cursor.copy(_command("COPY {} ({}) FROM STDIN", table)) as copy:
                    for chunk in folder.pieces(_file(place, table), advance):
                        copy.write(chunk)
            for table in tables:
                _count_on(connection, cursor, table)
        except Error as problem:
            raise UnavailableError("数据库", f"不能写({problem})", "请检查数据库,然后重试") from problem


def require_ours(connection: Connection, tables: Sequence[Table]) -> None:
    """Raise ConflictError for a table or column that the schema of the backup does not have."""
    known = inspect(connection)
    ours = {name: {column["name"] for column in known.get_columns(name)} for name in known.get_table_names()}
    for table in tables:
        if not ours.get(table.name, set()).issuperset(table.columns) or table.name == _VERSION:
            raise ConflictError(table.name, "清单里有结构里没有的表或列", "请换一份备份:这一份已损坏或被改动")


def _count_on(connection: Connection, cursor: Any, table: Table) -> None:
    """Let new rows be numbered behind those that are there."""
    for column in inspect(connection).get_columns(table.name):
        if column.get("autoincrement") is True or "nextval" in str(column.get("default")):
            text = "SELECT setval(pg_get_serial_sequence({}, {}), max({})) FROM {}"
            name, own = sql.Identifier(table.name), sql.Identifier(column["name"])
            cursor.execute(sql.SQL(text).format(sql.Literal(table.name), sql.Literal(column["name"]), own, name))
