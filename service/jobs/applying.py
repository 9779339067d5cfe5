"""Lets a re-audit count in steps: nobody who wants to write waits for thousands of recordings."""

from __future__ import annotations

import time
from typing import Final

from service.store import Database, reaudits

_STEP: Final = 10  # recordings in a transaction: a second at most


def apply(database: Database, batch_id: int, seconds: float) -> None:
    """Go on letting the proposals of a decided re-audit count, for about so long; the sweep does the rest.

    Raises UnavailableError.
    """
    began = time.monotonic()
    while True:
        with database.write() as session:
            left = reaudits.apply_some(session, batch_id, _STEP)
        if not left or time.monotonic() - began >= seconds:
            return


def apply_rest(database: Database, seconds: float) -> None:
    """Go on with what was decided and does not count as a whole yet. Raises UnavailableError."""
    with database.read() as session:
        decided = reaudits.applying(session)
    for batch_id in decided:
        apply(database, batch_id, seconds)
