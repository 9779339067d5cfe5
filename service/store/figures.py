"""Counts for the metrics."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.recordings import RecordingRow


def failures(session: Session) -> dict[str, int]:
    """Count the failed recordings by the code of their reason, most frequent first."""
    code, number = func.coalesce(RecordingRow.failure_code, "older-text"), func.count()
    counted = select(code, number).where(RecordingRow.status == "failed").group_by(code).order_by(number.desc(), code)
    return {code: count for code, count in session.execute(counted)}  # noqa: C416 - rows are no pairs to mypy
