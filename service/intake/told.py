"""What recorders tell under names of their own, in the name of a file or in a form, as facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from service.intake.facts import Facts, of_fields
from service.intake.source import FIELDS, Source


def titles(source: Source, usual: Mapping[str, str] | None = None) -> dict[str, str]:
    """Their names, folded, to ours: what is set wins over what is usual, and that over our own names."""
    known = dict(zip(FIELDS, FIELDS, strict=True)) | dict(usual or {}) | dict(source.fields)
    return {name.casefold(): ours for name, ours in known.items()}


def by_texts(texts: Mapping[str, str], named: Mapping[str, str], zone: ZoneInfo) -> Facts:
    """Facts from texts under their names; names that nobody knows are left out."""
    return of_fields({named[name.casefold()]: text for name, text in texts.items() if name.casefold() in named}, zone)


def by_name(source: Source, name: str, zone: ZoneInfo) -> Facts:
    """What the name of a file tells after the source's pattern."""
    if (pattern := source.named) is None:
        return Facts()
    if (found := pattern.search(name)) is None:
        return Facts(doubts=("文件名不符合 pattern",)) if source.kind == "name" else Facts()
    return of_fields({key: text for key, text in found.groupdict().items() if text}, zone)


def from_begin(facts: Facts) -> Facts:
    """The same call where its begin is when the telephone began to ring."""
    return replace(facts, ring_at=facts.ring_at or facts.started_at)
