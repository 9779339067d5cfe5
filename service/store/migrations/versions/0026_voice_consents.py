"""Who agreed to a voice profile, to which text, and when they withdrew it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import UtcDateTime

revision = "0026"
down_revision = "0025"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "voice_consents",
        sa.Column("id", NUMBER, primary_key=True),
        sa.Column("staff_id", NUMBER, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.Column("noted_by", sa.String(200), nullable=False),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(200)),
        sa.Column("withdrawn_at", UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_voice_consents_staff_id", "voice_consents", ["staff_id"])
