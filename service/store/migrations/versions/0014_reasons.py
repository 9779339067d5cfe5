"""The code of the reason beside each finding and each failure, and in the indexes that lists go by."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

CURRENT: Any = {"sqlite_where": sa.text("current = 1"), "postgresql_where": sa.text("current")}
FILTERS = ["staff_id", "window_id", "rule", "verdict", "level", "reason"]


def upgrade() -> None:
    """Forward. What failed before has a sentence only."""
    op.add_column("findings", sa.Column("reason", sa.String(64), nullable=False, server_default=""))
    op.add_column("recordings", sa.Column("failure_code", sa.String(64)))
    op.execute("UPDATE recordings SET failure_code = 'older-text' WHERE failure IS NOT NULL")
    op.add_column("batch_items", sa.Column("failure_code", sa.String(64), nullable=False, server_default=""))
    for name in ("time", "staff", "window", "rule", "verdict", "level", "recording"):
        op.drop_index(f"ix_findings_{name}", "findings")
    for first in (None, *FILTERS):
        name = "time" if first is None else first.removesuffix("_id")
        rest = [each for each in FILTERS if each != first]
        columns = [*([first] if first else []), "occurred_at", "id", *rest, "current", "recording_id"]
        op.create_index(f"ix_findings_{name}", "findings", columns, **CURRENT)
    columns = ["recording_id", "current", "rule", "verdict", "level", "reason"]
    op.create_index("ix_findings_recording", "findings", columns)
