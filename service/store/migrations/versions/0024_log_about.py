"""The log says which recording an act was about, whose it was, and what kind of act: it can be looked through."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

from service.store.logbook import kind_of

revision = "0024"
down_revision = "0023"

STEP = 1000
# Where entries of that time name a recording: in an address, by a command, or in the words of a correction.
RECORDING = re.compile(r"(?:^/(?:api/v1/)?recordings/|^recording |^录音 )(\d{1,18})(?!\d)")
ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")
LOG = sa.table(
    "log",
    *(sa.column(name, sa.Text) for name in ("action", "what", "kind")),
    *(sa.column(name, sa.Integer) for name in ("id", "recording_id", "staff_id")),
)
RECORDINGS = sa.table("recordings", sa.column("id", sa.Integer), sa.column("staff_id", sa.Integer))


def upgrade() -> None:
    """Forward. Of older entries it is told from their text, and belongs to no hash; whose it is is that of today."""
    op.add_column("log", sa.Column("kind", sa.String(16), nullable=False, server_default="changed"))
    op.add_column("log", sa.Column("recording_id", ID))
    op.add_column("log", sa.Column("staff_id", ID))
    _tell()
    op.create_index("ix_log_at", "log", ["at"])
    for name in ("who", "recording_id", "staff_id", "kind"):
        op.create_index(f"ix_log_{name}_id", "log", [name, "id"])


def _tell() -> None:
    connection, last = op.get_bind(), 0
    wanted = sa.select(LOG.c.id, LOG.c.action, LOG.c.what).order_by(LOG.c.id).limit(STEP)
    told = sa.update(LOG).where(LOG.c.id == sa.bindparam("number"))
    told = told.values(kind=sa.bindparam("of_kind"), recording_id=sa.bindparam("recording"))
    while some := connection.execute(wanted.where(LOG.c.id > last)).all():
        connection.execute(told, [_told(number, action, what) for number, action, what in some])
        last = some[-1][0]
    whose = sa.select(RECORDINGS.c.staff_id).where(RECORDINGS.c.id == LOG.c.recording_id).scalar_subquery()
    connection.execute(sa.update(LOG).where(LOG.c.recording_id.is_not(None)).values(staff_id=whose))


def _told(number: Any, action: Any, what: Any) -> dict[str, Any]:
    found = RECORDING.search(what)
    return {"number": number, "of_kind": kind_of(action, what), "recording": int(found[1]) if found else None}
