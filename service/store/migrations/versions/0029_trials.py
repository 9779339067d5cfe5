"""Trials of rules are kept, with what they found, and a webhook's secret that was replaced is good for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json, Ref, UtcDateTime

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Forward."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    figures = ("total", "done", "left_out", "raised", "lowered")
    op.create_table(
        "trials",
        sa.Column("id", number, primary_key=True),
        sa.Column("rule", sa.String(80), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("saved_at", UtcDateTime(), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in figures),
        sa.Column("changes", Json, nullable=False),
        sa.Column("verdicts", Json, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "trial_changes",
        sa.Column("id", number, primary_key=True),
        sa.Column("trial_id", Ref, sa.ForeignKey("trials.id", ondelete="CASCADE"), nullable=False),
        sa.Column("recording_id", Ref, sa.ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("content", Json, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_trial_changes_trial_id_id", "trial_changes", ["trial_id", "id"])
    op.create_index("ix_trial_changes_recording_id", "trial_changes", ["recording_id"])
    op.add_column("webhooks", sa.Column("old_secret", sa.String(200), nullable=False, server_default=""))
    op.add_column("webhooks", sa.Column("old_until", UtcDateTime()))
