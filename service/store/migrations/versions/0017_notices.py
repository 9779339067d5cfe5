"""What people are told, and where each of them wants to be told besides."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json, Ref, UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Forward."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "notices",
        sa.Column("id", number, primary_key=True),
        sa.Column("user_id", Ref, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime()),
        sa.UniqueConstraint("user_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_user_id_read_at_id", "notices", ["user_id", "read_at", "id"])
    op.add_column("webhooks", sa.Column("kind", sa.String(16), nullable=False, server_default="webhook"))
    # A column with a constraint makes SQLite build the table anew, where deliveries refer to it: users are not deleted.
    op.add_column("webhooks", sa.Column("user_id", Ref))
    op.create_index("ix_webhooks_user_id", "webhooks", ["user_id"])
