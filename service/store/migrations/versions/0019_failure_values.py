"""Failures keep the values of their reason, so that they can be told in English too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Forward."""
    values = sa.JSON().with_variant(JSONB(), "postgresql")
    for table in ("recordings", "batch_items"):
        op.add_column(table, sa.Column("failure_values", values))
