"""First schema."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from service.store.base import Json, Ref, UtcDateTime

revision = "0001"
down_revision = None

CURRENT: Any = {"sqlite_where": sa.text("current = 1"), "postgresql_where": sa.text("current")}


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "staff",
        sa.Column("id", Ref, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("number", name=op.f("uq_staff_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "webhooks",
        sa.Column("id", Ref, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("secret", sa.String(length=200), nullable=False),
        sa.Column("events", Json, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "windows",
        sa.Column("id", Ref, nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_windows")),
        sa.UniqueConstraint("code", name=op.f("uq_windows_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.Column("recordings", sa.Integer(), nullable=False),
        sa.Column("audio_seconds", sa.Double(), nullable=False),
        sa.Column("busy_seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_index("ix_workers_seen_at", "workers", ["seen_at"])

    op.create_table(
        "deliveries",
        sa.Column("id", Ref, nullable=False),
        sa.Column("webhook_id", Ref, nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'failed')", name=op.f("ck_deliveries_status")),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_deliveries_webhook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("message_id", name=op.f("uq_deliveries_message_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_status_next_at", "deliveries", ["status", "next_at"])
    op.create_index("ix_deliveries_webhook_id_id", "deliveries", ["webhook_id", "id"])

    op.create_table(
        "extensions",
        sa.Column("id", Ref, nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("window_id", Ref, nullable=False),
        sa.ForeignKeyConstraint(["window_id"], ["windows.id"], name=op.f("fk_extensions_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
        sa.UniqueConstraint("number", name=op.f("uq_extensions_number")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_extensions_window_id", "extensions", ["window_id"])

    op.create_table(
        "recordings",
        sa.Column("id", Ref, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", Ref, nullable=False),
        sa.Column("file_name", sa.String(length=500), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("setting", sa.String(length=16), nullable=False),
        sa.Column("staff_id", Ref, nullable=True),
        sa.Column("window_id", Ref, nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("ring_seconds", sa.Double(), nullable=True),
        sa.Column("staff_channel", sa.Integer(), nullable=True),
        sa.Column("direction", sa.String(length=8), nullable=True),
        sa.Column("extras", Json, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("idempotency_key", sa.String(length=255), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("audited_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_recordings_status")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recordings_staff_id")),
        sa.ForeignKeyConstraint(["window_id"], ["windows.id"], name=op.f("fk_recordings_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("sha256", name=op.f("uq_recordings_sha256")),
        sa.UniqueConstraint("source", "idempotency_key", name=op.f("uq_recordings_source_idempotency_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recordings_staff", "recordings", ["staff_id", "occurred_at", "id"])
    op.create_index("ix_recordings_status", "recordings", ["status", "occurred_at", "id"])
    op.create_index("ix_recordings_time", "recordings", ["occurred_at", "id"])
    op.create_index("ix_recordings_total", "recordings", ["total", "occurred_at", "id"])
    op.create_index("ix_recordings_window", "recordings", ["window_id", "occurred_at", "id"])

    op.create_table(
        "rosters",
        sa.Column("id", Ref, nullable=False),
        sa.Column("window_id", Ref, nullable=False),
        sa.Column("staff_id", Ref, nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_rosters_order")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_rosters_staff_id")),
        sa.ForeignKeyConstraint(["window_id"], ["windows.id"], name=op.f("fk_rosters_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rosters")),
        sa.UniqueConstraint("window_id", "staff_id", "starts_at", name=op.f("uq_rosters_window_id_staff_id_starts_at")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_rosters_staff_id_starts_at", "rosters", ["staff_id", "starts_at"])
    op.create_index("ix_rosters_window_id_starts_at", "rosters", ["window_id", "starts_at"])

    op.create_table(
        "users",
        sa.Column("id", Ref, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("staff_id", Ref, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.CheckConstraint("role IN ('admin', 'inspector', 'lead', 'staff')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_users_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_users_staff_id", "users", ["staff_id"])

    op.create_table(
        "api_keys",
        sa.Column("id", Ref, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created_by", Ref, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_api_keys_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "batches",
        sa.Column("id", Ref, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("rulebook_version", sa.String(length=64), nullable=False),
        sa.Column("selection", Json, nullable=False),
        sa.Column("created_by", Ref, nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("applied_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("status IN ('running', 'ready', 'applied', 'discarded')", name=op.f("ck_batches_status")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_batches_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "hearings",
        sa.Column("recording_id", Ref, nullable=False),
        sa.Column("heard_at", UtcDateTime(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_hearings_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_hearings")),
    )
    op.create_table(
        "sessions",
        sa.Column("id", Ref, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("user_id", Ref, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])

    op.create_table(
        "transcripts",
        sa.Column("recording_id", Ref, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("grams", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_transcripts_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_transcripts")),
    )
    op.create_table(
        "user_windows",
        sa.Column("user_id", Ref, nullable=False),
        sa.Column("window_id", Ref, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_windows_user_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["window_id"], ["windows.id"], name=op.f("fk_user_windows_window_id")),
        sa.PrimaryKeyConstraint("user_id", "window_id", name=op.f("pk_user_windows")),
    )
    op.create_index("ix_user_windows_window_id", "user_windows", ["window_id"])

    op.create_table(
        "audits",
        sa.Column("id", Ref, nullable=False),
        sa.Column("recording_id", Ref, nullable=False),
        sa.Column("run", sa.String(length=100), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("rulebook_version", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("made_by", Json, nullable=False),
        sa.Column("encounters", sa.Integer(), nullable=False),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("batch_id", Ref, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_audits_batch_id")),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_audits_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audits")),
        sa.UniqueConstraint("run", name=op.f("uq_audits_run")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audits_batch_id", "audits", ["batch_id"])
    op.create_index("ix_audits_recording_id_made_at", "audits", ["recording_id", "made_at"])
    op.create_index("uq_audits_current", "audits", ["recording_id"], unique=True, **CURRENT)

    op.create_table(
        "batch_items",
        sa.Column("batch_id", Ref, nullable=False),
        sa.Column("recording_id", Ref, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("failure", sa.Text(), nullable=False),
        sa.Column("audit_id", Ref, nullable=True),
        sa.Column("old_total", sa.Double(), nullable=True),
        sa.Column("new_total", sa.Double(), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'done', 'failed')", name=op.f("ck_batch_items_status")),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name=op.f("fk_batch_items_audit_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_batch_items_batch_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_batch_items_recording_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "recording_id", name=op.f("pk_batch_items")),
    )
    op.create_index("ix_batch_items_recording_id", "batch_items", ["recording_id"])

    op.create_table(
        "encounters",
        sa.Column("id", Ref, nullable=False),
        sa.Column("audit_id", Ref, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("not_judged", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name=op.f("fk_encounters_audit_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encounters")),
        sa.UniqueConstraint("audit_id", "number", name=op.f("uq_encounters_audit_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "findings",
        sa.Column("id", Ref, nullable=False),
        sa.Column("recording_id", Ref, nullable=False),
        sa.Column("audit_id", Ref, nullable=False),
        sa.Column("encounter", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("points", sa.Double(), nullable=False),
        sa.Column("start", sa.Double(), nullable=True),
        sa.Column("end", sa.Double(), nullable=True),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("staff_id", Ref, nullable=True),
        sa.Column("window_id", Ref, nullable=True),
        sa.Column("occurred_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["audit_id"], ["audits.id"], name=op.f("fk_findings_audit_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recordings.id"], name=op.f("fk_findings_recording_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_findings_staff_id")),
        sa.ForeignKeyConstraint(["window_id"], ["windows.id"], name=op.f("fk_findings_window_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_findings_audit_id", "findings", ["audit_id"])
    op.create_index("ix_findings_recording_id", "findings", ["recording_id"])
    op.create_index("ix_findings_rule", "findings", ["rule", "verdict", "occurred_at", "id", "recording_id"], **CURRENT)
    op.create_index(
        "ix_findings_staff", "findings", ["staff_id", "verdict", "rule", "occurred_at", "id", "recording_id"], **CURRENT
    )
    op.create_index("ix_findings_verdict", "findings", ["verdict", "occurred_at", "id", "recording_id"], **CURRENT)
    op.create_index(
        "ix_findings_window",
        "findings",
        ["window_id", "verdict", "rule", "occurred_at", "id", "recording_id"],
        **CURRENT,
    )
    op.create_index("ix_findings_time", "findings", ["occurred_at", "id"], **CURRENT)
    op.create_index("ix_findings_staff_time", "findings", ["staff_id", "occurred_at", "id"], **CURRENT)
    op.create_index("ix_findings_window_time", "findings", ["window_id", "occurred_at", "id"], **CURRENT)
