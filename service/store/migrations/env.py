"""Runs migrations on the connection that `Database.migrate` hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from service.store import tables
from service.store.search import INDEX


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Leave the search index alone, which is a virtual table on SQLite and has shadow tables."""
    return not (kind in {"table", "index"} and (name or "").startswith(INDEX))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Base.metadata,
    include_object=_ours,
    render_as_batch=True,
    transactional_ddl=False,  # the caller's transaction holds all: several processes may start at once
)
context.run_migrations()
