"""The figures of each service are kept as rows; those of earlier audits follow in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json, Ref

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Forward."""
    op.add_column("audits", sa.Column("tallied", sa.Boolean, nullable=False, server_default=sa.false()))
    sqlite, postgresql = sa.text("current = 1 AND tallied = 0"), sa.text("current AND NOT tallied")
    op.create_index("ix_audits_untold", "audits", ["id"], sqlite_where=sqlite, postgresql_where=postgresql)
    op.create_table(
        "tally_sheets",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("rules", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tally_sheets"),
    )
    op.create_table(
        "tallies",
        sa.Column("id", Ref, nullable=False),
        sa.Column("recording_id", Ref, nullable=False),
        sa.Column("audit_id", Ref, nullable=False),
        sa.Column("encounter", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("own", sa.Boolean, nullable=False),
        sa.Column("staff", sa.String(200)),
        sa.Column("total", sa.Double),
        sa.Column("passed", sa.Boolean),
        sa.Column("vetoed", sa.Boolean, nullable=False),
        sa.Column("unclear", sa.Integer, nullable=False),
        sa.Column("sheet", sa.String(16), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tallies"),
        sa.UniqueConstraint("audit_id", "encounter", "part", name="uq_tallies_audit_id_encounter_part"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name="fk_tallies_recording_id_recordings", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name="fk_tallies_audit_id_audits", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tallies_scores", "tallies", ["recording_id", "total", "passed", "vetoed"])
