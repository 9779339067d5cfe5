"""Why a re-audit broke off; and the proposals of one found quickly, to be dropped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Forward."""
    op.add_column("batches", sa.Column("failure", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_batch_items_audit_id"), "batch_items", ["audit_id"])
