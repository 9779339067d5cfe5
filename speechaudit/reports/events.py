"""Waits, returns and transfers within a service, and talk beside the services, in Chinese."""

from __future__ import annotations

from typing import Final

from speechaudit.model import Audit, Encounter, MarkKind
from speechaudit.text import clock

KINDS: Final[dict[MarkKind, str]] = {"hold": "让对方等候", "return": "回来", "transfer": "转接"}


def describe_marks(encounter: Encounter) -> str:
    """Return waits with their length, returns and transfers with their times; empty without any."""
    marks = (
        f"{clock(mark.start)} {KINDS[mark.kind]}" + (f" {mark.duration:.0f} 秒" if mark.kind == "hold" else "")
        for mark in encounter.marks
    )
    return "、".join(marks)


def describe_asides(audit: Audit) -> tuple[str, ...]:
    """Return one line for each talk that is no service, after one with the sum; nothing without any."""
    if not audit.asides:
        return ()
    total = sum(aside.duration for aside in audit.asides)
    lines = (f"{clock(a.start)}–{clock(a.end)} {a.reason}" for a in audit.asides)
    return (f"另有谈话 {len(audit.asides)} 段,共 {clock(total)},不算服务,不评分", *lines)
