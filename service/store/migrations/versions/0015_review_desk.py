"""Findings by their printed code; who works on which finding; marks of people, and second opinions."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from service.store.base import Ref, UtcDateTime

revision = "0015"
down_revision = "0014"

_STEP = 1000
_ABSENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    """Forward. Older findings get the code of their first evidence; the others come with the next audit."""
    op.add_column("cases", sa.Column("found", _ABSENT))
    op.add_column("cases", sa.Column("lot", sa.Double))
    op.create_index("ix_cases_lot", "cases", ["lot"])
    op.create_table(
        "claims",
        _recording(),
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("user_id", Ref, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_claims_user_id", "claims", ["user_id"])
    op.create_table(
        "skips",
        sa.Column("user_id", Ref, sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        _recording(),
        sa.Column("key", sa.String(16), primary_key=True),
    )
    op.create_index("ix_skips_recording_id", "skips", ["recording_id"])
    op.create_table(
        "finding_codes",
        sa.Column("code", sa.String(8), primary_key=True),
        sa.Column("finding_id", Ref, sa.ForeignKey("findings.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("ix_finding_codes_finding_id", "finding_codes", ["finding_id"])
    _codes()


def _recording() -> sa.Column[int]:
    return sa.Column("recording_id", Ref, sa.ForeignKey("recordings.id", ondelete="CASCADE"), primary_key=True)


def _codes() -> None:
    found = sa.text(
        'SELECT f.id, r.file_name, f.rule, f.start, f."end", f.quote FROM findings f JOIN recordings r'
        " ON r.id = f.recording_id WHERE f.id > :after AND f.current AND f.start IS NOT NULL ORDER BY f.id LIMIT :step"
    )
    after, connection = 0, op.get_bind()
    while rows := connection.execute(found, {"after": after, "step": _STEP}).all():
        after = rows[-1][0]
        codes = [{"finding_id": row[0], "code": _code(*row[1:])} for row in rows]
        connection.execute(sa.text("INSERT INTO finding_codes (code, finding_id) VALUES (:code, :finding_id)"), codes)


def _code(file: str, rule: str, start: float, end: float, quote: str) -> str:
    key = "\0".join((file, rule, f"{start:.2f}-{end:.2f}", quote))
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8].upper()
