"""When the sound and the transcript of a recording were deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Forward."""
    op.add_column("recordings", sa.Column("audio_deleted_at", UtcDateTime()))
    op.add_column("recordings", sa.Column("transcript_deleted_at", UtcDateTime()))
