"""The connection to the database, SQLite or PostgreSQL: sessions to read and to write, and the schema up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from service.errors import ConfigError, UnavailableError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).with_name("migrations")
_WAIT_SECONDS = 15
# What is deleted is overwritten: no words that grew too old linger in the file.
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON")


class Database:
    """One database. `read()` and `write()` give sessions that last a request or a step of a job."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(speechaudit_writes=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for reading; changes are not kept. Raises UnavailableError if the database is away."""
        with _told(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session whose changes are committed at its end, all or none. Raises UnavailableError.

        On SQLite it waits for its turn at the beginning: a writer that began as a reader could not wait any more.
        """
        with _told(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema up to date; several processes may do so at once.

        Raises UnavailableError, and ConfigError for a schema that only a newer program knows.
        """
        from alembic import command
        from alembic.runtime.migration import MigrationContext

        with _told(), self._writing.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(7316271)"))
            _refuse_newer(MigrationContext.configure(connection).get_current_revision())
            command.upgrade(alembic_config(connection), revision)
            connection.commit()

    def revision(self) -> str | None:
        """Return the revision of the schema, None of a database without one. Raises UnavailableError."""
        from alembic.runtime.migration import MigrationContext

        with self.read() as session:
            return MigrationContext.configure(session.connection()).get_current_revision()

    def refuse_newer(self) -> None:
        """Raise ConfigError if only a newer program knows the schema. Raises UnavailableError."""
        _refuse_newer(self.revision())

    def empty(self) -> bool:
        """Return whether there is no table of the service. Raises UnavailableError."""
        with self.read() as session:
            return not inspect(session.connection()).get_table_names()

    def check(self) -> None:
        """Ask the database for a sign of life. Raises UnavailableError."""
        with self.read() as session:
            session.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def revisions() -> tuple[str, ...]:
    """Return the revisions of the schema that this program knows, the newest first."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in revisions():
        raise ConfigError(
            "数据库",
            f"结构的版本 {revision} 比这个程序的新(到 {revisions()[0]})",
            "请安装不旧于上次运行过的程序,或按 docs/deployment.md 从升级前的备份恢复;数据没有动过",
        )


def alembic_config(connection: Connection) -> Config:
    """Return what alembic's commands need to run on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OperationalError as problem:
        raise _unavailable(problem) from problem
    except DBAPIError as problem:
        if problem.connection_invalidated:
            raise _unavailable(problem) from problem
        raise


def _unavailable(problem: DBAPIError) -> UnavailableError:
    reason = str(problem.orig).strip().splitlines()[0]
    if "full" in reason or "No space" in reason:
        return UnavailableError("数据库", f"磁盘已满({reason})", "请腾出磁盘空间,然后重试")
    return UnavailableError("数据库", f"暂时不能用({reason})", "请检查数据库是否在运行、地址和密码是否正确,然后重试")


def _engine(url: str) -> Engine:
    """Return an engine whose errors, which end in logs, do not quote what somebody said."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    pool = {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
    return create_engine(url, connect_args={"connect_timeout": 5}, hide_parameters=True, **pool)


def _sqlite(url: str) -> Engine:
    if file := make_url(url).database:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, not where the driver guesses
    # busy_timeout first: switching to WAL may already have to wait.
    for pragma in (f"busy_timeout={_WAIT_SECONDS * 1000}", *_PRAGMAS):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("speechaudit_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
