"""一样对待: whether somebody serves as well when it is busy as when it is quiet, and early and late as in between.

Of the 五个一样 (tongyong-2023, fuwu-yaoqiu and xingwei-guifan) 忙时、闲时一样耐心 and 来早、来晚一样接待 can be told
from when services were; who is a stranger, a cadre or only asks, no recording says.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Final, Literal

from speechaudit.reports.figures import EncounterEntry, RateFigure, StaffFigures

ContrastName = Literal["load", "early", "late"]
Outcome = Literal["few", "open", "lower", "higher"]
# What stands on either side, as people read it.
SIDES: Final[Mapping[ContrastName, tuple[str, str]]] = {
    "load": ("忙时", "闲时"),
    "early": ("来早（当天第一个小时）", "其余钟点"),
    "late": ("来晚（当天最后一个小时）", "其余钟点"),
}
OUTCOMES: Final[dict[Outcome, str]] = {
    "few": "样本不足",
    "open": "分不出",
    "lower": "前者较低",
    "higher": "前者较高",
}
HOUR_OUTCOMES: Final[Mapping[Outcome, str]] = OUTCOMES | {"lower": "这个钟点较低", "higher": "这个钟点较高"}
METHOD: Final = (
    "忙时：那个窗口在那一小时里录到的服务，多于它自己各小时的中位数；其余是闲时。来早、来晚：那个窗口当天录到服务的第一个和最后一个小时。"
    "比的是合格率和它的 95% 区间，区间重叠的写“分不出”。生人熟人、干部群众、受理咨询，录音里听不出，没有比。"
)
HOURS_METHOD: Final = (
    "每个钟点和本人其余的钟点比，服务算在开始的那个钟点里；区间重叠的写“分不出”，任何一边太少的写“样本不足”。"
)
_Hour = tuple[date, int]
_Sum = tuple[int, int]  # passed, of how many


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatedServices:
    """`n` services that were judged: who served, at which window, in which hour by the centre's clock; some passed."""

    staff: str | None
    window: str | int
    at: datetime
    n: int
    passed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """How many services passed on either side. `outcome` is about the `first`, as far as it can be told."""

    name: ContrastName
    first: RateFigure
    second: RateFigure
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class HourContrast:
    """How many services passed that began in an hour of the day, 0 to 23, and in all others of the same person.

    `outcome` is about the hour, as far as it can be told.
    """

    hour: int
    here: RateFigure
    elsewhere: RateFigure
    outcome: Outcome


def by_hour(services: Iterable[EncounterEntry], least: int) -> tuple[HourContrast, ...]:
    """Compare each hour of the day, by the centre's clock, with the other hours of the same person, in order.

    Services that were not judged, or began nobody knows when, do not count; of a single hour nothing is told. Under
    `least` services on either side the outcome is `few`.
    """
    known = [(row.begun_at.hour, row.passed) for row in services if row.begun_at and row.passed is not None]
    n = Counter(hour for hour, _ in known)
    passed = Counter(hour for hour, good in known if good)
    return tuple(_of_hour(hour, n, passed, least) for hour in sorted(n)) if len(n) > 1 else ()


def _of_hour(hour: int, n: Counter[int], passed: Counter[int], least: int) -> HourContrast:
    here = RateFigure.of(passed[hour], n[hour])
    elsewhere = RateFigure.of(passed.total() - passed[hour], n.total() - n[hour])
    return HourContrast(hour=hour, here=here, elsewhere=elsewhere, outcome=_outcome(here, elsewhere, least))


def seated(reports: Iterable[StaffFigures]) -> Iterator[SeatedServices]:
    """Yield the services of reports that were judged and of which window and time are known."""
    for report in reports:
        for row in report.encounters:
            if row.window and row.begun_at and row.passed is not None:
                yield SeatedServices(
                    staff=report.staff, window=row.window, at=row.begun_at, n=1, passed=int(row.passed)
                )


def contrasts(services: Iterable[SeatedServices], least: int) -> Mapping[str, tuple[Contrast, ...]]:
    """Compare each member of staff with themselves; under `least` services on either side nothing is told.

    The services of everybody at a window say how busy it was.
    """
    known = tuple(services)
    busy, ends = _hours(known)
    sides: dict[str, dict[tuple[ContrastName, bool], _Sum]] = defaultdict(lambda: defaultdict(lambda: (0, 0)))
    for each in known:
        if each.staff is not None:
            for place in _places(each, busy, ends):
                hits, n = sides[each.staff][place]
                sides[each.staff][place] = hits + each.passed, n + each.n
    return {staff: tuple(_contrast(name, found, least) for name in SIDES) for staff, found in sides.items()}


_Ends = Mapping[tuple[str | int, date], tuple[int, int]]


def _hours(services: Sequence[SeatedServices]) -> tuple[Mapping[tuple[str | int, _Hour], bool], _Ends]:
    """Return of each hour of a window whether it was busy, and the first and last hour of each of its days."""
    counts: dict[str | int, Counter[_Hour]] = defaultdict(Counter)
    for each in services:
        counts[each.window][each.at.date(), each.at.hour] += each.n
    busy: dict[tuple[str | int, _Hour], bool] = {}
    ends: dict[tuple[str | int, date], tuple[int, int]] = {}
    for window, hours in counts.items():
        usual = median(hours.values())
        for (day, hour), n in hours.items():
            busy[window, (day, hour)] = n > usual
            first, last = ends.get((window, day), (hour, hour))
            ends[window, day] = min(first, hour), max(last, hour)
    return busy, ends


def _places(
    each: SeatedServices, busy: Mapping[tuple[str | int, _Hour], bool], ends: _Ends
) -> Iterator[tuple[ContrastName, bool]]:
    """Yield on which sides a service stands; a day of one or two hours has no hours in between."""
    day, hour = each.at.date(), each.at.hour
    yield "load", busy[each.window, (day, hour)]
    first, last = ends[each.window, day]
    if last - first < 2:
        return
    if hour != last:
        yield "early", hour == first
    if hour != first:
        yield "late", hour == last


def _contrast(name: ContrastName, found: Mapping[tuple[ContrastName, bool], _Sum], least: int) -> Contrast:
    first = RateFigure.of(*found.get((name, True), (0, 0)))
    second = RateFigure.of(*found.get((name, False), (0, 0)))
    return Contrast(name=name, first=first, second=second, outcome=_outcome(first, second, least))


def _outcome(first: RateFigure, second: RateFigure, least: int) -> Outcome:
    if first.interval is None or second.interval is None or min(first.n, second.n) < least:
        return "few"
    if first.interval.high < second.interval.low:
        return "lower"
    return "higher" if first.interval.low > second.interval.high else "open"
