"""Lists of recordings and findings with filters, and selections of them.

- `filters`: what they are about · `rows`: pages of recordings and findings
- `walks`: how a page with costly conditions is found in bounded time
- `selected`: the current audits of a selection, for reports · `tallied`: their figures, for reports of many
"""

from service.store.lists.filters import Filters
from service.store.lists.rows import (
    count,
    findings,
    latest,
    place_and_time,
    reasons,
    recording_conditions,
    recording_ids,
    recordings,
)
from service.store.lists.selected import MOST, audits_of, current_audits
from service.store.lists.tallied import tallied
from service.store.lists.walks import among

__all__ = [
    "MOST",
    "Filters",
    "among",
    "audits_of",
    "count",
    "current_audits",
    "findings",
    "latest",
    "place_and_time",
    "reasons",
    "recording_conditions",
    "recording_ids",
    "recordings",
    "tallied",
]
