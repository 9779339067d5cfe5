"""Scores and verdicts of each day are kept added up, and what is told of a service is kept beside its figures.

Of all days that there are it is noted that they are not summed yet; what is told of earlier services follows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import JsonOrNull, Ref

revision = "0032"
down_revision = "0031"

ALL_DAYS = {
    "sqlite": "INSERT INTO stale_days (day) "
    "SELECT DISTINCT CAST(strftime('%s', occurred_at) AS INTEGER) / 86400 FROM recordings",
    "postgresql": "INSERT INTO stale_days (day) "
    "SELECT DISTINCT CAST(floor(extract(epoch FROM occurred_at) / 86400) AS INTEGER) FROM recordings",
}


def upgrade() -> None:
    """Forward."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "stale_days",
        sa.Column("id", number, primary_key=True),
        sa.Column("day", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stale_days_day", "stale_days", ["day"])
    op.create_table(
        "hourly_scores",
        sa.Column("id", number, primary_key=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("day", "hour", "begun")),
        sa.Column("window_id", Ref, sa.ForeignKey("windows.id")),
        sa.Column("staff_id", Ref, sa.ForeignKey("staff.id")),
        sa.Column("named", sa.String(200)),
        sa.Column("setting", sa.String(16), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("squares", sa.Double, nullable=False),
        sa.Column("passed", sa.Integer, nullable=False),
        sa.Column("vetoed", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hourly_scores_hour", "hourly_scores", ["hour"])
    op.create_index("ix_hourly_scores_day", "hourly_scores", ["day"])
    op.create_table(
        "daily_verdicts",
        sa.Column("day", sa.Integer, primary_key=True),
        sa.Column("rule", sa.String(64), primary_key=True),
        sa.Column("verdict", sa.String(8), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
    )
    op.add_column("tallies", sa.Column("told", JsonOrNull))
    told = sa.text("told IS NULL")
    op.create_index("ix_tallies_untold", "tallies", ["audit_id"], sqlite_where=told, postgresql_where=told)
    op.execute(ALL_DAYS[op.get_bind().dialect.name])
