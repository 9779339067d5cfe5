"""What is known of a call, as one value."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.store.base import Json, UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forward."""
    _gather(
        "recordings",
        sa.column("setting", sa.String(16)),
        sa.column("started_at", UtcDateTime()),
        sa.column("ring_seconds", sa.Double()),
        sa.column("staff_channel", sa.Integer()),
        sa.column("direction", sa.String(8)),
    )
    _gather("pending")


def _gather(name: str, *scalars: sa.ColumnClause[Any]) -> None:
    """Of each row, what was known becomes one value; what is empty is left out, as a default is."""
    op.add_column(name, sa.Column("facts", Json, nullable=False, server_default="{}"))
    known = [*scalars, sa.column("calls", Json), sa.column("extras", Json)]
    table = sa.table(name, sa.column("id", sa.BigInteger()), sa.column("facts", Json), *known)
    connection = op.get_bind()
    for row in connection.execute(sa.select(table.c.id, *known)).all():
        values = {key: value for key, value in row._mapping.items() if key != "id" and value not in (None, [], {})}
        if "started_at" in values:
            values["started_at"] = values["started_at"].isoformat()
        connection.execute(table.update().where(table.c.id == row.id).values(facts=values))
    for each in known:
        op.drop_column(name, each.name)
