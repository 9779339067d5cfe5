"""Review and appeal: cases and their history, and what findings and audits must know for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json, Ref, UtcDateTime

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Forward. Findings made before have no key: they must be audited again before people can decide on them."""
    op.add_column("audits", sa.Column("policy", Json, nullable=False, server_default="{}"))
    for name, length in (("machine", 8), ("key", 16), ("review", 16)):
        op.add_column("findings", sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.add_column("findings", sa.Column("priority", sa.Double))
    op.execute("UPDATE findings SET machine = verdict")
    current = sa.text("current = 1"), sa.text("current")
    op.create_index(
        "ix_findings_priority", "findings", ["priority", "id"], sqlite_where=current[0], postgresql_where=current[1]
    )
    _cases()


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("recording_id", Ref, sa.ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("rule", sa.String(64), nullable=False),
        sa.Column("machine", sa.String(8), nullable=False),
        sa.Column("verdict", sa.String(8)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('reviewed', 'appealed', 'decided', 'withdrawn')", name="state"),
        sa.UniqueConstraint("recording_id", "key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_cases_state", "cases", ["state", "changed_at", "id"])
    op.create_index("ix_cases_rule", "cases", ["rule", "machine"])
    op.create_table(
        "case_events",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("case_id", Ref, sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("user_id", Ref, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(8)),
        sa.Column("reason", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_events_case_id", "case_events", ["case_id"])
