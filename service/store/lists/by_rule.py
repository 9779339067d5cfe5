"""How often each rule was found in the audits that count."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.audits import FindingRow
from speechaudit.model import Verdict


def found_by_rule(session: Session, since: datetime, rules: Collection[str]) -> Mapping[str, Mapping[Verdict, int]]:
    """Count the verdicts of these rules in recordings from `since` on, as people decided; silent passes are no rows."""
    row, verdicts = FindingRow, get_args(Verdict)
    # In columns, so that each rule is one stretch of its index, and nothing is sorted.
    counts = [func.count().filter(row.verdict == verdict) for verdict in verdicts]
    mine = row.current, row.rule.in_(rules), row.occurred_at >= since
    found = session.execute(select(row.rule, *counts).where(*mine).group_by(row.rule))
    return {each[0]: dict(zip(verdicts, each[1:], strict=True)) for each in found}
