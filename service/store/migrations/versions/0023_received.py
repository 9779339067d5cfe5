"""What came when, and from whom, is counted on an index."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Forward."""
    op.create_index("ix_recordings_received", "recordings", ["received_at", "source", "window_id"])
