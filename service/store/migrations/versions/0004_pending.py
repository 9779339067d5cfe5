"""What recorders brought and nobody could match."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json, Ref, UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "pending",
        sa.Column("id", Ref, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", Ref, nullable=False),
        sa.Column("file_name", sa.String(length=500), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("known", Json, nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("recording_id", Ref, nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'completed', 'discarded')", name=op.f("ck_pending_state")),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_pending_recording_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending")),
        sa.UniqueConstraint("sha256", name=op.f("uq_pending_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pending_recording_id"), "pending", ["recording_id"], unique=False)
    op.create_index(op.f("ix_pending_state_received_at_id"), "pending", ["state", "received_at", "id"], unique=False)
