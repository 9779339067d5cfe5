"""Counts for the metrics."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.recordings import RecordingRow

_MOST_CAUSES = 20
OTHER = "其他"


def failures(session: Session) -> dict[str, int]:
    """How many recordings failed for which cause: the problem without file and cure, the most frequent ones."""
    counted = (
        select(RecordingRow.failure, func.count()).where(RecordingRow.status == "failed").group_by(RecordingRow.failure)
    )
    causes: Counter[str] = Counter()
    for reason, count in session.execute(counted).all():
        causes[_cause(reason or "")] += count
    common = dict(causes.most_common(_MOST_CAUSES))
    rest = causes.total() - sum(common.values())
    return common | {OTHER: common.get(OTHER, 0) + rest} if rest else common


def _cause(reason: str) -> str:
    """Of "file:problem。cure" the problem, without what stands in brackets."""
    problem = reason.partition("。")[0].rpartition(":")[2].partition("(")[0]
    return problem[:60] or OTHER
