"""An index by which recordings with rare scores are found without reading all there are."""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Forward."""
    op.create_index("ix_recordings_total", "recordings", ["total", "id"])
