"""Sessions that end when nobody uses them, and passwords that their owner has to change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Forward."""
    op.add_column("users", sa.Column("must_change", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("sessions", sa.Column("seen_at", UtcDateTime, nullable=True))
