"""What came with a recording that waits, for the recording that it becomes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Forward."""
    op.add_column("pending", sa.Column("calls", Json, nullable=False, server_default="[]"))
    op.add_column("pending", sa.Column("extras", Json, nullable=False, server_default="{}"))
