"""What people did with the recordings that `bench.filling` makes: cases, what they were told, entries of the log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from service.store.notices import Notice
from service.store.reviews.tables import ReviewCase, ReviewEvent

USERS = 5  # inspectors, each of whom is told of every case
LOOKED_AT, CONTESTED = 40, 2000  # of so many recordings a person looked at one; of so many one is under appeal


def keep(session: Session, found: list[dict[str, Any]]) -> None:
    """Keep the cases of these findings, what was done in them, and what people were told of it."""
    if not (rows := [case(each) for each in found]):
        return
    session.execute(insert(ReviewCase), rows)
    session.execute(insert(ReviewEvent), [event for row in rows for event in events(row)])
    session.execute(insert(Notice), [notice(row, user) for row in rows for user in range(1, USERS + 1)])


def review(number: int) -> str:
    """How far people are with the first finding of this recording."""
    if number % CONTESTED == 0:
        return "appealed"
    if number % LOOKED_AT == 0:
        return "decided" if number % (10 * LOOKED_AT) == 0 else "reviewed"
    return ""


def case(found: dict[str, Any]) -> dict[str, Any]:
    """What people said of a finding, two days after it was made."""
    at = found["occurred_at"] + timedelta(days=2)
    return {
        "id": found["recording_id"], "recording_id": found["recording_id"], "key": found["key"], "rule": found["rule"],
        "machine": found["machine"], "verdict": found["verdict"], "reason": "听过录音", "state": found["review"],
        "decided_at": at, "changed_at": at, "lot": found["recording_id"] % 97 / 97,
    }  # fmt: skip


def events(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A review, and where there is an appeal that and perhaps its decision."""
    actions = {"reviewed": ("review",), "appealed": ("review", "appeal"), "decided": ("review", "appeal", "decide")}
    for number, action in enumerate(actions[row["state"]]):
        at = row["changed_at"] + timedelta(hours=number)
        user = 1 + (row["id"] // LOOKED_AT + number) % USERS
        yield {
            "case_id": row["id"],
            "at": at,
            "user_id": user,
            "action": action,
            "verdict": row["verdict"],
            "reason": "",
        }


def notice(row: dict[str, Any], user: int) -> dict[str, Any]:
    """What one person is told of a case; of ten, nine are read."""
    at, values = row["changed_at"], {"recording_id": row["recording_id"], "rule": row["rule"]}
    read = None if (row["id"] // LOOKED_AT + user) % 10 == 0 else at
    return {"user_id": user, "event": "finding.reviewed", "key": f"case-{row['id']}", "values": values, "at": at} | {
        "read_at": read
    }


def entry(row: dict[str, Any]) -> dict[str, Any]:
    """An entry of the log: somebody looked at a call. Its hash is any: the chain is followed in order elsewhere."""
    user, kind = 1 + row["id"] % USERS, "heard" if row["id"] % 7 == 0 else "seen"
    return {
        "at": row["occurred_at"] + timedelta(days=1), "who": f"user:{user}", "name": f"inspector{user}",
        "action": "GET /recordings/{recording_id}", "what": f"/recordings/{row['id']}",
        "hash": hashlib.sha256(f"entry {row['id']}".encode()).hexdigest(), "kind": kind,
        "recording_id": row["id"], "staff_id": row["staff_id"],
    }  # fmt: skip
