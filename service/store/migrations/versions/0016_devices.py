"""Browsers that are known have failures of their own, so that strangers lock no owner out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Forward."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "devices",
        sa.Column("id", number, primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("user_id", number, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", UtcDateTime, nullable=True),
        sa.Column("seen_at", UtcDateTime, nullable=False),
    )
