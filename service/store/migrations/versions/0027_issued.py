"""Reports as they were issued, and the words they quote, which go with their recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.base import Ref, UtcDateTime

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Forward."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "issued_reports",
        sa.Column("id", number, primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("staff_id", Ref, sa.ForeignKey("staff.id", ondelete="CASCADE")),
        sa.Column("window_id", Ref, sa.ForeignKey("windows.id", ondelete="CASCADE")),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("occasion", sa.String(64), unique=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.String(200), nullable=False),
        sa.Column("rulebook_version", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("replaces", Ref),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("basis", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_issued_time", "issued_reports", ["made_at", "id"])
    op.create_index("ix_issued_staff", "issued_reports", ["staff_id", "made_at", "id"])
    op.create_index("ix_issued_window", "issued_reports", ["window_id", "made_at", "id"])
    op.create_index("ix_issued_replaces", "issued_reports", ["replaces"])
    op.create_table(
        "issued_words",
        sa.Column("issued_id", Ref, sa.ForeignKey("issued_reports.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("place", sa.String(32), primary_key=True),
        sa.Column("recording_id", Ref, sa.ForeignKey("recordings.id", ondelete="CASCADE"), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_index("ix_issued_words_recording", "issued_words", ["recording_id"])
