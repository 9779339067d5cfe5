"""Indexes that hold all that the page of the day, the comparison and the queue of reviews count."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

CURRENT: Any = {"sqlite_where": sa.text("current = 1"), "postgresql_where": sa.text("current")}
PRIORITY = ["priority", "id", "staff_id", "window_id", "level", "occurred_at", "rule", "current"]
SCORES = ["recording_id", "total", "passed", "vetoed", "own", "staff", "encounter", "audit_id"]


def upgrade() -> None:
    """Forward."""
    op.drop_index("ix_findings_priority", "findings")
    op.create_index("ix_findings_priority", "findings", PRIORITY, **CURRENT)
    op.drop_index("ix_tallies_scores", "tallies")
    op.create_index("ix_tallies_scores", "tallies", SCORES)
