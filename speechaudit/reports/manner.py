"""How somebody spoke, from the measures of the services: told, never charged."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from speechaudit.reports.figures import EncounterEntry, MannerFigure

# Name of the measure (docs/formats.md), its title, its unit, and what it is multiplied with to be in that unit.
MEASURES: Final[tuple[tuple[str, str, str, float], ...]] = (
    ("staff_characters_per_minute", "语速", "字/分钟", 1.0),
    ("staff_fastest_turn", "最快的一次发言", "字/分钟", 1.0),
    ("staff_loudness", "响度", "LUFS", 1.0),
    ("staff_louder_than_citizen", "比群众响", "分贝", 1.0),
    ("staff_loudest_turn", "最响的一次发言高出平时", "分贝", 1.0),
    ("staff_talk_share", "说话所占比例", "%", 100.0),
    ("overlap_share", "两人同时说话", "%", 100.0),
    ("interruptions_by_staff", "打断群众", "次", 1.0),
    ("interruptions_by_citizen", "被群众打断", "次", 1.0),
    ("longest_silence", "最长静默", "秒", 1.0),
)


def manner_of(rows: Sequence[EncounterEntry]) -> tuple[MannerFigure, ...]:
    """Return median and range over the scored services, without what was measured in none of them."""
    known = [row.measures for row in rows if row.total is not None]
    found = ((title, unit, [m[name] * times for m in known if name in m]) for name, title, unit, times in MEASURES)
    return tuple(_figure(*each) for each in found if each[2])


def _figure(title: str, unit: str, values: Sequence[float]) -> MannerFigure:
    return MannerFigure(title=title, unit=unit, n=len(values), median=median(values), low=min(values), high=max(values))
