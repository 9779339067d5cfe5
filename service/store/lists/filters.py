"""What lists, reports and re-audits are about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.store.recordings import Status
from speechaudit.model import Level, Setting, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What to list; None means any. `since` <= time < `until`; scores include both ends.

    `text` is what was said, with `sounds_like` in any characters that sound like it, with
    `masked` outside of personal numbers and addresses.
    `staff_ids` and `window_ids` are also how a user's view is narrowed; an empty tuple lists nothing. With `parts` a
    recording is also found by whoever served in a part of it; `also` holds those, and is filled by the lists.
    """

    staff_ids: tuple[int, ...] | None = None
    window_ids: tuple[int, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    rule: str | None = None
    reason: str | None = None
    verdict: Verdict | None = None
    level: Level | None = None
    score_from: float | None = None
    score_to: float | None = None
    status: Status | None = None
    setting: Setting | None = None
    text: str | None = None
    sounds_like: bool = False
    masked: bool = False
    parts: bool = True
    also: tuple[int, ...] = ()
