"""Windows and people side by side, fairly: with intervals, adjusted for the setting, and never ranked beyond chance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Annotated, Final, Literal

from fastapi import Query
from pydantic import Field

from service.api import selection
from service.api.access import Who, router
from service.api.overview import figure_of
from service.api.rules import book_of
from service.api.schemas import In, Out
from service.api.selection import Selection, When
from service.api.services import Wired
from service.store import centre, comparing
from service.store.base import now
from service.store.comparing import Seat
from service.store.today import ScoreSum
from speechaudit.reports import ReportSettings
from speechaudit.reports.figures import RateFigure, ScoreFigure
from speechaudit.reports.intervals import Z_95, Interval
from speechaudit.reports.sameness import ContrastName, Outcome, contrasts

routes = router("总览")
_DAYS: Final = 27
Place = Literal["above", "below", "open"]
_Sums = Mapping[str, ScoreSum]


class ComparedTime(In):
    """Of what time; without it the last 28 days."""

    since: Annotated[When | None, Field(description="从这一刻或这一天起;默认 28 天", examples=["2026-03-01"])] = None
    until: Annotated[When | None, Field(description="到这一刻之前;若是日期,含这一天", examples=["2026-03-31"])] = None


class AdjustedOut(Out):
    """A mean as if the shares of telephone and counter were those of all, with its interval (95 %)."""

    mean: float
    interval: Interval


class ComparedOut(Out):
    """One window or member of staff beside the others."""

    code: Annotated[str, Field(description="窗口代码或工号")]
    name: str
    score: ScoreFigure
    adjusted: Annotated[AdjustedOut | None, Field(description="按场景调整后的均分;某种场景的样本不足时为 null")]
    place: Annotated[Place, Field(description="与全体均分相比:区间全在其上 above,全在其下 below,否则 open:分不出")]


class HourOut(Out):
    """The services of one hour of the week."""

    weekday: Annotated[int, Field(description="0 是星期一")]
    hour: int
    score: ScoreFigure


class ContrastOut(Out):
    """Services that passed, of one member of staff at times of two kinds."""

    name: Annotated[
        ContrastName, Field(description="load 忙时与闲时;early 当天第一个小时、late 最后一个小时,与其余钟点")
    ]
    first: RateFigure
    second: RateFigure
    outcome: Annotated[
        Outcome, Field(description="few 样本不足;open 区间重叠,分不出;lower、higher 前者的合格率较低、较高")
    ]


class AlikeOut(Out):
    """One member of staff beside themselves."""

    code: Annotated[str, Field(description="工号")]
    name: str
    contrasts: list[ContrastOut]


class ComparisonOut(Out):
    """Windows and people by code, the hours in which anybody was served, and each person at different times."""

    whole: ScoreFigure
    windows: list[ComparedOut]
    staff: list[ComparedOut]
    hours: list[HourOut]
    alike: Annotated[list[AlikeOut], Field(description="同一个人忙时闲时、来早来晚的合格率")]


@routes.get("/comparison", summary="窗口和人员并列比较")
def get_comparison(services: Wired, who: Who, span: Annotated[ComparedTime, Query()]) -> ComparisonOut:
    """各窗口、各人的均分和区间,按场景调整,以及一周里各小时的均分。区间重叠的不分先后。"""
    zone = services.settings.zone
    first = span.since or now().astimezone(zone).date() - timedelta(days=_DAYS)
    settings = ReportSettings.of(book_of(services).policy)
    with services.database.read() as session:
        filters = selection.filters(session, who, Selection(since=first, until=span.until), zone)
        seats = comparing.by_seat(session, filters)
        scored = tuple(comparing.services(session, filters, zone))
        windows = {each.id: (each.code, each.name) for each in centre.windows(session)}
        people = {each.number: (each.number, each.name) for each in centre.staff(session)}
    whole = _by_setting(seats.items())
    alike = contrasts((each for each in scored if each.window), settings.minimum_encounters)
    placed = {windows[seat.window]: _of(seats, window=seat.window) for seat in seats if seat.window in windows}
    served = {people[seat.staff]: _of(seats, staff=seat.staff) for seat in seats if seat.staff in people}
    return ComparisonOut(
        whole=figure_of(_sum(whole), settings),
        windows=[_compared(*named, sums, whole, settings) for named, sums in sorted(placed.items())],
        staff=[_compared(*named, sums, whole, settings) for named, sums in sorted(served.items())],
        hours=[
            HourOut(weekday=day, hour=hour, score=figure_of(sums, settings))
            for (day, hour), sums in sorted(comparing.by_hour(scored).items())
        ],
        alike=[
            AlikeOut(code=code, name=name, contrasts=[ContrastOut.model_validate(each) for each in alike[code]])
            for code, name in sorted(people.values())
            if code in alike
        ],
    )


def _of(seats: Mapping[Seat, ScoreSum], *, window: int | None = None, staff: str | None = None) -> dict[str, ScoreSum]:
    mine = ((s, n) for s, n in seats.items() if (s.staff == staff if staff is not None else s.window == window))
    return _by_setting(mine)


def _by_setting(seats: Iterable[tuple[Seat, ScoreSum]]) -> dict[str, ScoreSum]:
    found: dict[str, ScoreSum] = {}
    for seat, sums in seats:
        found[seat.setting] = found.get(seat.setting, ScoreSum()) + sums
    return found


def _sum(parts: _Sums) -> ScoreSum:
    return sum(parts.values(), ScoreSum())


def _compared(code: str, name: str, sums: _Sums, whole: _Sums, settings: ReportSettings) -> ComparedOut:
    score = figure_of(_sum(sums), settings)
    fair = adjusted(sums, whole, settings.minimum_encounters)
    everybody = _sum(whole)
    interval = fair.interval if fair else score.interval
    known = interval if score.standing != "few" else None
    return ComparedOut(
        code=code, name=name, score=score, adjusted=fair, place=_place(known, everybody.total / everybody.n)
    )


def _place(interval: Interval | None, mean: float) -> Place:
    if interval is None or interval.low <= mean <= interval.high:
        return "open"
    return "above" if interval.low > mean else "below"


def adjusted(sums: _Sums, whole: _Sums, least: int) -> AdjustedOut | None:
    """Return the mean by direct standardisation on the settings of all, if there is enough of each setting.

    Source: Fleiss, Levin and Paik (2003), "Statistical Methods for Rates and Proportions", chapter 19.
    """
    if any(sums.get(setting, ScoreSum()).n < max(2, least) for setting in whole):
        return None
    everybody, mean, variance = _sum(whole).n, 0.0, 0.0
    for setting, all_of_it in whole.items():
        mine, share = sums[setting], all_of_it.n / everybody
        middle = mine.total / mine.n
        mean += share * middle
        variance += share**2 * max(0.0, mine.squares - mine.n * middle**2) / (mine.n - 1) / mine.n
    half = Z_95 * math.sqrt(variance)
    return AdjustedOut(mean=mean, interval=Interval(low=max(0.0, mean - half), high=min(100.0, mean + half)))
