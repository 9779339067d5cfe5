"""The calls of the queue that came with a recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Forward."""
    op.add_column("recordings", sa.Column("calls", Json, nullable=False, server_default="[]"))
