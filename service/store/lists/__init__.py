"""Lists of recordings and findings with filters, and selections of them.

- `rows`: pages of recordings and findings · `walks`: how a page with costly conditions is found in bounded time
- `selected`: the current audits of a selection, for reports · `tallied`: their figures, for reports of many
- `by_rule`: how often each rule was found
"""

from service.store.lists.by_rule import found_by_rule
from service.store.lists.rows import (
    Filters,
    count,
    findings,
    latest,
    place_and_time,
    reasons,
    recording_conditions,
    recording_ids,
    recordings,
)
from service.store.lists.selected import MOST, current_audits
from service.store.lists.tallied import tallied

__all__ = [
    "MOST",
    "Filters",
    "count",
    "current_audits",
    "findings",
    "found_by_rule",
    "latest",
    "place_and_time",
    "reasons",
    "recording_conditions",
    "recording_ids",
    "recordings",
    "tallied",
]
