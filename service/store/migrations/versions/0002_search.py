"""The index over the grams of transcripts: GIN on PostgreSQL, FTS5 kept in step by triggers on SQLite."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# The ascii tokenizer splits at spaces only: everything beyond ASCII is part of a word.
SQLITE = (
    "CREATE VIRTUAL TABLE transcript_grams USING fts5("
    "grams, content='transcripts', content_rowid='recording_id', tokenize='ascii', detail='none')",
    "CREATE TRIGGER transcripts_added AFTER INSERT ON transcripts BEGIN "
    "INSERT INTO transcript_grams(rowid, grams) VALUES (new.recording_id, new.grams); END",
    "CREATE TRIGGER transcripts_deleted AFTER DELETE ON transcripts BEGIN "
    "INSERT INTO transcript_grams(transcript_grams, rowid, grams) VALUES ('delete', old.recording_id, old.grams); END",
    "CREATE TRIGGER transcripts_changed AFTER UPDATE ON transcripts BEGIN "
    "INSERT INTO transcript_grams(transcript_grams, rowid, grams) VALUES ('delete', old.recording_id, old.grams); "
    "INSERT INTO transcript_grams(rowid, grams) VALUES (new.recording_id, new.grams); END",
    "INSERT INTO transcript_grams(transcript_grams) VALUES ('rebuild')",
)
POSTGRESQL = ("CREATE INDEX transcript_grams ON transcripts USING gin (string_to_array(grams, ' '))",)


def upgrade() -> None:
    """Forward."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
