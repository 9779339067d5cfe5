"""Who served in a part of somebody else's recording, found also where nothing was found about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Forward."""
    sqlite, postgresql = sa.text("own = 0"), sa.text("NOT own")
    op.create_index(
        "ix_tallies_parts", "tallies", ["staff", "recording_id"], sqlite_where=sqlite, postgresql_where=postgresql
    )
