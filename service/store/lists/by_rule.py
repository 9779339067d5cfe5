"""How often each rule was found in the audits that count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.audits import FindingRow
from speechaudit.model import Verdict


def found_by_rule(session: Session, since: datetime) -> Mapping[str, Mapping[Verdict, int]]:
    """Count the verdicts of each rule in recordings from `since` on, as people decided; silent passes are no rows."""
    row = FindingRow
    mine = row.current, row.occurred_at >= since
    counted = select(row.rule, row.verdict, func.count()).where(*mine).group_by(row.rule, row.verdict)
    found: dict[str, dict[Verdict, int]] = defaultdict(dict)
    for rule, verdict, count in session.execute(counted):
        found[rule][verdict] = count
    return found
