"""Indexes that hold all that lists ask of a row, so that no combination of filters has to look into the rows."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

CURRENT: Any = {"sqlite_where": sa.text("current = 1"), "postgresql_where": sa.text("current")}
BEFORE = {
    "recordings": ("time", "staff", "window", "status", "total"),
    "findings": ("time", "staff_time", "window_time", "rule", "verdict", "staff", "window", "recording_id"),
}
RECORDINGS = {
    "time": ["occurred_at", "id", "staff_id", "window_id", "status", "total"],
    "staff": ["staff_id", "occurred_at", "id", "window_id", "status", "total"],
    "window": ["window_id", "occurred_at", "id", "staff_id", "status", "total"],
    "status": ["status", "occurred_at", "id", "staff_id", "window_id", "total"],
}
FINDINGS = {
    "time": ["occurred_at", "id", "staff_id", "window_id", "rule", "verdict", "level", "current", "recording_id"],
    "staff": ["staff_id", "occurred_at", "id", "window_id", "rule", "verdict", "level", "current", "recording_id"],
    "window": ["window_id", "occurred_at", "id", "staff_id", "rule", "verdict", "level", "current", "recording_id"],
    "rule": ["rule", "occurred_at", "id", "staff_id", "window_id", "verdict", "level", "current", "recording_id"],
    "verdict": ["verdict", "occurred_at", "id", "staff_id", "window_id", "rule", "level", "current", "recording_id"],
    "level": ["level", "occurred_at", "id", "staff_id", "window_id", "rule", "verdict", "current", "recording_id"],
}


def upgrade() -> None:
    """Forward."""
    for table, names in BEFORE.items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}", table)
    for name, columns in RECORDINGS.items():
        op.create_index(f"ix_recordings_{name}", "recordings", columns)
    for name, columns in FINDINGS.items():
        op.create_index(f"ix_findings_{name}", "findings", columns, **CURRENT)
    op.create_index("ix_findings_recording", "findings", ["recording_id", "current", "rule", "verdict", "level"])
