"""The index by which the last recording of each sender is found, without a look at the others."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Forward."""
    op.create_index("ix_recordings_sent", "recordings", ["source", "received_at"])
