"""What is left of transcripts for who sees numbers masked, so that a search finds nothing that is masked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.search import folded_lines
from speechaudit.privacy import MASK, masked_text

revision = "0020"
down_revision = "0019"

STEP = 500
WORDS = sa.table(
    "transcripts", sa.column("recording_id", sa.Integer), sa.column("folded", sa.Text), sa.column("shown", sa.Text)
)


def upgrade() -> None:
    """Forward. Of older transcripts all voices are read as one, which masks a little more."""
    op.add_column("transcripts", sa.Column("shown", sa.Text))
    connection, last = op.get_bind(), 0
    wanted = sa.select(WORDS.c.recording_id, WORDS.c.folded).order_by(WORDS.c.recording_id).limit(STEP)
    while some := connection.execute(wanted.where(WORDS.c.recording_id > last)).all():
        for number, folded in some:
            if (shown := folded_lines(masked_text(str(folded)).replace(MASK, "\n").split("\n"))) != folded:
                connection.execute(sa.update(WORDS).where(WORDS.c.recording_id == number).values(shown=shown))
        last = some[-1][0]
