"""Findings say which part of a service they are about, so that a colleague's are not charged to the first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Forward."""
    op.add_column("findings", sa.Column("part", sa.Integer, nullable=False, server_default="0"))
    others = sa.text("part > 0")
    op.create_index(
        "ix_findings_parts", "findings", ["staff_id", "recording_id"], sqlite_where=others, postgresql_where=others
    )
