"""An index over what a finding is, so that a level or verdict that a common rule never has is known at once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Forward."""
    current: Any = {"sqlite_where": sa.text("current = 1"), "postgresql_where": sa.text("current")}
    columns = ["rule", "level", "verdict", "current", "recording_id", "id"]
    op.create_index("ix_findings_kind", "findings", columns, **current)
