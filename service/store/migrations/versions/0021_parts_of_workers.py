"""Workers tell how what they do beside their jobs fares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Json

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Forward."""
    op.add_column("workers", sa.Column("parts", Json, nullable=False, server_default="{}"))
