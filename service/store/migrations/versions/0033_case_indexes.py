"""Indexes by which cases are listed by what happened last, and those of one person or window are looked up."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

REVIEWED: Any = {
    "sqlite_where": sa.text("current = 1 AND review <> ''"),
    "postgresql_where": sa.text("current AND review <> ''"),
}


def upgrade() -> None:
    """Forward."""
    op.create_index("ix_cases_changed_at", "cases", ["changed_at"])
    op.create_index("ix_findings_reviewed_staff", "findings", ["staff_id", "recording_id"], **REVIEWED)
    op.create_index("ix_findings_reviewed_window", "findings", ["window_id", "recording_id"], **REVIEWED)
