"""What a report says of itself, given by whoever asks for it. What is not known stays empty and is not guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from speechaudit.reports.figures import ScoreFigure

Kind = Literal["staff", "window", "centre"]
TITLES: Final[Mapping[Kind, str]] = {"staff": "人员语音报告", "window": "窗口语音报告", "centre": "中心语音报告"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierScore:
    """The score of the same window or centre in the days before those of a report, both included, and as many."""

    since: date
    until: date
    score: ScoreFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose report it is, of what time, by whom it was made and where its links lead.

    `names` are of staff by number, `windows` of windows by code. `window` is the code of a window's report. `since` and
    `until` are days that were asked for, both included; `earlier` is what was before them. `appeals` of these services
    wait for a decision. `files` is the address of the same report, to which `format=…` is added, and `codes` that to
    which the code of a finding is added; without them nothing is linked.
    """

    kind: Kind = "staff"
    centre: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    windows: Mapping[str, str] = field(default_factory=dict)
    window: str = ""
    since: date | None = None
    until: date | None = None
    made_at: datetime | None = None
    made_by: str = ""
    appeal_days: int | None = None
    appeals: int = 0
    earlier: EarlierScore | None = None
    files: str = ""
    codes: str = ""

    @property
    def title(self) -> str:
        """The title of this kind of report."""
        return TITLES[self.kind]

    def person(self, staff: str | None, unnamed: str) -> str:
        """Return name and number of a member of staff, the number alone without a name."""
        name = self.names.get(staff or "", "")
        return f"{name}（{staff}）" if name and name != staff else staff or unnamed

    def window_name(self, code: str) -> str:
        """Return name and code of a window, the code alone without a name."""
        name = self.windows.get(code, "")
        return f"{name}（{code}）" if name and name != code else code


def chinese_day(day: date) -> str:
    """Return a day as official documents write it: Arabic digits, no leading zero (GB/T 9704-2012, 7.3.5.4)."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_days(days: Iterable[date]) -> str:
    """Return from when to when `days` go, one day alone as itself; empty without any."""
    known = sorted(days)
    if not known:
        return ""
    first, last = chinese_day(known[0]), chinese_day(known[-1])
    return first if first == last else f"{first}至{last}"
