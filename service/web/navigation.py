"""Who finds what where: the entries of every page's head, and where each role begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.auth.identity import Identity
from service.auth.permissions import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A page in the head, shown to who has the permission."""

    path: str
    title: str
    need: Permission


ENTRIES: Final = (
    Entry(path="/today", title="今日", need=Permission.REPORTS_WINDOWS),
    Entry(path="/recordings", title="录音", need=Permission.RECORDINGS_READ),
    Entry(path="/upload", title="上传", need=Permission.RECORDINGS_WRITE),
    Entry(path="/pending", title="待补全", need=Permission.RECORDINGS_MANAGE),
    Entry(path="/review", title="复核", need=Permission.REVIEWS),
    Entry(path="/cases", title="申诉", need=Permission.RECORDINGS_READ),
    Entry(path="/reports", title="报告", need=Permission.REPORTS_STAFF),
    Entry(path="/rules", title="规则", need=Permission.RULES_READ),
    Entry(path="/settings", title="设置", need=Permission.CENTRE_READ),
)


def entries(who: Identity) -> tuple[Entry, ...]:
    """Return what this person finds in the head of each page."""
    return tuple(entry for entry in ENTRIES if entry.need in who.permissions)


def home(who: Identity) -> str:
    """Return the address where this person begins."""
    return "/cases" if who.role == "staff" else "/today"
