"""A trial counts the recordings whose words had to be labelled anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Forward."""
    op.add_column("trials", sa.Column("relabelled", sa.Integer, nullable=False, server_default="0"))
